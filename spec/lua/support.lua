-- What the specs of the Lua half share: sets whose counts and sizes are known, and errors' texts.

local hp = require "heapy"

local M = {}

--- The line that calls this.
-- @treturn integer
function M.here() return debug.getinfo(2, "l").currentline end

--- The bytes of an empty table, an instance of a class or not.
M.table_size = hp.iso({}).size

--- New instances of a class; instances with a name of their own keep it in no field.
-- @tparam string name
-- @tparam integer n
-- @treturn {table,...}
function M.instances(name, n)
  local class = { __name = name }
  local objects = {}
  for i = 1, n do objects[i] = setmetatable({}, class) end
  return objects
end

--- Instances of n classes app.K01, app.K02, ...; of the k-th there are k.
function M.classes(n)
  local objects = {}
  for k = 1, n do
    table.move(M.instances(("app.K%02d"):format(k), k), 1, k, #objects + 1, objects)
  end
  return objects
end

--- The set of these objects, in a snapshot of its own or in that of another set.
-- Closed with `support.close`.
local open = {}
function M.set(objects, within)
  local set = within and within:iso(table.unpack(objects)) or assert(hp.iso(table.unpack(objects)))
  open[#open + 1] = set
  return set
end

function M.close()
  for _, set in ipairs(open) do set:close() end
  open = {}
end

--- Text with each address replaced.
function M.plain(value)
  return (tostring(value):gsub("0x%x+", "<address>"))
end

--- The message of the error that f raises; the position must be of the file that calls this.
function M.message(f, ...)
  local file = debug.getinfo(2, "S").short_src
  local ok, message = pcall(f, ...)
  assert(not ok, "no error was raised")
  assert(type(message) == "string", "the error is no message")
  local at, text = message:match("^(.-):%d+: (.*)$")
  assert(at == file, "raised at another place: " .. message)
  return text
end

return M
