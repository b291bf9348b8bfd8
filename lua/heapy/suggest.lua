--- The name that was probably meant.
-- Distance is counted in edits: a letter put in, left out, changed, or two neighbours swapped.
-- @module heapy.suggest

local core = require "heapy.core"

local ipairs = ipairs
local byte, find, lower, match = string.byte, string.find, string.lower, string.match
local max, min = math.max, math.min

local M = {}

local LONGEST = 40 -- longer names are no slip of the finger

--- The number of edits between two names.
-- @tparam string a
-- @tparam string b
-- @treturn integer
function M.distance(a, b)
  local before, last, this = nil, {}, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    this[0] = i
    local x = byte(a, i)
    for j = 1, #b do
      local y = byte(b, j)
      local edits = min(last[j] + 1, this[j - 1] + 1, last[j - 1] + (x == y and 0 or 1))
      if before and j > 1 and x == byte(b, j - 1) and byte(a, i - 1) == y then
        edits = min(edits, before[j - 2] + 1)
      end
      this[j] = edits
    end
    before, last, this = last, this, {}
  end
  return last[#b]
end

--- The nearest of several names, if one is near: at most one edit in three letters, and one
-- in shorter names.
-- @tparam string name
-- @tparam {string,...} names
-- @treturn ?string the first in alphabetical order where several are equally near
function M.nearest(name, names)
  if #name > LONGEST then return nil end
  local best, fewest
  for _, candidate in ipairs(names) do
    local edits = M.distance(lower(name), lower(candidate))
    if edits <= max(1, #candidate // 3) and edits < #candidate
       and (not best or edits < fewest or edits == fewest and candidate < best) then
      best, fewest = candidate, edits
    end
  end
  return best
end

--- The words that names begin with.
-- @tparam {string,...} names
-- @treturn {string,...}
function M.beginnings(names)
  local words = {}
  for i, name in ipairs(names) do words[i] = match(name, "^[%w_]+") or "" end
  return words
end

--- The first of several names of which one is some words: "queue.lua:3" of
-- "./lib/queue.lua:3 in method 'push'", "Marker" of "app.lua:Marker", "math" of "module math".
-- @tparam ?string name
-- @tparam {string,...} names
-- @treturn ?string
function M.longer(name, names)
  if not name or name == "" then return nil end
  for _, candidate in ipairs(names) do
    local from, to = find(candidate, name, 1, true)
    if from and not find(candidate, "^[%w_]", to + 1)
       and not (from > 1 and find(candidate, "^[%w_]", from - 1)) then
      return candidate
    end
  end
end

core.own(M)
return M
