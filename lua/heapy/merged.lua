--- Partitions of sets of several snapshots, put together from those of the parts.
-- They answer as the core's partitions: `nrows`, `row`, `rowset`.
-- @module heapy.merged

local core = require "heapy.core"
local gather = require "heapy.gather"
local parts = require "heapy.parts"
local tally = require "heapy.tally"

local ipairs, setmetatable, type = ipairs, setmetatable, type

local M = {}

-- ---- by name ---------------------------------------------------------------------------------

local Rows = {}
Rows.__index = Rows

local function by_name(set, partitions)
  local sums, where = tally.new(), {}
  for k, p in ipairs(partitions) do where[k] = tally.add(sums, p, 1) end
  local order, cumulative, sum = tally.order(sums), {}, 0
  for i, place in ipairs(order) do
    sum = sum + sums.size[place]
    cumulative[i] = sum
  end
  return setmetatable({ set = set, partitions = partitions, sums = sums, where = where,
    order = order, cumulative = cumulative }, Rows)
end

function Rows:nrows() return #self.order end

function Rows:row(i)
  local k = self.order[i + 1]
  return self.sums.name[k], self.sums.count[k], self.sums.size[k], self.cumulative[i + 1]
end

-- The rows of one part that are among rows i to j.
local function rows_of(self, part, number, i, j)
  local unions = {}
  for row = i, j do
    local here = self.where[number][self.order[row + 1]]
    for _, at in ipairs(type(here) == "table" and here or { here }) do
      gather.add(unions, self.partitions[number]:rowset(at, at))
    end
  end
  return gather.union(unions, part)
end

function Rows:rowset(i, j)
  return parts.map(self.set, function(part, number) return rows_of(self, part, number, i, j) end)
end

-- ---- by identity -----------------------------------------------------------------------------

-- The parts' rows are merged as they are read, and kept nowhere: there may be millions. A place
-- is how many rows of each part come before a row.
local Objects = {}
Objects.__index = Objects

local function by_identity(set, partitions)
  return setmetatable({ set = set, partitions = partitions }, Objects)
end

function Objects:nrows() return parts.count(self.set) end

-- How many rows of a partition are of objects larger than so many bytes.
local function larger(p, bytes)
  local low, high = 0, p:nrows()
  while low < high do
    local middle = (low + high) // 2
    local _, _, size = p:row(middle)
    if size > bytes then low = middle + 1 else high = middle end
  end
  return low
end

local function all_larger(partitions, bytes)
  local n = 0
  for _, p in ipairs(partitions) do n = n + larger(p, bytes) end
  return n
end

-- The size of the object in row i.
local function size_at(self, i)
  local low, high = 0, 0
  for _, p in ipairs(self.partitions) do
    local _, _, size = p:row(0)
    if size > high then high = size end
  end
  while low < high do
    local middle = (low + high) // 2
    if all_larger(self.partitions, middle) > i then low = middle + 1 else high = middle end
  end
  return low
end

-- The place of row i: of one size, the objects of the first part come first.
local function place(self, i)
  local found = {}
  if i == self:nrows() then
    for k, p in ipairs(self.partitions) do found[k] = p:nrows() end
    return found
  end
  local size = size_at(self, i)
  local left = i - all_larger(self.partitions, size)
  for k, p in ipairs(self.partitions) do
    local first = larger(p, size)
    local same = larger(p, size - 1) - first
    found[k] = first + (left < same and left or same)
    left = left - (found[k] - first)
  end
  return found
end

-- Goes on to the row after that of a place: the next of the part whose next is the largest.
local function advance(partitions, at)
  local best, largest = nil, -1
  for k, p in ipairs(partitions) do
    if at[k] < p:nrows() then
      local _, _, size = p:row(at[k])
      if size > largest then best, largest = k, size end
    end
  end
  at[best] = at[best] + 1
end

-- The places of row i and of the row after it; one after the other costs a step each.
local function places(self, i)
  local from = self.next == i and self.at or place(self, i)
  local to = {}
  for k, n in ipairs(from) do to[k] = n end
  advance(self.partitions, to)
  self.next, self.at = i + 1, to
  return from, to
end

function Objects:row(i)
  local from, to = places(self, i)
  local size, cumulative = 0, 0
  for k, p in ipairs(self.partitions) do
    if to[k] > 0 then
      local _, _, own, sum = p:row(to[k] - 1)
      cumulative = cumulative + sum
      if to[k] > from[k] then size = own end
    end
  end
  return "", 1, size, cumulative
end

function Objects:rowset(i, j)
  local from, to = place(self, i), place(self, j + 1)
  return parts.map(self.set, function(part, k)
    if from[k] == to[k] then return parts.none(part) end
    return self.partitions[k]:rowset(from[k], to[k] - 1)
  end)
end

--- The partition of a set of several snapshots.
-- @param set a Set
-- @tparam string classifier
-- @tparam table partitions those of its parts
-- @treturn table
function M.new(set, classifier, partitions)
  return (classifier == "id" and by_identity or by_name)(set, partitions)
end

for _, own in ipairs { M, Rows, Objects } do core.own(own) end
return M
