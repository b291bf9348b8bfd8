--- Rows of several partitions, matched by name: kinds that share a name are one row.
-- @module heapy.tally

local core = require "heapy.core"

local abs = math.abs
local ipairs, type = ipairs, type
local sort = table.sort

local M = {}

--- Sums, still empty: `name`, `count` and `size` are arrays, one entry for each name.
-- @treturn table
function M.new()
  return { of = {}, name = {}, count = {}, size = {} }
end

--- Adds the rows of a partition, or takes them away.
-- @tparam table sums
-- @param p a partition
-- @tparam integer sign 1 or -1
-- @treturn table by the names' places in sums: the row of the partition, or an array of rows where
-- several share a name
function M.add(sums, p, sign)
  local where = {}
  for i = 0, p:nrows() - 1 do
    local name, count, size = p:row(i)
    local k = sums.of[name]
    if not k then
      k = #sums.name + 1
      sums.of[name], sums.name[k], sums.count[k], sums.size[k] = k, name, 0, 0
    end
    sums.count[k] = sums.count[k] + sign * count
    sums.size[k] = sums.size[k] + sign * size
    local before = where[k]
    if before == nil then where[k] = i
    elseif type(before) == "table" then before[#before + 1] = i
    else where[k] = { before, i } end
  end
  return where
end

--- The places of the rows that are not nothing, largest absolute size first, then by name.
-- @tparam table sums
-- @treturn {integer,...}
function M.order(sums)
  local order = {}
  for k, size in ipairs(sums.size) do
    if size ~= 0 or sums.count[k] ~= 0 then order[#order + 1] = k end
  end
  sort(order, function(x, y)
    local a, b = abs(sums.size[x]), abs(sums.size[y])
    if a ~= b then return a > b end
    return sums.name[x] < sums.name[y]
  end)
  return order
end

core.own(M)
return M
