--- Measures calls beside full collections of the same heap: a collection, a call, a collection, a
-- call ... A call's ratio is to the mean of its two neighbours, so that a machine which slows down
-- slows both. All times are CPU seconds of this process.
-- @module meter

local clock, collect = os.clock, collectgarbage

local M = {}
local Meter = { __name = "Meter" }
Meter.__index = Meter

--- The median of numbers.
-- @tparam {number,...} numbers
-- @treturn number
function M.median(numbers)
  local sorted = table.move(numbers, 1, #numbers, 1, {})
  table.sort(sorted)
  local n = #sorted
  if n % 2 == 1 then return sorted[n // 2 + 1] end
  return (sorted[n // 2] + sorted[n // 2 + 1]) / 2
end

--- Seconds that a function takes, and what it returns.
function M.time(f, ...)
  local start = clock()
  local result = f(...)
  return clock() - start, result
end

--- How much longer one thing takes than another, where each is a process of its own and the
-- machine's speed comes and goes: two of it between two of the other, the median of some groups.
-- @tparam integer groups
-- @tparam function other given the number of the group, the seconds that the other takes
-- @tparam function it the same
-- @treturn number
function M.compare(groups, other, it)
  local ratios = {}
  for i = 1, groups do
    local before = other(i)
    local seconds = it(i) + it(i)
    ratios[i] = seconds / (before + other(i))
  end
  return M.median(ratios)
end

local function collection()
  return (M.time(collect, "collect"))
end

--- A meter that has measured nothing yet.
function M.new()
  return setmetatable({ collections = {}, ratios = {}, seconds = {}, before = false }, Meter)
end

local function add(samples, name, value)
  samples[name] = samples[name] or {}
  table.insert(samples[name], value)
end

--- Something happens that is not measured: the next call needs a fresh collection before it.
function Meter:pause()
  self.before = false
end

--- Calls a function and measures it under a name. Where `meter.prepare` is a function, that is
-- called right before, and not measured.
-- @tparam string name
-- @tparam function f
-- @return what f returns
function Meter:call(name, f, ...)
  local before = self.before or collection()
  if self.prepare then self.prepare() end
  local seconds, result = M.time(f, ...)
  local after = collection()
  add(self.ratios, name, seconds * 2 / (before + after))
  add(self.seconds, name, seconds)
  table.insert(self.collections, after)
  self.before = after
  return result
end

--- The median of a call's ratios to a full collection.
function Meter:ratio(name) return M.median(self.ratios[name]) end

--- The median of a call's seconds.
function Meter:median(name) return M.median(self.seconds[name]) end

--- The median of the seconds of all full collections.
function Meter:collection() return M.median(self.collections) end

return M
