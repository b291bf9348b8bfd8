--- Subsets: `set:where{kind = "string", size = function(n) return n > 1000 end}`.
-- Each criterion is a classifier with the names accepted; whole rows are taken or left.
-- @module heapy.where

local core = require "heapy.core"
local check = require "heapy.check"
local classifiers = require "heapy.classifiers"
local gather = require "heapy.gather"
local partition = require "heapy.partition"
local parts = require "heapy.parts"
local render = require "heapy.render"
local suggest = require "heapy.suggest"

local next, rawget, rawlen, type = next, rawget, rawlen, type
local tointeger = math.tointeger
local gsub = string.gsub

local M = {}

local CRITERIA = { kind = true, type = true, size = true, source = true, module = true, rcs = true,
  via = true, site = true, traceback = true, age = true, born_after = true }

local CANDIDATES = 1000 -- rows, the largest, among whose names the one that was meant is looked for

local function expected(criterion)
  return criterion == "size" and "number" or "string"
end

-- As names are kept: a zero byte ends none.
local function as_written(name)
  return type(name) == "string" and gsub(name, "\0", "\\0") or name
end

-- A function that says whether the name of a row is accepted.
local function acceptor(criterion, wanted, level)
  local scalar = expected(criterion)
  if type(wanted) == "function" then return wanted end
  if type(wanted) == scalar then
    wanted = as_written(wanted)
    return function(name) return name == wanted end
  end
  if type(wanted) ~= "table" then
    check.fail(level + 1, "bad criterion '%s' to 'where' (%s, array or function expected, got %s)",
      criterion, scalar, check.typename(wanted))
  end
  local accepted = {}
  for i = 1, rawlen(wanted) do
    local name = rawget(wanted, i)
    if type(name) ~= scalar then
      check.fail(level + 1, "bad criterion '%s' to 'where' (%s expected at [%d], got %s)",
        criterion, scalar, i, check.typename(name))
    end
    accepted[as_written(name)] = true
  end
  return function(name) return accepted[name] end
end

-- The same for the parts of a set: each name is asked for once.
local function once(accepts)
  local known = {}
  return function(name)
    if known[name] == nil then known[name] = accepts(name) and true or false end
    return known[name]
  end
end

-- The rows of a set of one snapshot whose names are accepted; runs of them are taken at once.
local function rows(set, criterion, accepts)
  local p = partition.by(set, criterion)
  local unions, from = {}, nil
  local n = p:nrows()
  for i = 0, n do
    local accepted = false
    if i < n then
      local name = p:row(i)
      accepted = accepts(criterion == "size" and tointeger(name) or name)
    end
    if accepted then
      from = from or i
    elseif from then
      gather.add(unions, p:rowset(from, i - 1))
      from = nil
    end
  end
  return gather.union(unions, set)
end

-- What was born since another set's snapshot.
local function born_after(set, value, level)
  local earlier = check.set_of(value)
  if not earlier then
    check.fail(level + 1, "bad criterion 'born_after' to 'where' (Set expected, got %s)",
      check.typename(value))
  end
  if parts.closed(earlier) then
    check.fail(level + 1, "bad criterion 'born_after' to 'where' (this set is closed)")
  end
  local is_older = true
  local subset = parts.map(set, function(part)
    local younger = core.bornafter(part, earlier)
    is_older = is_older and younger ~= nil
    return younger or part
  end)
  if not is_older then
    check.fail(level + 1, "bad criterion 'born_after' to 'where' (its snapshot is not older than "
      .. "this set's)")
  end
  return subset
end

-- The name of a row that was probably meant by one that no row has: one that is near, or the
-- first of which it is a part.
local function meant(set, criterion, wanted)
  local p, names = partition.by(set, criterion), {}
  for i = 0, p:nrows() - 1 do
    local name = p:row(i)
    if name == wanted then return nil end
    if i < CANDIDATES then names[i + 1] = name end
  end
  return suggest.nearest(wanted, names) or suggest.longer(wanted, names)
    or suggest.longer(suggest.nearest(wanted, suggest.beginnings(names)), names)
end

-- Of a subset that is empty: a function that gives the line to print below it, or nil. A name that
-- no row has is no error, as what it is of may be gone; but it may be a slip of the finger. That
-- is looked into when it is asked for, which programs do not.
local function hint(set, criteria)
  local names = {}
  for criterion, wanted in next, criteria do
    if type(wanted) == "string" then names[criterion] = wanted end
  end
  return function()
    for criterion, wanted in next, names do
      local nearest = not parts.closed(set) and meant(set, criterion, wanted)
      if nearest then return render.unknown(criterion, wanted, nearest) end
    end
  end
end

--- The objects for which every criterion holds.
-- @param set a Set
-- @tparam table criteria
-- @tparam integer level
-- @return a Set
function M.criteria(set, criteria, level)
  check.keys(criteria, "criterion", "where", CRITERIA, level + 1)
  local acceptors = {}
  for criterion, wanted in next, criteria do
    if criterion ~= "born_after" then
      acceptors[criterion] = acceptor(criterion, wanted, level + 1)
    end
  end
  local subset = parts.copy(set)
  for criterion, accepts in next, acceptors do -- on all of the set
    if classifiers.known[criterion].relative then
      check.together(set, "'" .. criterion .. "'", level + 1)
      subset = rows(subset, criterion, accepts)
    end
  end
  local earlier = rawget(criteria, "born_after")
  if earlier ~= nil then subset = born_after(subset, earlier, level + 1) end
  for criterion, accepts in next, acceptors do
    if not classifiers.known[criterion].relative then
      local accepted = core.parts(subset) and once(accepts) or accepts
      subset = parts.map(subset, function(part) return rows(part, criterion, accepted) end)
    end
  end
  if parts.count(subset) == 0 then core.state(subset).hint = hint(set, criteria) end
  return subset
end

local function nodes(set, accepts)
  local unions = {}
  for k = 0, core.count(set) - 1 do
    local node = core.at(set, k)
    if accepts(node) then gather.add(unions, node) end
  end
  return gather.union(unions, set)
end

--- The objects for which a function holds.
-- @param set a Set
-- @tparam function accepts given each object as a set of one
-- @return a Set
function M.nodes(set, accepts)
  return parts.map(set, function(part) return nodes(part, accepts) end)
end

core.own(M)
return M
