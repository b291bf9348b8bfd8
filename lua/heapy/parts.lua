--- Sets of one snapshot and of several, asked alike.
-- Where no snapshot has all objects of a set, it is the union of parts: sets of one snapshot each,
-- no two of the same one, with no object in two of them. So an object is counted once, as one
-- snapshot saw it: the left operand's of a union, unless it is not in that one.
-- A set of one object is of one snapshot. The core knows parts only as what is kept and closed.
-- @module heapy.parts

local core = require "heapy.core"

local ipairs, select = ipairs, select
local move, remove, unpack = table.move, table.remove, table.unpack

local M = {}

--- The parts of a set: itself, where it is of one snapshot.
-- @param set a Set
-- @treturn {Set,...}
function M.of(set)
  return core.parts(set) or { set }
end

-- The union of sets as the parts are; the empty ones fall away.
local function join(sets)
  local some = {}
  for _, set in ipairs(sets) do
    if core.count(set) > 0 then some[#some + 1] = set end
  end
  return #some > 1 and core.join(some) or some[1] or sets[1]
end

--- The union of what a function makes of each part: a subset, new.
-- @param set a Set
-- @tparam function f of a part and its number
-- @return a Set
function M.map(set, f)
  local parts = core.parts(set)
  if not parts then return f(set, 1) end
  local made = {}
  for i, part in ipairs(parts) do made[i] = f(part, i) end
  return join(made)
end

--- The same objects as a new set.
-- @param set a Set
-- @return a Set
function M.copy(set)
  return M.map(set, function(part) return core.combine("|", part, part) end)
end

--- An empty set.
-- @param set a Set
-- @return a Set
function M.none(set)
  local first = M.of(set)[1]
  return core.combine("-", first, first)
end

local function summed(count)
  return function(set)
    local parts = core.parts(set)
    if not parts then return count(set) end
    local sum = 0
    for _, part in ipairs(parts) do sum = sum + count(part) end
    return sum
  end
end

local function any(test)
  return function(set)
    for _, part in ipairs(M.of(set)) do
      if core[test](part) then return true end
    end
    return false
  end
end

--- How many objects a set has; their bytes.
M.count, M.size = summed(core.count), summed(core.size)

--- Whether a part of the set is closed; whether one depends on a guess; whether but a sample of
-- one's objects was tracked.
M.closed, M.approximate, M.sampled = any "closed", any "approximate", any "sampled"

-- ---- algebra ---------------------------------------------------------------------------------

-- A new set of a part's snapshot: what is not in the set.
local function minus(part, set)
  for _, other in ipairs(M.of(set)) do part = core.combine("-", part, other) end
  return part
end

-- Adds a set to parts that have no object of it; they stay as few as they can be.
local function add(parts, set)
  for i, part in ipairs(parts) do
    local both = core.combine("|", part, set) or core.combine("|", set, part)
    if both then
      remove(parts, i)
      add(parts, both)
      return
    end
  end
  parts[#parts + 1] = set
end

local operations = {}

operations["-"] = function(a, b)
  return M.map(a, function(part) return minus(part, b) end)
end

operations["&"] = function(a, b)
  return M.map(a, function(part) return core.combine("-", part, minus(part, b)) end)
end

operations["|"] = function(a, b)
  local parts = move(M.of(a), 1, #M.of(a), 1, {})
  for _, part in ipairs(M.of(b)) do add(parts, minus(part, a)) end
  return join(parts)
end

operations["~"] = function(a, b)
  return M.combine("|", operations["-"](a, b), operations["-"](b, a))
end

--- Two sets combined, by identity.
-- @tparam string operator
-- @param a a Set
-- @param b a Set
-- @return a Set
function M.combine(operator, a, b)
  if not core.parts(a) and not core.parts(b) then
    local set = core.combine(operator, a, b) or core.combine(operator, b, a)
    if set then return set end
  end
  return operations[operator](a, b)
end

--- Two sets compared, by identity.
-- @tparam string operator
-- @param a a Set
-- @param b a Set
-- @treturn boolean
function M.compare(operator, a, b)
  if not core.parts(a) and not core.parts(b) then return core.compare(operator, a, b) end
  local n, m = M.count(a), M.count(b)
  if operator == "==" and n ~= m or operator == "<" and n >= m then return false end
  return M.count(operations["-"](a, b)) == 0
end

-- What a function makes of each part, as a union: the parts may have found the same objects.
local function united(f)
  return function(set)
    local parts, all = core.parts(set), nil
    if not parts then return f(set) end
    for _, part in ipairs(parts) do
      all = all and M.combine("|", all, f(part)) or f(part)
    end
    return all
  end
end

--- The objects that refer to any of a set; that any of it refers to: as its snapshots saw it.
M.referrers, M.referents = united(core.referrers), united(core.referents)

-- ---- values ----------------------------------------------------------------------------------

--- Whether a value of the program is in a set.
-- @param set a Set
-- @param value anything
-- @treturn boolean
-- @treturn ?string why not, where no snapshot of the set's knows the value
function M.has(set, value)
  local known, reason = false, nil
  for _, part in ipairs(M.of(set)) do
    local one, _, why = core.iso(part, value)
    if one and core.compare("<=", one, part) then return true end
    known, reason = known or one ~= nil, reason or why
  end
  return false, not known and reason or nil
end

-- The number of the first part whose snapshot knows a value; or nil, why none does.
local function knowing(parts, value)
  local reason
  for i, part in ipairs(parts) do
    local one, _, why = core.iso(part, value)
    if one then return i end
    reason = reason or why
  end
  return nil, reason
end

--- The set of some values, each as the first of the set's snapshots that knows it saw it.
-- @param set a Set
-- @param ... the values
-- @return a Set; or nil, the number of the first value that is unknown, and why
function M.iso(set, ...)
  local parts = core.parts(set)
  if not parts then return core.iso(set, ...) end
  local known = {}
  for i = 1, #parts do known[i] = {} end
  for k = 1, select("#", ...) do
    local value = select(k, ...)
    local i, reason = knowing(parts, value)
    if not i then return nil, k, reason end
    known[i][#known[i] + 1] = value
  end
  return M.map(set, function(part, i) return core.iso(part, unpack(known[i])) end)
end

--- The live values of a set.
-- @param set a Set
-- @treturn[1] {any,...}
-- @treturn[2] nil
-- @treturn[2] string reason
function M.live(set)
  local all, reason = {}, nil
  for _, part in ipairs(M.of(set)) do
    local values, why = core.live(part)
    if values then move(values, 1, #values, #all + 1, all) else reason = reason or why end
  end
  if #all == 0 and reason then return nil, reason end
  return all
end

core.own(M)
return M
