--- Input line by line, as it comes from a pipe or a terminal without an editor.
-- What does not come from a terminal is shown as it is taken, so that what is printed reads as a
-- session.
-- @module heapy.monitor.plain

local core = require "heapy.core"
local client = require "heapy.client"

local find, sub = string.find, string.sub

local M = {}

local INPUT <const> = 0

local Plain = { __name = "heapy.PlainInput" }
Plain.__index = Plain

--- Input from standard input.
-- @tparam table screen
function M.new(screen)
  return setmetatable({
    descriptor = INPUT,
    screen = screen,
    terminal = client.columns(INPUT) ~= nil,
    bytes = "",
  }, Plain)
end

--- Begins a line.
-- @tparam string text
function Plain:prompt(text)
  self.screen:write(text)
end

--- Takes what has come. Call it when the descriptor is ready.
function Plain:read()
  local bytes, _, kind = client.read(self.descriptor)
  if bytes and bytes ~= "" then
    self.bytes = self.bytes .. bytes
  elseif kind ~= "again" then
    self.ended = true
  end
end

--- Whether `take` would answer.
function Plain:waiting()
  return find(self.bytes, "\n", 1, true) or self.ended and self.bytes ~= ""
end

--- The next line that is there whole.
-- @treturn ?string
function Plain:take()
  if not self:waiting() then return nil end
  local stop = find(self.bytes, "\n", 1, true) or #self.bytes + 1
  local line = sub(self.bytes, 1, stop - 1)
  self.bytes = sub(self.bytes, stop + 1)
  if self.terminal then
    self.screen.fresh = true -- it has shown what was typed
  else
    self.screen:write(line .. "\n")
  end
  return line
end

--- Leaves the line that was begun, for something else to be printed.
function Plain:withdraw()
  self.screen:finish()
end

--- Ends the input.
function Plain:close()
  self.ended = true
end

core.own(M)
core.own(Plain)
return M
