--- A deterministic heap of about n collectable objects, as a game server might have it: entities
-- of three small classes with sub-tables, items that point back, names, closures that share
-- upvalues, weak caches, suspended coroutines with locals of their own, open files, a nested
-- configuration and a linked list.
--
-- A unit is one entity and all that belongs to it. It is made in steps: `build` takes all steps of
-- one unit after the other, so that the objects lie in memory as they were made; `churn` frees half
-- the units and makes them again step by step, each step in another random order.
-- @usage local root, made = workload.build(1000000)
-- @module workload

local floor = math.floor

local M = {}

local CHAIN <const> = 1000
local FILES <const> = 64
local GROUP <const> = 100 -- units in one group

-- 32-bit linear congruential generator: the same numbers on every machine.
local function generator(seed)
  local state = seed
  return function(n)
    state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
    return (state >> 16) % n + 1
  end
end

-- For orders of more than 65536: all bits of a 64-bit generator.
local function shuffler(seed)
  local state = seed
  return function(list)
    for i = #list, 2, -1 do
      state = state * 6364136223846793005 + 1442695040888963407
      local j = (state >> 33) % i + 1
      list[i], list[j] = list[j], list[i]
    end
  end
end

-- ---- the classes -----------------------------------------------------------------------------

local function class(name, parent)
  local new = setmetatable({ __name = name }, parent and { __index = parent })
  new.__index = new
  return new
end

local Entity = class "Entity"
local Monster = class("Monster", Entity)
local Item = class "Item"
local Marker = class "Marker"

function Entity:where() return self.pos.x, self.pos.y, self.pos.z end
function Monster:bite() return self.stats.str end
function Item:price() return self.qty * 3 end

M.classes = { Entity = Entity, Monster = Monster, Item = Item, Marker = Marker }

local KINDS <const> = { "sword", "shield", "potion", "scroll", "boots", "helmet", "ring", "bow" }
local TAGS <const> = { "npc", "hostile", "quest", "vendor", "boss", "elite", "pet", "mount" }

-- ---- the steps of one unit -------------------------------------------------------------------
-- Each step is a function of the heap being built and of the number of the unit; it returns how
-- many objects it made.

local function group_of(root, unit)
  local number = (unit - 1) // GROUP + 1
  local group, made = root.groups[number], 0
  if not group then
    group, made = { name = "group" .. unit, members = {}, leader = false }, 3
    root.groups[number] = group
  end
  return group, made
end

local function entity(heap, unit)
  local root = heap.root
  local group, made = group_of(root, unit)
  local name = "unit_" .. unit
  local new = setmetatable({ id = unit, name = name, group = group, pos = false, stats = false,
    tags = false, alive = true }, unit % 4 == 0 and Monster or Entity)
  local place = (unit - 1) % GROUP + 1
  group.members[place] = new
  if place == 1 then group.leader = new end
  root.entities[unit] = new
  root.by_name[name] = new
  return made + 2
end

local function pos(heap, unit)
  local random = heap.random
  heap.root.entities[unit].pos = { x = random(1000), y = random(1000), z = random(1000) / 7 }
  return 1
end

local function stats(heap, unit)
  local random = heap.random
  heap.root.entities[unit].stats = { str = random(20), dex = random(20), hp = random(500),
    mp = random(500) }
  return 1
end

local function tags(heap, unit)
  local random = heap.random
  heap.root.entities[unit].tags = { TAGS[random(8)], TAGS[random(8)], random(100) }
  return 1
end

-- Too long to be interned.
local function description(heap, unit)
  if unit % 2 ~= 0 then return 0 end
  local random, self = heap.random, heap.root.entities[unit]
  self.descr = ("%s of %s stands here and waits for somebody, number %d"):format(TAGS[random(8)],
    self.group.name, random(1000000))
  return 1
end

local function items(heap, unit)
  local random, self, list = heap.random, heap.root.entities[unit], {}
  for i = 1, random(3) do
    list[i] = setmetatable({ kind = KINDS[random(8)], qty = random(99),
      serial = "s" .. unit .. "-" .. i, owner = self }, Item)
  end
  self.items = list
  return 1 + 2 * #list
end

-- Two private upvalues, of which a second closure shares one.
local function closures(heap, unit)
  local self, hits = heap.root.entities[unit], 0
  self.on_hit = function(damage)
    hits = hits + damage
    return self.stats.hp - hits
  end
  if unit % 5 ~= 0 then return 3 end
  heap.root.handlers[unit // 5] = function() hits = 0 end
  return 4
end

local function caches(heap, unit)
  if unit % 7 ~= 0 then return 0 end
  local root = heap.root
  local self = root.entities[unit]
  root.cache_v[self.name] = self
  root.cache_k[self] = { seen = unit }
  return 1
end

-- Suspended, with locals that no table refers to.
local function coroutines(heap, unit)
  if unit % 500 ~= 0 then return 0 end
  local thread = coroutine.create(function(owner)
    local private = { owner = owner, buf = {} }
    for i = 1, 8 do private.buf[i] = { i } end
    while true do coroutine.yield(#private.buf) end
  end)
  coroutine.resume(thread, heap.root.entities[unit])
  heap.root.coroutines[unit // 500] = thread
  return 12
end

local STEPS <const> = { entity, pos, stats, tags, description, items, closures, caches,
  coroutines }

-- ---- what is there once ----------------------------------------------------------------------

local function configuration(random, depth)
  local new, made = {}, 1
  for i = 1, 4 do
    local key = "key" .. depth .. "_" .. i
    if depth == 0 then
      new[key] = ("value %d of the configuration, long enough not to be interned %d"):format(i,
        random(1000000))
      made = made + 1
    else
      local below
      new[key], below = configuration(random, depth - 1)
      made = made + below
    end
  end
  return new, made
end

local function chain(length)
  local head
  for i = 1, length do head = { next = head, seq = i } end
  return head, length
end

local function open_file(root)
  if #root.files >= FILES then return 0 end
  local file = io.open("/dev/null")
  if not file then return 0 end
  root.files[#root.files + 1] = file
  return 1
end

local function new_heap(n)
  local root = {
    entities = {}, by_name = {}, groups = {}, coroutines = {}, files = {}, handlers = {},
    config = {}, classes = M.classes, markers = {},
    cache_v = setmetatable({}, { __mode = "v" }), -- name -> entity
    cache_k = setmetatable({}, { __mode = "k" }), -- entity -> data
  }
  local heap = { root = root, random = generator(42), made = 14 }
  if n >= 20000 then
    local made
    root.config, made = configuration(heap.random, 5)
    heap.made = heap.made + made
  end
  local made
  root.log, made = chain(math.min(CHAIN, floor(n / 10)))
  heap.made = heap.made + made
  return heap
end

-- ---- the heap --------------------------------------------------------------------------------

--- Builds the heap.
-- @tparam integer n how many objects there shall be
-- @treturn table what holds all of them
-- @treturn integer how many were made
function M.build(n)
  local heap, unit = new_heap(n), 0
  while heap.made < n do
    unit = unit + 1
    for _, step in ipairs(STEPS) do heap.made = heap.made + step(heap, unit) end
    if unit % 500 == 0 then heap.made = heap.made + open_file(heap.root) end
  end
  return heap.root, heap.made
end

local function free(root, unit)
  local self = root.entities[unit]
  local group = self.group
  root.by_name[self.name] = nil
  root.entities[unit] = false
  group.members[(unit - 1) % GROUP + 1] = false
  if group.leader == self then group.leader = false end
  if unit % 5 == 0 then root.handlers[unit // 5] = false end
  if unit % 500 == 0 then root.coroutines[unit // 500] = false end
end

--- Frees a random half of all units and makes them again, twice. The memory that was freed is used
-- again, so that the order in which objects were made is not the order in which they lie in memory.
-- Ends with a full collection.
-- @tparam table root what `build` returned
function M.churn(root)
  local heap, shuffle, units = { root = root, random = generator(43) }, shuffler(44), {}
  for unit = 1, #root.entities do units[unit] = unit end
  for _ = 1, 2 do
    shuffle(units)
    local freed = table.move(units, 1, #units // 2, 1, {})
    for _, unit in ipairs(freed) do free(root, unit) end
    collectgarbage()
    for _, step in ipairs(STEPS) do
      for _, unit in ipairs(freed) do step(heap, unit) end
      shuffle(freed)
    end
  end
  collectgarbage()
end

--- Something for a difference to show: n markers with a text each, in place of those before.
-- @tparam table root what `build` returned
-- @tparam integer n
function M.change(root, n)
  local markers = {}
  for i = 1, n do
    markers[i] = setmetatable({ at = i, text = ("marker %d of %d"):format(i, n) }, Marker)
  end
  root.markers = markers
end

return M
