-- Run by the program whose states are tracked from their first byte, in one of them: random
-- programs, and the books of the tracker beside those of the allocator. An error is a failure.
--   first.lua SEED           does nothing but run the programs
--   first.lua SEED seen      takes snapshots of them, too
--   first.lua SEED watched   and looks at the books

local host, seed, how = ...
math.randomseed(tonumber(seed))
package.path = "./?.lua;" .. package.path

-- Programs, and what they made; where 'each' is called there is some of it alive.
local function work(each)
  local program = require "spec.track.program"
  local kept = {}
  for round = 1, 40 do
    local o, l = {}, {}
    program.run(program.text(math.random), o, l)
    for i, object in pairs(o) do
      if math.random(3) == 1 then kept[#kept + 1] = { object, l[i] } end
    end
    if round % 10 == 0 then collectgarbage(round % 20 == 0 and "generational" or "incremental") end
    if round % 7 == 0 then
      for i = #kept, 1, -1 do kept[i] = math.random(2) == 1 and kept[i] or table.remove(kept) end
    end
    each(round, o, l)
  end
  host.every(5)
  for _ = 1, 200 do
    pcall(function() kept[#kept + 1] = { {}, ("x"):rep(50), function() return kept end } end)
  end
  host.every(0)
  each(41, {}, {})
end

if not how then return work(function() end) end

-- ---- the books ---------------------------------------------------------------------------------

local core = require "heapy.core"
local hp = require "heapy"

if how == "seen" then
  return work(function()
    local h <close> = hp.heap()
    assert(h.accounting.difference == 0 and #h.bykind > 10)
  end)
end

local function equal(a, b, what)
  if a ~= b then error(("%s: %s and not %s"):format(what, a, b), 2) end
end

-- All that the VM holds is recorded; all that it asked for was seen.
local function check()
  local set <close> = core.heap(false)
  local vm = core.accounting(set).vm
  core.close(set)
  collectgarbage "stop"
  local status = core.tracking()
  equal(status.asked, host.asked(), "bytes asked for")
  equal(status.born, host.made(), "objects made")
  equal(status.missed, 0, "objects missed")
  local rows, n = core.sites() -- not <close>: in some releases that makes an object
  local count = collectgarbage "count" * 1024
  equal(host.live(), count, "bytes of the allocator")
  local sum, objects = 0, 0
  for i = 0, n - 1 do
    local name, live, bytes, made = core.siterow(rows, i)
    sum, objects = sum + bytes, objects + live
    if name == "(before tracking)" then equal(made, 0, name) end
  end
  equal(sum + vm, count, "bytes recorded")
  collectgarbage "restart"
end

local status = assert(hp.tracking())
assert(not status.cut and not host.direct())
assert(not pcall(hp.track)) -- it is on
for _, row in pairs(hp.sites()) do assert(not row.name:find("heapy/", 1, true), row.name) end

check()
work(function(round, o, l)
  check()
  if round % 8 ~= 0 then return end
  local h <close> = hp.heap()
  for _, by in ipairs { "bysite", "byage" } do
    for _, row in pairs(h[by]) do
      assert(row.kind ~= "(before tracking)" and row.kind ~= "(not recorded)", row.kind)
    end
  end
  for i, object in pairs(o) do
    local line = h:iso(object).site:match "^program:(%d+) in"
    local place = type(l[i]) == "table" and l[i][1] or l[i]
    assert(not line or not status.lines or line == tostring(place))
  end
  equal(h:iso((coroutine.running())).site, "(no Lua function running)", "the main thread")
  equal(h:iso(string).site, "(no Lua function running)", "a library")
  equal(h.accounting.difference, 0, "accounting")
end)

assert(hp.untrack() and host.direct() and not hp.tracking())
hp.track()
assert(hp.heap():iso(string).site == "(before tracking)")
