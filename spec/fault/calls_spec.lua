-- Every public call with every request for memory refused in turn: each time it is the Lua error
-- "not enough memory", nothing is lost, and the same call succeeds when there is memory.

local hp = require "heapy"
local core = require "heapy.core"

local MOST = 5000 -- requests of one call; where{} goes by criteria in any order

local function use(...) return ... end

-- Bytes that heapy holds when all that can be freed is.
local function held()
  collectgarbage()
  collectgarbage()
  return (core.memory())
end

-- Calls f with memory refused as core.fail(n) has it; gives whether it succeeded.
local function try(f, n)
  core.fail(n)
  local ok, problem = pcall(f)
  core.fail(0)
  if not ok then assert.equal("not enough memory", problem) end
  return ok
end

-- Calls f with the n-th request refused, and all after it, for n = 1, 2, 3 ... until it succeeds;
-- then with the n-th alone, which nothing may overlook. Gives how many requests there are.
local function refuse(f)
  f() -- what is built once, on first need, is there
  local before, n, ok = held(), 0
  repeat
    n = n + 1
    ok = try(f, n)
    assert(n < MOST, "there is no end to it")
    -- The first failures one by one, later ones (in the same loops) now and then.
    if n < 20 or n % 10 == 0 or ok then
      local after = held()
      assert(after == before, ("%d bytes more, after request %d"):format(after - before, n))
    end
  until ok
  -- The heap is not quite the same each time, so the last requests may not be made.
  for i = 1, n - 1 - n // 20 do
    assert(not try(f, -i), ("request %d of %d may fail unnoticed"):format(i, n - 1))
  end
  assert.equal(before, held())
  f()
  return n - 1
end

local function it_fails(name, least, f)
  it(name, function()
    local failures = refuse(f)
    assert.is_true(failures >= least, failures .. " failures are too few")
  end)
end

-- What there is in the heap to be asked for.
local Class = { __name = "fault.Class" }
Class.__index = Class
local things = {}
for i = 1, 20 do things[i] = setmetatable({ parts = { i }, i = i }, Class) end
local weak = setmetatable({ [things[1]] = things[2] }, { __mode = "k" })
local co = coroutine.wrap(function(...) coroutine.yield(...) end)
co(things, weak)

describe("with every request for memory refused in turn,", function()
  local h, other, one

  -- The sets asked below: of two snapshots, with differences between them.
  setup(function()
    other = hp.heap()
    things[21] = setmetatable({}, Class)
    h = hp.heap()
    one = h:iso(things[1])
  end)

  teardown(function()
    core.fail(0)
    hp.setref(false)
    for _, set in ipairs { h, other } do set:close() end
  end)

  it_fails("hp.heap", 40, function() hp.heap():close() end)
  it_fails("hp.heap{collect = true}", 40, function() hp.heap { collect = true } end)
  it_fails("hp.heap, dropped and not closed", 40, function() hp.heap() end)
  it_fails("hp.heapu", 40, function() hp.heapu():close() end)
  it_fails("hp.iso", 40, function() hp.iso(things, held, co):close() end)

  it_fails("hp.setref and the next hp.heap", 40, function()
    hp.setref()
    local set <close> = hp.heap()
    hp.setref(false)
    assert(set.count < 1000)
  end)

  for _, by in ipairs { "bykind", "bytype", "bysize", "bysource", "bymodule", "byrcs", "byvia",
    "byid", "byunity" } do
    it_fails("set." .. by, 3, function()
      local set = (h | one)[by]
      assert(#set > 0 and tostring(set) ~= "" and set[0].count > 0)
    end)
  end

  -- The referrers are built once; so each call has a snapshot that has none yet.
  it_fails("the first set.referrers", 8, function()
    local set <close> = hp.heap()
    assert(set:where { kind = "fault.Class" }.referrers.count > 0)
  end)

  it_fails("the first set.byrcs", 8, function()
    local set <close> = hp.heap()
    assert(#set:where { kind = "fault.Class" }.byrcs > 0)
  end)

  it_fails("set.referrers", 1, function() assert(one.referrers.count > 0) end)
  it_fails("set.referents", 2, function() assert(one.referents.count > 0) end)

  local operators = {
    ["|"] = function(a, b) return a | b end,
    ["&"] = function(a, b) return a & b end,
    ["-"] = function(a, b) return a - b end,
    ["~"] = function(a, b) return a ~ b end,
  }
  for name, operator in pairs(operators) do
    it_fails("a " .. name .. " b", 1, function() operator(h, one) operator(one, h) end)
    it_fails("a " .. name .. " b of two snapshots", 2, function() operator(h, other & h) end)
  end
  it_fails("h - other", 2, function() assert((h - other).count > 0) end)
  it_fails("h & other", 2, function() assert((h & other).count > 0) end)

  local comparisons = {
    ["<="] = function(a, b) return a <= b end,
    ["<"] = function(a, b) return a < b end,
    ["=="] = function(a, b) return a == b end,
  }
  for name, comparison in pairs(comparisons) do
    it_fails("a " .. name .. " b", 0, function() comparison(one, h) end)
    it_fails("a " .. name .. " b of two snapshots", 2, function() comparison(one, other) end)
  end

  it_fails("set:diff", 4, function()
    local diff = h:diff(other)
    assert(tostring(diff) ~= "" and #diff > 0 and diff[0].size ~= 0)
    use(diff[0].a, diff[0].b)
  end)

  it_fails("set[i], set:rows, pairs", 3, function()
    use(h[0], h[-1], h:rows(0, 1))
    for _, row in pairs(one) do assert(row.count == 1) end
  end)

  it_fails("printing", 4, function()
    local set = h | one
    assert(tostring(set.all) ~= "" and tostring(set.more) ~= "")
  end)

  it_fails("set:has and set:iso", 2, function()
    assert(h:has(things[1]) and h:iso(things[1], co).count == 2)
  end)

  it_fails("set:objects and set.theone", 1, function()
    assert(one.theone == things[1] and #one:objects() == 1)
  end)

  it_fails("set:where", 3, function()
    assert(h:where { kind = "fault.Class", size = function(n) return n > 0 end }.count == 21)
    assert(one:where(function(node) return node.size > 0 end).count == 1)
  end)

  it_fails("what a set says of itself", 0, function()
    use(h.count, h.size, h.accounting, one.kind, one.type, one.address, h.kind, h.type)
  end)

  it("a snapshot that failed is freed at once", function()
    collectgarbage()
    collectgarbage "stop"
    local n, ok = 0
    repeat
      local before = core.memory()
      n = n + 1
      ok = try(hp.heap, n)
      assert(ok or core.memory() <= before, n)
      assert(n < MOST, "what failed makes the next one dearer")
    until ok
    collectgarbage "restart"
  end)

  it("closing needs no memory", function()
    local set = hp.heap()
    local rows = set.bytype
    assert(tostring(rows) ~= "" and rows[0].referrers)
    core.fail(1)
    local ok = pcall(set.close, set)
    core.fail(0)
    assert.is_true(ok)
    assert.has_error(function() return rows.count end)
  end)
end)

-- Where an array of four bytes for each object is no small block any more.
describe("with every request for memory refused in turn, in a heap of many objects,", function()
  local h, many

  setup(function()
    many = {}
    for i = 1, 40000 do many[i] = setmetatable({ many }, Class) end
    h = hp.heap()
  end)

  teardown(function()
    core.fail(0)
    h:close()
  end)

  for _, by in ipairs { "bytype", "byid", "byrcs", "byvia" } do
    it_fails("set." .. by, 3, function()
      collectgarbage() -- no answer before has left room in a region
      local set = (h | h)[by]
      assert(set.count > 40000 and #set > 0 and set[0].count > 0)
    end)
  end

  it_fails("the first set.referrers", 8, function()
    local set <close> = hp.heap()
    assert(set.referrers.count > 40000)
  end)

  it("what answers take counts as the snapshot's, until it is given back", function()
    local set <close> = hp.heap()
    local before = core.bytes(set)
    do
      local by_type, by_rcs = (set | set).bytype, (set | set).byrcs
      assert(#by_type > 0 and #by_rcs > 0)
      assert.is_true(core.bytes(set) >= before + 8 * set.count)
    end
    collectgarbage()
    assert.equal(before, core.bytes(set))
  end)

  it("nothing is kept for answers to come when there is none left, whatever was refused", function()
    local before = held()
    for n = 1, 30 do
      local set <close> = hp.heap()
      try(function() use(#set.bytype, #set.byrcs) end, -n)
      use(#set.bytype, #set.bysize, #set.byrcs)
      set:close()
      assert.equal(before, held())
    end
  end)
end)
