--- Text on its way to a terminal elsewhere: with nothing in it that the terminal would obey.
-- @module heapy.console.shown

local core = require "heapy.core"
local render = require "heapy.render"

local byte, find, format = string.byte, string.find, string.format
local gsub, sub = string.gsub, string.sub
local concat, min = table.concat, math.min
local getmetatable = debug and debug.getmetatable or getmetatable -- luacheck: std lua54
local pcall, rawget, select, tostring, type = pcall, rawget, select, tostring, type

local M = {}

local MOST = 32768 -- bytes of a value in one piece
local BRIEF = 4500 -- of a text: an error and its traceback are to go into one frame

local function escape(text)
  if not find(text, "[^\n\t\x20-\x7E]") then return text end
  return (gsub(text, "[^\n\t]+", function(part) return (render.escape(part, #part)) end))
end

--- Text with its control characters escaped, newlines and tabs kept; of a long one the beginning,
-- and how much more there is.
-- @tparam string text
-- @treturn string
function M.text(text)
  local kept = min(#text, BRIEF)
  local shown = escape(sub(text, 1, kept))
  if #shown > BRIEF then
    kept = BRIEF // 4 -- an escaped byte is four at the most
    shown = escape(sub(text, 1, kept))
  end
  if kept == #text then return shown end
  return format("%s... (%d bytes more)", shown, #text - kept)
end

-- Where a piece ends that begins there: not within a character.
local function piece(text, from)
  local to = from + MOST - 1
  if to >= #text then return #text end
  for less = 0, 3 do
    local next_byte = byte(text, to - less + 1)
    if next_byte < 0x80 or next_byte >= 0xC0 then return to - less end
  end
  return to
end

-- All of a value, to the client; tostring's own, so a `__tostring` of the program's is called.
local function say(value, last)
  local text, from = type(value) == "string" and value or tostring(value), 1
  repeat
    local to = piece(text, from)
    core.remote_say(escape(sub(text, from, to)) .. (to == #text and last or ""))
    from = to + 1
  until from > #text
end

--- Prints values as print does, to the client. What a command left behind in the program, and runs
-- on without it, prints where the program does.
-- @param ...
function M.print(...)
  if not core.remote_busy() then return print(...) end
  local n = select("#", ...)
  for i = 1, n do say((select(i, ...)), i < n and "\t" or "\n") end
  if n == 0 then core.remote_say("\n") end
end

-- What an error says of itself, as the standalone interpreter asks it.
local function told(problem)
  local metatable = getmetatable(problem)
  if type(metatable) ~= "table" or rawget(metatable, "__tostring") == nil then return nil end
  local ok, text = pcall(tostring, problem)
  return ok and text or nil
end

--- What is to be said of an error.
-- @param problem what was raised
-- @treturn string
function M.problem(problem)
  local text = (type(problem) == "string" or type(problem) == "number") and concat { problem }
    or told(problem) or format("(error object is a %s value)", type(problem))
  return M.text(text)
end

core.own(M)
return M
