--- Programs that are targets, and what asks them: for the specs of the monitor's end.
-- It speaks the wire itself, so that it can also speak it badly.

local client = require "heapy.client"
local frames = require "heapy.monitor.frames"
local support = dofile "spec/remote/support.lua"

local M = {}

local PATIENCE <const> = tonumber(os.getenv "HEAPY_PATIENCE" or "") or 20 -- seconds

local LARGEST <const> = 64 * 1024

local helpers = package.searchpath("heapy_process", package.cpath):match "^(.*)/[^/]*$"

M.host = helpers .. "/target_host"

--- The LUA_CPATH of the tree that is made for tests.
M.testing = helpers .. "/?.so;;"

--- The program that reads frames: see fuzz.c.
M.fuzz = helpers .. "/fuzz"

local scripts = 0

--- A file with a script that turns monitoring on, says where, and goes on with the code given.
-- @tparam string code
-- @tparam[opt] string options the table given to RM.on
-- @tparam[opt] string before code that must have run when the first command comes
function M.script(code, options, before)
  scripts = scripts + 1
  local path = ("%s/script%d.lua"):format(support.dir, scripts)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(([[
    io.stdout:setvbuf "line" %s
    RM = require "heapy.RM"
    print("socket " .. assert(RM.on(%s)))
    %s
  ]]):format(before or "", options or "{ log = false }", code)))
  return path
end

--- Starts a program; waits until it says where its socket is.
-- @treturn table the program
-- @treturn string path of its socket
function M.start(words, env)
  local program = support.piped(words, env)
  program:expect "socket "
  return program, (program:expect("\n"):gsub("\r", ""))
end

--- The standalone interpreter with such a script.
function M.lua(code, options, env, before)
  return M.start({ support.lua, M.script(code, options, before) }, env)
end

--- The program that embeds Lua, in one of its modes.
function M.embedded(mode, code, options)
  return M.start({ M.host, mode, M.script(code, options) })
end

-- ---- the other end of a connection -----------------------------------------------------------

local Peer = {}
Peer.__index = Peer

--- Connects, and takes the greeting.
-- @tparam string path
-- @tparam[opt] function before is called with the peer before the greeting is taken
function M.connect(path, before)
  local link = assert(client.connect(path))
  local peer = setmetatable({ link = link, reader = frames.reader(), last = 0, asked = {} }, Peer)
  if before then before(peer) end
  peer.greeting = peer:frame()
  return peer
end

--- Sends bytes as they are, as far as they are taken.
function Peer:write(bytes)
  local from = 1
  while from <= #bytes do
    local next_byte, why, kind = client.write(self.link, bytes, from)
    if not next_byte and kind ~= "again" then return nil, why end
    if not next_byte then client.poll({ self.link }, { true }, 1) end
    from = next_byte or from
  end
  return true
end

-- No frame from a target is longer than 64 KiB.
function Peer:measure(bytes)
  self.bytes = (self.bytes or "") .. bytes
  while #self.bytes >= 4 do
    local size = string.unpack(">I4", self.bytes)
    if size > LARGEST then error(("the target sent a frame of %d bytes"):format(size)) end
    if #self.bytes < 4 + size then return end
    self.bytes = self.bytes:sub(5 + size)
  end
end

--- The next frame; nil at the end.
function Peer:frame(seconds)
  local limit = client.now() + (seconds or PATIENCE)
  while true do
    local frame, wrong = self.reader:next()
    if wrong then error("the target sent " .. wrong) end
    if frame then return frame end
    if client.now() > limit then error("nothing comes", 2) end
    client.poll({ self.link }, { false }, math.max(0, limit - client.now())) -- less is for ever
    local bytes, why, kind = client.read(self.link)
    if not bytes and kind ~= "again" then return nil, why end
    if bytes == "" then return nil end
    if bytes then
      self:measure(bytes)
      self.reader:feed(bytes)
    end
  end
end

--- Asks, without waiting.
-- @treturn integer id
function Peer:send(verb, code)
  self.last = self.last + 1
  self.asked[self.last] = { out = "", progress = {} }
  assert(self:write(assert(frames.pack { id = self.last, ["do"] = verb, code = code })))
  return self.last
end

-- Adds a frame to what has come for its request; nil where it is of none.
function Peer:sort(frame)
  local all = frame.id and self.asked[frame.id]
  if not all then return end
  if frame.out then all.out = all.out .. frame.out end
  if frame.progress then all.progress[#all.progress + 1] = frame.progress end
  for key, value in pairs(frame) do
    if key ~= "out" and key ~= "progress" then all[key] = value end
  end
end

--- What comes for a request until it is done, in one; nil where the connection ends.
function Peer:answer(id)
  local limit = client.now() + PATIENCE
  while not self.asked[id].done do
    local frame = self:frame()
    if not frame then return nil end
    self:sort(frame)
    if client.now() > limit then error("there is no answer", 2) end
  end
  return self.asked[id]
end

--- Asks, and waits for the answer.
function Peer:ask(verb, code) return self:answer(self:send(verb, code)) end

--- Runs code; gives what it printed.
function Peer:eval(code)
  local answer = assert(self:ask("eval", code))
  if not answer.ok then error(answer.error, 2) end
  return answer.out
end

function Peer:close() client.close(self.link) end

M.now = client.now

function M.sleep(seconds) client.poll({}, {}, seconds) end

--- Waits until f gives something.
function M.eventually(f)
  local limit = client.now() + PATIENCE
  repeat
    local result = f()
    if result then return result end
    M.sleep(0.02)
  until client.now() > limit
  error("it does not come to pass", 2)
end

--- Connects to a program whose socket is being made, maybe anew: the old one may still take a
-- client, and end it.
-- @treturn Peer that has had an answer from the program's VM
function M.reach(path)
  return M.eventually(function()
    local reached, peer = pcall(M.connect, path)
    return reached and peer.greeting and select(2, pcall(peer.eval, peer, "1")) == "1\n" and peer
  end)
end

--- Runs a function with a directory for sockets; ends all programs.
function M.inside(f)
  return function()
    support.directory()
    local ok, problem = xpcall(f, debug.traceback)
    support.clean()
    if not ok then error(problem, 0) end
  end
end

M.support = support
return M
