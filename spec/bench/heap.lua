-- One heap, in a process of its own: builds it, measures, and prints what it found, a line each:
-- a name and a number.
--   lua5.4 heap.lua OBJECTS fresh|churned ROUNDS

local here = arg[0]:match("^(.*/)") or "./"
package.path = here .. "?.lua;" .. package.path

collectgarbage("stop")

local meter = require "meter"
local process = require "process"
local workload = require "workload"

local objects, order, rounds = tonumber(arg[1]), arg[2], tonumber(arg[3])
local root = workload.build(objects)
if order == "churned" then workload.churn(root) end

local loading, hp = meter.time(require, "heapy")
local core = require "heapy.core"

local m = meter.new()
local found = {}

-- ---- memory ----------------------------------------------------------------------------------

local function held()
  local bytes = core.memory()
  return bytes
end

local kept_bytes -- by a snapshot

-- The first snapshot of the process: what it keeps and what it needs while it is taken, by the
-- core's own count and as the system sees it.
local function first_snapshot()
  collectgarbage()
  collectgarbage()
  local heap_bytes = collectgarbage("count") * 1024
  local before, resident = held(), process.resident()
  local resets = process.reset_peak()
  core.resetpeak()
  m:pause()
  local h
  local kept, peak, kept_resident, peak_resident
  m:call("first heap", function()
    h = assert(hp.heap())
  end)
  local _, most = core.memory()
  kept, peak = held() - before, most - before
  if resident then
    kept_resident = process.resident() - resident
    peak_resident = resets and process.peak() - resident
  end
  found.megabytes = heap_bytes / 2 ^ 20
  found.objects = h.count
  found.bytes_per_object = kept / h.count
  found.kept, found.peak = kept / heap_bytes, peak / heap_bytes
  kept_bytes = kept
  found.kept_resident = kept_resident and kept_resident / heap_bytes
  found.peak_resident = peak_resident and peak_resident / heap_bytes
  found.difference = h.accounting.difference
  local _ = h:iso(root).referrers
  found.kept_reverse = (held() - before) / heap_bytes
  h:close()
end

-- ---- what must not depend on the size of the heap --------------------------------------------

local SINGLES <const> = 200

-- Objects from all over the heap, and a set of each: entities, each referred to by a handful.
local function singles(h)
  local entities, sets, step = {}, {}, math.max(1, #root.entities // SINGLES)
  for i = 1, SINGLES do
    entities[i] = root.entities[(i * step - 1) % #root.entities + 1]
    sets[i] = h:iso(entities[i])
  end
  return entities, sets
end

local samples = {}
local function sample(name, value)
  samples[name] = samples[name] or {}
  table.insert(samples[name], value)
end

-- Six values of an object: it has about as many referrers.
local function list(object)
  local values, n = {}, 0
  for _, value in next, object do
    n = n + 1
    values[n] = value
    if n == 6 then return values end
  end
  error "an entity of few values"
end

-- Where a heap is larger than all caches, both take as long as some trips to memory.
local function referrers_of_one(h)
  local entities, sets = singles(h)
  local results = {}
  local seconds = meter.time(function()
    for i, set in ipairs(sets) do results[i] = set.referrers end
  end)
  local count = 0
  for _, result in ipairs(results) do count = count + result.count end
  local listing = meter.time(function()
    for i, object in ipairs(entities) do results[i] = list(object) end
  end)
  sample("referrers_of_one", seconds / SINGLES * 1e6)
  sample("referrers_of_one_result", count / SINGLES)
  sample("lists", listing / SINGLES * 1e6)
  sample("referrers_of_one_in_lists", seconds / listing)
end

local function small_questions(h)
  referrers_of_one(h)
  local class = h:iso(workload.classes.Monster)
  local seconds, many = meter.time(function() return class.referrers end)
  sample("referrers_of_class", seconds * 1e9 / many.count)
  sample("referrers_of_class_result", many.count)
  local _ = tostring(h)
  sample("print", meter.time(tostring, h) * 1e6)
  local by_size = h.bysize
  local first = meter.time(tostring, by_size)
  sample("print_first", first * 1e3)
  sample("print_more", meter.time(function() return tostring(by_size.more) end) * 1e6)
end

-- ---- beside full collections -----------------------------------------------------------------

local CLASSIFIERS <const> = { "type", "size", "source", "module", "rcs", "via", "id" }

-- Memory that is new to the process, written once: a string is put together in one block, and is
-- another.
local function write_new(bytes)
  return ("x"):rep(bytes // 2)
end

local function partition(set)
  return #set
end

-- The memory of one more snapshot is not new to the process from here on.
local function use_memory()
  hp.heap():close()
end

local function one_round()
  m:call("supply", write_new, kept_bytes)
  m.prepare = use_memory
  local h1 = m:call("heap", hp.heap)
  m:call("second heap", hp.heap):close()
  m.prepare = nil
  local root_set = h1:iso(root)
  m:pause()
  m:call("first referrers", function() return root_set.referrers end)
  m:call("by kind", partition, h1)
  for _, name in ipairs(CLASSIFIERS) do
    m:call("by " .. name, function() return partition(h1["by" .. name]) end)
  end
  small_questions(h1)
  workload.change(root, objects // 100)
  local h2 = hp.heap()
  m:pause()
  local a, b = h2 | h2, h1 | h1 -- not yet partitioned
  m:call("diff", function() return tostring(a:diff(b)) end)
  m:call("born", function() return h2 - h1 end)
  m:call("gone", function() return h1 - h2 end)
  m:call("first referrers of all", function() return h2.referrers end)
  h2:close()
  h1:close()
end

-- ---- all -------------------------------------------------------------------------------------

first_snapshot()
for _ = 1, rounds do one_round() end

for name in pairs(m.ratios) do found[name:gsub(" ", "_")] = m:ratio(name) end
for name, values in pairs(samples) do found[name] = meter.median(values) end
found.collection = m:collection() * 1e3
found.pause = m:median("heap") * 1e3
found.first_pause = m:median("first heap") * 1e3
found.loading = loading * 1e3
for name, value in pairs(found) do print(name, value) end
