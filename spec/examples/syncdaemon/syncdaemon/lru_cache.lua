--- A cache that keeps the `capacity` most recently used entries.
-- Keys are linked in the order of their use: older[k] was used just before k,
-- newer[k] just after. END closes the ring at both ends: older[END] is the key
-- used last, newer[END] the one to be dropped first.

local END = false

local LRUCache = {}
LRUCache.__index = LRUCache

local M = { LRUCache = LRUCache }

function M.new(capacity)
  return setmetatable({
    capacity = capacity,
    count = 0,
    hits = 0,
    misses = 0,
    values = {},
    older = { [END] = END },
    newer = { [END] = END },
  }, LRUCache)
end

local function unlink(self, key)
  local older, newer = self.older[key], self.newer[key]
  self.newer[older], self.older[newer] = newer, older
  self.older[key], self.newer[key] = nil, nil
end

local function link_as_newest(self, key)
  local last = self.older[END]
  self.older[key], self.newer[key] = last, END
  self.newer[last], self.older[END] = key, key
end

local function drop_oldest(self)
  local key = self.newer[END]
  unlink(self, key)
  self.values[key] = nil
  self.count = self.count - 1
end

--- @return the value kept for the key, or nil
function LRUCache:get(key)
  local value = self.values[key]
  if value == nil then
    self.misses = self.misses + 1
    return nil
  end
  self.hits = self.hits + 1
  unlink(self, key)
  link_as_newest(self, key)
  return value
end

function LRUCache:set(key, value)
  if self.values[key] == nil then
    self.count = self.count + 1
  else
    unlink(self, key)
  end
  self.values[key] = value
  link_as_newest(self, key)
  if self.count > self.capacity then
    drop_oldest(self)
  end
end

return M
