-- What the remote monitor costs a program, and how long it takes to reach one. Prints what it
-- found, a line each: a name and a number.
--   lua5.4 monitor.lua ROUNDS

local here = arg[0]:match "^(.*/)" or "./"
package.path = here .. "?.lua;" .. package.path

local client = require "heapy.client"
local frames = require "heapy.monitor.frames"
local meter = require "meter"

local rounds = tonumber(arg[1])
local found = {}

local interpreter = dofile(here .. "../interpreter.lua")

-- ---- what it costs while nobody is connected -------------------------------------------------

-- Programs that do little but allocate: there a second thread would cost most, as the C library's
-- malloc takes locks from then on, and for good. So each run is a process of its own, and the least
-- time of several in it is taken. The other kind has turned the monitor off again: so the same is
-- loaded. Where blocks come to lie makes some percent all the same, so each group of runs has other
-- blocks before its own. The collector runs when it is told to, and the C library gives no memory
-- back: else a few objects more decide how often they do meanwhile.
local WORKS <const> = {
  trees = [[
    local function grow(n) if n > 0 then return { grow(n - 1), grow(n - 1) } end return {} end
    local function count(t) return t[1] and 1 + count(t[1]) + count(t[2]) or 1 end
    function work() local kept = grow(13) for _ = 1, 8 do count(grow(13)) end return kept end
  ]],
  strings = [[
    function work()
      local list = {}
      for i = 1, 60000 do
        local s = i .. "x"
        list[i % 1000 + 1] = { i, s, function() return s end }
      end
    end
  ]],
}

local RUN <const> = [[
  %s
  local RM = require "heapy.RM"
  assert(RM.on { log = false })
  if not %s then RM.off() end
  math.randomseed(%d)
  local before = {}
  for i = 1, math.random(3000) do before[i] = ("x"):rep(math.random(300)) end
  collectgarbage "stop"
  local least = math.huge
  for _ = 1, 10 do
    collectgarbage()
    local from = os.clock()
    work()
    collectgarbage()
    least = math.min(least, os.clock() - from)
  end
  print(least)
]]

local function seconds(work, watched, group)
  local pipe <close> = assert(io.popen(("MALLOC_TRIM_THRESHOLD_=4000000000 '%s' -e '%s'"):format(
    interpreter, RUN:format(WORKS[work], watched, group))))
  return assert(pipe:read "n")
end

local function idle_cost(work)
  return meter.compare(2 * rounds, function(group) return seconds(work, false, group) end,
    function(group) return seconds(work, true, group) end)
end

-- ---- how long it takes -----------------------------------------------------------------------

local programs = {} -- pipes from them: closing one would wait for its program

-- A program that does that, once it is watched; where its socket is.
local function start(code)
  local pipe = assert(io.popen(([['%s' -e 'io.stdout:setvbuf "no"
    print(assert(require "heapy.RM".on { log = false })) %s' 2>/dev/null]]):format(interpreter,
    code)))
  programs[#programs + 1] = pipe
  return assert(pipe:read "l")
end

local Peer = {}
Peer.__index = Peer

local function connect(path)
  local peer = setmetatable({ link = assert(client.connect(path)), reader = frames.reader() }, Peer)
  peer:frame()
  return peer
end

function Peer:frame()
  while true do
    local frame = self.reader:next()
    if frame then return frame end
    client.poll({ self.link }, { false }, 10)
    local bytes, why, kind = client.read(self.link)
    assert(bytes and bytes ~= "" or kind == "again", why or "the program ended")
    self.reader:feed(bytes or "")
  end
end

-- Asks; milliseconds until it was done.
function Peer:ask(verb, code)
  local from = client.now()
  assert(client.write(self.link, frames.pack { id = 1, ["do"] = verb, code = code }, 1))
  repeat local frame = self:frame() until frame.done
  return (client.now() - from) * 1000
end

local function finish(peer)
  client.write(peer.link, frames.pack { id = 1, ["do"] = "eval", code = "os.exit(0)" }, 1)
  while pcall(peer.frame, peer) do end
  client.close(peer.link)
end

local BUSY = "local t = {} while true do for i = 1, 100 do t[i] = { i } end end"

local function busy()
  local path = start(BUSY)
  local peer = connect(path)
  local times, attaches = {}, {}
  for i = 1, 100 * rounds do times[i] = peer:ask("eval", "1") end
  found.command = meter.median(times)
  found.command_worst = math.max(table.unpack(times))
  for i = 1, 10 * rounds do
    local from = client.now()
    local other = connect(path)
    other:ask("eval", "1")
    attaches[i] = (client.now() - from) * 1000
    client.close(other.link)
  end
  found.attach = meter.median(attaches)
  finish(peer)
end

local function asleep()
  local stats, commands = {}, {}
  local path = start [[local c = require "heapy.client" while true do c.poll({}, {}, 100) end]]
  local peer = connect(path)
  for i = 1, 10 * rounds do commands[i] = peer:ask("eval", "1") end
  found.wake = meter.median(commands)
  finish(peer)
  -- nobody is to wake this one: it is asked while it waits for its end
  path = start [[os.execute "exec sleep 2"]]
  peer = connect(path)
  client.poll({}, {}, 0.1)
  for i = 1, 3 do stats[i] = peer:ask "stat" end
  found.stat_asleep = meter.median(stats)
  client.close(peer.link)
end

for work in pairs(WORKS) do found["idle_" .. work] = idle_cost(work) end
busy()
asleep()
for name, value in pairs(found) do print(name, value) end
os.exit(0) -- the sleeper is not waited for
