--- What is printed: texts of targets made fit for a terminal, and a line that tells of progress.
-- @module heapy.monitor.screen

local core = require "heapy.core"
local client = require "heapy.client"
local render = require "heapy.render"

local find, format, sub = string.find, string.format, string.sub
local gmatch, gsub, huge = string.gmatch, string.gsub, math.huge
local concat = table.concat

local M = {}

local CLEAR <const> = "\r\27[K"
local OUTPUT <const> = 1
local PIECE <const> = 1024 -- bytes that are written at once where there is room
local PIECES <const> = 16

--- Text of which a terminal obeys nothing but the ends of lines and tabs.
-- @tparam string text
-- @treturn string
function M.plain(text)
  if not find(text, "[\0-\8\11-\31\127-\255]") then return text end
  local parts = {}
  for piece, stop in gmatch(text, "([^\t\n]*)([\t\n]?)") do
    parts[#parts + 1] = render.escape(piece, huge)
    parts[#parts + 1] = stop
  end
  return concat(parts)
end

local Screen = { __name = "heapy.Screen" }
Screen.__index = Screen

--- A screen that writes to a file.
-- @param[opt] file standard output
-- @tparam[opt] integer columns of the line that tells of progress; nil: none is shown
function M.new(file, columns)
  return setmetatable({ file = file or io.stdout, columns = columns, fresh = true }, Screen)
end

--- The columns for progress on a descriptor, if it is a terminal.
-- @tparam integer descriptor
function M.columns(descriptor)
  local columns = client.columns(descriptor)
  return columns and (columns > 0 and columns or 80)
end

--- Prints text as it is; it is the monitor's own. `failed` is why that once could not be done; then
-- nothing more is printed.
-- @tparam string text
function Screen:write(text)
  if text == "" or self.failed then return end
  self:clear()
  local ok, why = self.file:write(text)
  if ok then ok, why = self.file:flush() end
  if not ok then self.failed = format("cannot write to standard output: %s", why) end
  self.fresh = sub(text, -1) == "\n"
end

--- Prints as much of a text as there is room for, so that a slow terminal holds up nobody.
-- @tparam string text
-- @tparam integer from where it goes on
-- @treturn integer where its rest begins
-- @treturn boolean whether there was room for all that was tried
function Screen:pour(text, from)
  for _ = 1, PIECES do
    if from > #text then break end
    if not client.writable(OUTPUT) then return from, false end
    self:write(sub(text, from, from + PIECE - 1))
    from = from + PIECE
  end
  return from, true
end

--- Prints a line of the monitor's own, at the beginning of a line.
-- @tparam string text
function Screen:line(text)
  self:write((self.fresh and "" or "\n") .. text .. "\n")
end

--- Ends a line that was begun.
function Screen:finish()
  if not self.fresh then self:write "\n" end
end

--- Shows why it takes long, on a line that goes away.
-- @tparam string text
function Screen:progress(text)
  if not self.columns or not self.fresh or text == self.shown then return end
  self.file:write(CLEAR, (render.escape(gsub(text, "\n.*", ""), self.columns - 1)))
  self.file:flush()
  self.shown = text
end

--- Takes that line away; at once, for what comes next may go by another stream.
function Screen:clear()
  if not self.shown then return end
  self.file:write(CLEAR)
  self.file:flush()
  self.shown = nil
end

core.own(M)
core.own(Screen)
return M
