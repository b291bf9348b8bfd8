--- Text on its way to a terminal elsewhere: bounded, and with nothing in it that the terminal
-- would obey.
-- @module heapy.console.shown

local core = require "heapy.core"
local render = require "heapy.render"

local find, format, gsub, sub = string.find, string.format, string.gsub, string.sub
local concat = table.concat
local getmetatable = debug and debug.getmetatable or getmetatable -- luacheck: std lua54
local pcall, rawget, select, tostring, type = pcall, rawget, select, tostring, type

local M = {}

local MOST = 32768 -- bytes of one value

--- Text with its control characters escaped, newlines and tabs kept.
-- @tparam string text
-- @treturn string
function M.text(text)
  local rest = #text - MOST
  if rest > 0 then text = sub(text, 1, MOST) end
  if find(text, "[^\n\t\x20-\x7E]") then
    text = gsub(text, "[^\n\t]+", function(part) return (render.escape(part, #part)) end)
  end
  if rest > 0 then text = format("%s... (%d bytes more)", text, rest) end
  return text
end

--- A value as the console shows it; tostring's own, so a `__tostring` of the program's is called.
-- @param value
-- @treturn string
function M.value(value)
  return M.text(type(value) == "string" and value or tostring(value))
end

--- Prints values as print does, to the client. What a command left behind in the program, and runs
-- on without it, prints where the program does.
-- @param ...
function M.print(...)
  if not core.remote_busy() then return print(...) end
  local n = select("#", ...)
  for i = 1, n do
    core.remote_say(M.value((select(i, ...))) .. (i < n and "\t" or "\n"))
  end
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
