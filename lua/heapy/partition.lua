--- The partition of a set: made when it is first needed, kept with the set.
-- @module heapy.partition

local core = require "heapy.core"
local classifiers = require "heapy.classifiers"
local merged = require "heapy.merged"
local parts = require "heapy.parts"

local ipairs, setmetatable = ipairs, setmetatable

local M = {}

-- What partitions are asked.
core.Partition.__index = { nrows = core.nrows, row = core.row, rowset = core.rowset }
core.own(core.Partition.__index)

--- The name of a set's classifier.
-- @param set a Set
-- @treturn string
function M.classifier(set)
  return core.state(set).classifier or classifiers.default
end

--- The classifier that names a set's objects: its own, or the default where that is identity.
-- @param set a Set
-- @treturn string
function M.naming(set)
  local classifier = M.classifier(set)
  return classifier == "id" and classifiers.default or classifier
end

--- Gives a new set a classifier.
-- @param set a Set that has not been partitioned yet
-- @tparam string classifier
-- @return the set
function M.classify(set, classifier)
  if classifier ~= classifiers.default then core.state(set).classifier = classifier end
  return set
end

-- ---- rows as they stand in another partition ---------------------------------------------------

local Window = {}
Window.__index = Window

local function window(p, first, last)
  local before = 0
  if first > 0 then
    local _, _, _, cumulative = p:row(first - 1)
    before = cumulative
  end
  return setmetatable({ partition = p, first = first, last = last, before = before }, Window)
end

function Window:nrows() return self.last - self.first + 1 end

function Window:row(i)
  local name, count, size, cumulative = self.partition:row(self.first + i)
  return name, count, size, cumulative - self.before
end

function Window:rowset(i, j)
  return self.partition:rowset(self.first + i, self.first + j)
end

-- ----------------------------------------------------------------------------------------------

-- A new partition.
local function make(set, classifier)
  local of = core.parts(set)
  if not of then return core.partition(set, classifier) end
  local partitions = {}
  for i, part in ipairs(of) do partitions[i] = core.partition(part, classifier) end
  return merged.new(set, classifier, partitions)
end

--- The partition of a set by its own classifier.
-- @param set a Set
-- @return the partition
function M.of(set)
  local state = core.state(set)
  if not state.partition then state.partition = make(set, M.classifier(set)) end
  return state.partition
end

--- The partition of a set by any classifier.
-- @param set a Set
-- @tparam string classifier
-- @return the partition
function M.by(set, classifier)
  if classifier == M.classifier(set) then return M.of(set) end
  return make(set, classifier)
end

--- The same objects under another classifier.
-- @param set a Set
-- @tparam string classifier
-- @return a Set
function M.reclassified(set, classifier)
  if classifier == M.classifier(set) then return set end
  return M.classify(parts.copy(set), classifier)
end

--- Rows i to j, as a set with the same classifier.
-- @param set a Set
-- @tparam integer i
-- @tparam integer j
-- @return a Set
function M.rows(set, i, j)
  local p, classifier = M.of(set), M.classifier(set)
  local rows = M.classify(p:rowset(i, j), classifier)
  if classifiers.known[classifier].relative then core.state(rows).partition = window(p, i, j) end
  return rows
end

--- What all objects of a set have in common.
-- @param set a Set
-- @tparam string classifier
-- @treturn ?string the name of the only row, if there is only one
function M.name(set, classifier)
  local p = M.by(set, classifier)
  if p:nrows() ~= 1 then return nil end
  local name = p:row(0)
  return name
end

core.own(M)
core.own(Window)
return M
