--- Timelines: the heap over time, in points that lie so many bytes of allocation apart.
-- @classmod heapy.Timeline

local core = require "heapy.core"
local check = require "heapy.check"
local render = require "heapy.render"

local ipairs, rawget, setmetatable, type = ipairs, rawget, setmetatable, type
local concat = table.concat

local M = {}
local Timeline = { __name = "heapy.Timeline" }

--- Fields of a point, in the order of columns: bytes asked for so far, bytes held, live objects.
M.columns = { "asked", "bytes", "string", "table", "function", "userdata", "thread", "upvalue",
  "prototype" }

--- What there is now.
-- @treturn ?Timeline nil where there is none
function M.now()
  local all, n, interval = core.timeline()
  if not all then return nil end
  local points = { interval = interval }
  for i = 0, n - 1 do
    local point, values = {}, { core.point(all, i) }
    for k, column in ipairs(M.columns) do point[column] = values[k] end
    points[i + 1] = point
  end
  return setmetatable(points, Timeline)
end

local function series(timeline, column)
  local values = {}
  for i, point in ipairs(timeline) do values[i] = point[column] end
  return values
end

--- The points as lines of comma-separated values, with a header; or into a file.
-- @tparam[opt] string path
-- @treturn[1] string the text, or true where it was written
-- @treturn[2] nil
-- @treturn[2] string why the file cannot be written
local function csv(timeline, path)
  if path ~= nil and type(path) ~= "string" then check.argument(1, "csv", "string", path, 2) end
  local lines = { concat(M.columns, ",") }
  for i, point in ipairs(timeline) do
    local values = {}
    for k, column in ipairs(M.columns) do values[k] = point[column] end
    lines[i + 1] = concat(values, ",")
  end
  local text = concat(lines, "\n") .. "\n"
  if path == nil then return text end
  local file, message = io.open(path, "w")
  if not file then return nil, message end
  local ok, problem = file:write(text)
  if not file:close() or not ok then return nil, problem or "cannot write " .. path end
  return true
end

--- Methods.
M.methods = { csv = csv }

function Timeline.__index(_, key)
  if M.methods[key] then return M.methods[key] end
  if type(key) == "number" then return nil end
  check.field(key, "a heapy.Timeline", { M.methods, { interval = true } }, 2)
end

function Timeline.__tostring(timeline)
  local rows = {}
  for i, column in ipairs(M.columns) do
    if i > 1 then rows[i - 1] = { column, series(timeline, column) } end
  end
  local last = timeline[#timeline]
  return render.timeline(#timeline, rawget(timeline, "interval"), last and last.asked or 0, rows)
end

core.own(M)
core.own(Timeline)
return M
