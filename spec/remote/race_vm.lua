-- Run in each state of race_vm.c: allocates, tracked and watched. An error is a failure.

local directory, round, over = ...
local hp = require "heapy"
local RM = require "heapy.RM"

local function tree(depth)
  if depth == 0 then return {} end
  return { tree(depth - 1), tree(depth - 1) }
end

local kept = {}

local function work(i)
  kept[i % 50] = tree(6)
  for k = 1, 50 do
    local text = ("%d of %d"):format(k, i)
    kept[100 + k] = function() return text end
  end
  kept[200 + i % 10] = coroutine.wrap(function()
    coroutine.yield { i }
    return tree(3)
  end)
  kept[200 + i % 10]()
end

assert(RM.on { dir = directory, log = false, name = "round " .. round, limit = 0.1 })
for turn = 1, 3 do
  local options = { frames = 1 + (turn + round) % 8, timeline = 1 << 20,
    sample = turn == 2 and 4096 or nil }
  local tracks, why = pcall(hp.track, options)
  assert(tracks or tostring(why):find "on already", why) -- a client was quicker
  for i = 1, 300 do
    if over() then break end
    work(i)
    if i % 100 == 0 then assert(#hp.sites() > 0) end
  end
  local set <close> = hp.heap()
  assert(set.accounting.difference == 0)
  if turn == 1 then hp.untrack() end
  if turn == 2 then
    RM.off()
    RM.on { dir = directory, log = false }
  end
end
-- The state is closed with both of them on.
