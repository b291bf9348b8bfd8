--- A double-ended queue: constant time at both ends.
-- The items stand at the indexes first..last of one table; either end may
-- wander below or above its start.

local Deque = {}
Deque.__index = Deque

local M = { Deque = Deque }

--- @treturn Deque an empty queue
function M.new()
  return setmetatable({ items = {}, first = 1, last = 0 }, Deque)
end

function Deque:length()
  return self.last - self.first + 1
end

function Deque:push_left(item)
  self.first = self.first - 1
  self.items[self.first] = item
end

function Deque:push_right(item)
  self.last = self.last + 1
  self.items[self.last] = item
end

--- @return the leftmost item, or nil when the queue is empty
function Deque:pop_left()
  if self.first > self.last then return nil end
  local item = self.items[self.first]
  self.items[self.first] = nil
  self.first = self.first + 1
  return item
end

--- @return the rightmost item, or nil when the queue is empty
function Deque:pop_right()
  if self.first > self.last then return nil end
  local item = self.items[self.last]
  self.items[self.last] = nil
  self.last = self.last - 1
  return item
end

--- Iterates from left to right.
function Deque:each()
  local i = self.first - 1
  return function()
    i = i + 1
    if i <= self.last then return self.items[i] end
  end
end

return M
