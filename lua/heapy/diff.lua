--- Differences: what one set has more or less of than another, row by row.
-- Rows are matched by name, so kinds that share a name are one row. Kept are the rows that differ;
-- the objects themselves stay with the two sets' partitions, and are taken out when asked for.
-- @classmod heapy.Diff

local core = require "heapy.core"
local check = require "heapy.check"
local classifiers = require "heapy.classifiers"
local gather = require "heapy.gather"
local listing = require "heapy.listing"
local partition = require "heapy.partition"
local parts = require "heapy.parts"
local render = require "heapy.render"
local tally = require "heapy.tally"
local view = require "heapy.view"

local ipairs, rawget, setmetatable, type = ipairs, rawget, setmetatable, type

local M = {}
local Diff = { __name = "heapy.Diff" }
local Row = { __name = "heapy.DiffRow" }

-- ---- making ----------------------------------------------------------------------------------

--- The difference of two sets, by the classifier of the first.
-- @param a a Set
-- @param b a Set
-- @treturn Diff
function M.new(a, b)
  local classifier = partition.naming(a)
  local p, q = partition.by(a, classifier), partition.by(b, classifier)
  local sums = tally.new()
  local in_a, in_b = tally.add(sums, p, 1), tally.add(sums, q, -1)
  local rows = { name = {}, count = {}, size = {}, cumulative = {}, a = {}, b = {} }
  local cumulative = 0
  for n, k in ipairs(tally.order(sums)) do
    cumulative = cumulative + sums.size[k]
    rows.name[n], rows.count[n], rows.size[n] = sums.name[k], sums.count[k], sums.size[k]
    rows.cumulative[n], rows.a[n], rows.b[n] = cumulative, in_a[k] or false, in_b[k] or false
  end
  return setmetatable({
    _a = a, _b = b, _partition_a = p, _partition_b = q, _classifier = classifier, _rows = rows,
    _a_count = parts.count(a), _a_size = parts.size(a),
    _b_count = parts.count(b), _b_size = parts.size(b),
  }, Diff)
end

-- ---- one row ---------------------------------------------------------------------------------

local function row_line(diff, i)
  local rows = rawget(diff, "_rows")
  return render.diff.row({ index = i, name = rows.name[i + 1], count = rows.count[i + 1],
    size = rows.size[i + 1], cumulative = rows.cumulative[i + 1] }, rawget(diff, "_b_size"))
end

-- The objects of a row on one side, or nil.
local function row_set(row, side)
  local diff = rawget(row, "_diff")
  local where = rawget(diff, "_rows")[side][rawget(row, "_index") + 1]
  if not where then return nil end
  local set, p = rawget(diff, "_" .. side), rawget(diff, "_partition_" .. side)
  check.open(set, 3)
  if type(where) == "number" then where = { where } end
  local unions = {}
  for _, i in ipairs(where) do gather.add(unions, p:rowset(i, i)) end
  return partition.classify(gather.union(unions, set), rawget(diff, "_classifier"))
end

local function row_number(column)
  return function(row)
    return rawget(rawget(row, "_diff"), "_rows")[column][rawget(row, "_index") + 1]
  end
end

--- Fields of a row of a difference.
M.row_fields = {
  index = function(row) return rawget(row, "_index") end,
  kind = row_number("name"),
  count = row_number("count"),
  size = row_number("size"),
  a = function(row) local set = row_set(row, "a") return set end,
  b = function(row) local set = row_set(row, "b") return set end,
}

function Row.__index(row, key)
  local field = M.row_fields[key]
  if not field then check.field(key, "a heapy.DiffRow", { M.row_fields }, 2) end
  return field(row)
end

function Row.__newindex(_, key)
  check.assignment(key, "a heapy.DiffRow", 2)
end

function Row.__tostring(row)
  return row_line(rawget(row, "_diff"), rawget(row, "_index"))
end

-- ---- the whole -------------------------------------------------------------------------------

local function list(diff)
  local rows, classifier = rawget(diff, "_rows"), classifiers.known[rawget(diff, "_classifier")]
  local b_size = rawget(diff, "_b_size")
  local title = #rows.name > 0 and render.diff.title(classifier.noun)
    or render.diff.none(classifier.noun)
  return {
    total = #rows.name,
    label = render.diff.label(rawget(diff, "_a_count"), rawget(diff, "_a_size"),
      rawget(diff, "_b_count"), b_size) .. "\n" .. title,
    header = render.diff.header(classifier.heading),
    row = function(i) return row_line(diff, i) end,
    closed = function() return false end,
  }
end

--- Fields of a difference.
M.fields = {
  a = function(diff) return rawget(diff, "_a") end,
  b = function(diff) return rawget(diff, "_b") end,
  count = function(diff) return rawget(diff, "_a_count") - rawget(diff, "_b_count") end,
  size = function(diff) return rawget(diff, "_a_size") - rawget(diff, "_b_size") end,
  more = function(diff) return view.more(diff, list(diff)) end,
  all = function(diff) return view.all(diff, list(diff)) end,
}

function Diff.__index(diff, key)
  local field = M.fields[key]
  if field then return field(diff) end
  if type(key) ~= "number" then check.field(key, "a heapy.Diff", { M.fields }, 2) end
  return setmetatable({ _diff = diff, _index = check.row(key, #diff, 2) }, Row)
end

function Diff.__newindex(_, key)
  check.assignment(key, "a heapy.Diff", 2)
end

function Diff.__len(diff)
  return #rawget(diff, "_rows").name
end

Diff.__pairs = listing.pairs

function Diff.__tostring(diff)
  return listing.first(list(diff))
end

core.own(M)
core.own(Diff)
core.own(Row)
return M
