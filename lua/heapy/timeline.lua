--- Timelines: the heap over time, in points that lie so many bytes of allocation apart.
-- @classmod heapy.Timeline

local core = require "heapy.core"
local check = require "heapy.check"
local render = require "heapy.render"

local getmetatable, ipairs, rawequal, rawget, setmetatable, type =
  getmetatable, ipairs, rawequal, rawget, setmetatable, type
local concat = table.concat
local open = io and io.open

local M = {}
local Timeline = { __name = "heapy.Timeline" }
local Point = {} -- the metatable of points

local KINDS = { "string", "table", "function", "userdata", "thread", "upvalue", "prototype" }

--- Fields of a point, in the order of columns: bytes asked for so far, bytes held, live objects by
-- kind, their bytes as they were made, and in parts_bytes what else is held: the arrays that tables
-- have grown, stacks, code, and the VM itself.
M.columns = { "asked", "bytes" }
for _, kind in ipairs(KINDS) do M.columns[#M.columns + 1] = kind end
for _, kind in ipairs(KINDS) do M.columns[#M.columns + 1] = kind .. "_bytes" end
M.columns[#M.columns + 1] = "parts_bytes"

local function point_of(...)
  local point, values = {}, { ... }
  for k, column in ipairs(M.columns) do point[column] = values[k] end
  local rest = point.bytes
  for _, kind in ipairs(KINDS) do rest = rest - point[kind .. "_bytes"] end
  point.parts_bytes = rest > 0 and rest or 0 -- in a sample an estimate
  return setmetatable(point, Point)
end

--- What there is now.
-- @treturn ?Timeline nil where there is none
function M.now()
  local all, n, interval = core.timeline()
  if not all then return nil end
  local status = core.tracking()
  local points = { interval = interval, sample = status and status.sample or 0 }
  for i = 0, n - 1 do
    points[i + 1] = point_of(core.point(all, i))
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
  if not rawequal(getmetatable(timeline), Timeline) then
    check.fail(2, "'csv' is called on a Timeline, as timeline:csv(...), not on a %s",
      check.typename(timeline))
  end
  if path ~= nil and type(path) ~= "string" then check.argument(1, "csv", "string", path, 2) end
  local lines = { concat(M.columns, ",") }
  for i, point in ipairs(timeline) do
    local values = {}
    for k, column in ipairs(M.columns) do values[k] = point[column] end
    lines[i + 1] = concat(values, ",")
  end
  local text = concat(lines, "\n") .. "\n"
  if path == nil then return text end
  if not open then return nil, "there is no io.open" end
  local file, message = open(path, "w")
  if not file then return nil, message end
  local ok, problem = file:write(text)
  if not file:close() or not ok then return nil, problem or "cannot write " .. path end
  return true
end

--- Methods.
M.methods = { csv = csv }

check.figures(Point, "a point of a heapy.Timeline", {})

-- Behind the last point is nil, which ends a loop over them.
function Timeline.__index(timeline, key)
  if M.methods[key] then return M.methods[key] end
  if type(key) ~= "number" then
    check.field(key, "a heapy.Timeline", { M.methods, { interval = true, sample = true } }, 2)
  elseif key ~= #timeline + 1 then
    check.fail(2, "no point %s: there are %d, from 1", key, #timeline)
  end
end

function Timeline.__newindex(_, key)
  check.assignment(key, "a heapy.Timeline", 2)
end

function Timeline.__tostring(timeline)
  local rows = {}
  for i, column in ipairs(M.columns) do
    if i > 1 then rows[i - 1] = { column, series(timeline, column) } end
  end
  local last = timeline[#timeline]
  return render.timeline(#timeline, rawget(timeline, "interval"), last and last.asked or 0, rows,
    rawget(timeline, "sample"))
end

core.own(M)
core.own(Point)
core.own(Timeline)
return M
