--- Another program, typed to and read from as a user would: for the specs of the monitor.

local client = require "heapy.client"
local process = require "heapy_process"

local M = {}

local PATIENCE <const> = tonumber(os.getenv "HEAPY_PATIENCE" or "") or 20 -- seconds

local Program = {}
Program.__index = Program

local SIGNALS <const> = { INT = 2, KILL = 9, TERM = 15, STOP = 19, CONT = 18 }

local function program(pid, output, input)
  return setmetatable({ pid = pid, output = output, input = input or output, text = "", seen = 1,
    held = "", pastes = { on = 0, off = 0 } }, Program)
end

--- Starts a program in a terminal of its own.
-- @tparam {string,...} words
-- @tparam[opt] {string,...} env "NAME=value"
-- @tparam[opt] string dir
function M.terminal(words, env, dir)
  return program(assert(process.pty(words, env or {}, dir or ".")))
end

--- Starts a program at the end of pipes.
function M.piped(words, env, dir)
  return program(assert(process.piped(words, env or {}, dir or ".")))
end

-- Without what Readline tells a terminal of pasted text, around each line, and without its bell;
-- `pastes` counts the former. The beginning of such a sequence is held back.
local function without_paste(self, bytes)
  local text, on = (self.held .. bytes):gsub("\27%[%?2004h", "")
  local off
  text, off = text:gsub("\27%[%?2004l\r", "")
  self.pastes.on, self.pastes.off = self.pastes.on + on, self.pastes.off + off
  self.held = text:match "\27%[?%??2?0?0?4?l?$" or ""
  return (text:sub(1, #text - #self.held):gsub("\7", ""))
end

-- Takes what has come, waiting for it if need be; false at the end of time or of the output.
local function take(self, limit)
  local left = limit - client.now()
  if left <= 0 or self.closed then return false end
  local ready = client.poll({ self.output }, { false }, left)
  if not ready[1] then return true end
  local bytes = client.read(self.output)
  if not bytes or bytes == "" then -- a terminal's end is an error
    self.closed = true
    self.text, self.held = self.text .. self.held, ""
    return false
  end
  self.text = self.text .. (self.input == self.output and without_paste(self, bytes) or bytes)
  return true
end

--- Types.
-- @tparam string text
function Program:type(text)
  assert(process.write(self.input, text))
  return self
end

--- Types a line, with Return.
function Program:enter(line)
  return self:type(line .. "\n")
end

--- Waits until the text appears behind what was waited for before; fails if it does not.
-- @tparam string text
-- @tparam[opt] boolean pattern whether it is a pattern
-- @treturn string what stands before it
function Program:expect(text, pattern)
  local limit = client.now() + PATIENCE
  while true do
    local from, to = self.text:find(text, self.seen, not pattern)
    if from then
      local before = self.text:sub(self.seen, from - 1)
      self.seen = to + 1
      return before, self.text:sub(from, to)
    end
    if not take(self, limit) then
      error(("expected %q, got %q"):format(text, self.text:sub(self.seen)), 2)
    end
  end
end

--- Sends a signal.
-- @tparam string name
function Program:signal(name)
  assert(process.kill(self.pid, SIGNALS[name]))
  return self
end

--- Closes its standard input.
function Program:hang_up()
  if self.input ~= self.output then process.close(self.input) end
  self.input = nil
  return self
end

--- Waits for its end.
-- @treturn integer exit status, or less 0 the signal
-- @treturn string what it had left to say
function Program:wait()
  local limit = client.now() + PATIENCE
  while not self.status do
    take(self, self.closed and 0 or math.min(limit, client.now() + 0.05))
    self.status = process.ended(self.pid)
    if not self.status and client.now() > limit then error("it does not end", 2) end
    if self.closed and not self.status then client.poll({}, {}, 0.01) end
  end
  local last = client.now() + 0.2 -- a child of its may hold the other end
  while not self.closed and take(self, last) do end
  return self.status, self.text:sub(self.seen)
end

--- Waits for its end; fails, showing what it said, if that is another than it should be.
-- @tparam[opt=0] integer status
-- @treturn string what it had left to say
function Program:ends(status)
  local ended, left = self:wait()
  if ended ~= (status or 0) then error(("it ends with %d: %s"):format(ended, self.text), 2) end
  return left
end

--- Ends it, whatever it does.
function Program:stop()
  if not self.status then
    process.kill(self.pid, SIGNALS.CONT)
    process.kill(self.pid, SIGNALS.KILL)
    self:wait()
  end
  if self.input and self.input ~= self.output then process.close(self.input) end
  process.close(self.output)
end

return M
