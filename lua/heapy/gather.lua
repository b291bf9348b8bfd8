--- The union of many sets: pairs of like size are joined first, so that n sets cost n log n.
-- @module heapy.gather

local core = require "heapy.core"
local parts = require "heapy.parts"

local ipairs = ipairs

local M = {}

--- Adds a set to a heap of unions; slot i holds a union of 2^(i-1) sets, or false.
-- @tparam table unions
-- @param set a Set
function M.add(unions, set)
  local i = 1
  while unions[i] do
    set, unions[i] = parts.combine("|", unions[i], set), false
    i = i + 1
  end
  unions[i] = set
end

--- The union of all that was added.
-- @tparam table unions
-- @param within the Set that has them all
-- @return a Set, empty if nothing was added
function M.union(unions, within)
  local all
  for _, set in ipairs(unions) do
    if set then all = all and parts.combine("|", all, set) or set end
  end
  return all or parts.none(within)
end

core.own(M)
return M
