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

-- Programs that do little but allocate, with a megabyte or two to keep: the more often the
-- collector begins anew, the more the monitor costs, which has it call a finalizer each time. It is
-- turned on and off at random in one process, as what differs from one process to the next, where
-- blocks come to lie above all, makes some percent of the time, and so does the order in which they
-- were freed, which comes round again and again. Each group is a process with other blocks before
-- its own. A second thread would cost both alike, as malloc takes locks from then on, and for good:
-- that there is none is for the specs to say.
local WORKS <const> = {
  trees = [[function work() for _ = 1, 500 do count(grow(6)) end end]],
  strings = [[
    function work()
      local list = {}
      for i = 1, 30000 do
        local s = i .. "x"
        list[i % 100 + 1] = { i, s, function() return s end }
      end
    end
  ]],
}

-- Prints the watched program's time by its time unwatched.
local RUN <const> = [[
  package.path = "%s?.lua;" .. package.path
  local RM, meter = require "heapy.RM", require "meter"
  local function grow(n) if n > 0 then return { grow(n - 1), grow(n - 1) } end return {} end
  local function count(t) return t[1] and 1 + count(t[1]) + count(t[2]) or 1 end
  local work
  %s
  math.randomseed(%d)
  local before, kept = {}, grow(13)
  for i = 1, math.random(3000) do before[i] = ("x"):rep(math.random(300)) end
  local times = { [true] = {}, [false] = {} }
  for _ = 1, %d do
    local on = math.random(2) == 1
    if on then assert(RM.on { log = false }) else RM.off() end
    work()
    table.insert(times[on], (meter.time(work)))
  end
  print(meter.median(times[true]) / meter.median(times[false]))
]]

local function idle_cost(work)
  local ratios = {}
  for i = 1, math.max(rounds // 3, 3) do
    local pipe <close> = assert(io.popen(("'%s' -e '%s'"):format(interpreter,
      RUN:format(here, WORKS[work], i, math.min(400, 40 * rounds)))))
    ratios[i] = assert(pipe:read "n")
  end
  return meter.median(ratios)
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
