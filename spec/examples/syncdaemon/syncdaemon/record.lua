--- Flat tables of strings and numbers as lines of text: `name s VALUE`,
-- `name i VALUE`. Control characters, spaces and % are written as %XX, so a
-- line is a line whatever a file is called.

local M = {}

function M.escape(text)
  return (text:gsub("[%c%% ]", function(c) return ("%%%02X"):format(c:byte()) end))
end

function M.unescape(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

function M.encode(fields)
  local lines = {}
  for name, value in pairs(fields) do
    if type(value) == "string" then
      lines[#lines + 1] = ("%s s %s\n"):format(name, M.escape(value))
    elseif math.type(value) == "integer" then
      lines[#lines + 1] = ("%s i %d\n"):format(name, value)
    end
  end
  table.sort(lines)
  return table.concat(lines)
end

function M.decode(text)
  local fields = {}
  for name, kind, value in text:gmatch("(%S+) (%a) (%S*)\n") do
    fields[name] = kind == "i" and math.tointeger(tonumber(value)) or M.unescape(value)
  end
  return fields
end

return M
