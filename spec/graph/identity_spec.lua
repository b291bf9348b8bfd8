-- Identity: an object is the one that a snapshot saw, or it is not; its address says little.

local hp = require "heapy"
local seed = dofile "spec/graph/seed.lua"

local function address(v) return ("%p"):format(v) end

local function weak() return setmetatable({}, { __mode = "v" }) end

-- Objects between others that stay: where they were is free, and joined to nothing.
local function victims(make)
  local all, some = {}, {}
  for i = 1, 400 do all[i] = make(i) end
  for i = 8, 400, 8 do
    some[#some + 1] = all[i]
    all[i] = false
  end
  return some, all
end

-- Lets 'look' see objects, frees them, and makes others until one lies where one of them was.
-- What look gave for that place comes second.
local function reuse(make, look, again)
  local function first()
    local some, rest = victims(make)
    local at = {}
    for i, v in ipairs(some) do at[address(v)] = i end
    return at, rest, look(some)
  end
  local at, rest, seen = first()
  collectgarbage()
  collectgarbage() -- a finalizer may have held it once more
  local tried = table.move(rest, 1, #rest, 1, {})
  for i = 1, 200000 do
    local v = (again or make)(i)
    local place = at[address(v)]
    if place then return v, type(seen) == "table" and seen[place] or seen end
    tried[#tried + 1] = v -- held, so that the next one lies elsewhere
  end
  error("no address came again", 0)
end

-- Sets of one, in one snapshot.
local function ones(values)
  local h, sets = hp.heap(), {}
  for i, v in ipairs(values) do sets[i] = h:iso(v) end
  return sets
end

local serial = 0
local makers = {
  table = function() return {} end,
  ["C function"] = function() return (string.gmatch("", "")) end,
  ["function"] = function(i) return function() return i end end,
  thread = function() return coroutine.create(function() end) end,
  string = function()
    serial = serial + 1
    return ("%030d"):format(serial)
  end,
  ["long string"] = function()
    serial = serial + 1
    return ("%090d"):format(serial)
  end,
}

local function finalized(f) return setmetatable({}, { __gc = f or function() end }) end

-- A sanitizer's allocator takes care that no address comes again soon.
describe("another object at the same address #noasan", function()
  for name, make in pairs(makers) do
    it("is another: " .. name, function()
      local other, h1 = reuse(make, function() return (hp.heap()) end)
      local h2 = hp.heap()
      assert.is_true(h2:has(other))
      local known, why = h1:has(other)
      assert.is_false(known)
      assert.equal("string", type(why))
      local one = h2:iso(other)
      assert.equal(1, (one - h1).count)
      assert.equal(0, (one & h1).count)
      assert.equal(0, (h1 & one).count)
      assert.is_true(one <= h2 - h1)
      assert.is_false(one <= h1)
      assert.is_false((one & h2) == (one & h1))
      h1:close()
      h2:close()
    end)

    it("is not handed out for it: " .. name, function()
      local other, one = reuse(make, ones)
      assert.is_nil(one.theone)
      assert.equal("string", type(one.why))
      local all, why = one:objects()
      assert.is_nil(all)
      assert.equal(one.why, why)
      assert.is_not_nil(other)
      one:close()
    end)

    it("is young to setref: " .. name, function()
      local other = reuse(make, function() return (hp.setref()) end)
      local h <close> = hp.heap()
      hp.setref(false)
      assert.is_true(h:has(other))
    end)
  end

  it("with a finalizer is another", function()
    for _, pair in ipairs {
      { makers.table, finalized }, { finalized, finalized }, { finalized, makers.table },
    } do
      local other, h1 = reuse(pair[1], function() return (hp.heap()) end, pair[2])
      local h2 = hp.heap()
      local one = h2:iso(other)
      assert.is_false((h1:has(other)))
      assert.equal(1, (one - h1).count)
      assert.equal(0, (one & h1).count)
      assert.equal(0, (h1 & one).count)
      h1:close()
      h2:close()
    end
  end)

  it("with a finalizer is not handed out", function()
    for _, pair in ipairs {
      { makers.table, finalized }, { finalized, finalized }, { finalized, makers.table },
    } do
      local other, one = reuse(pair[1], ones, pair[2])
      assert.is_nil(one.theone)
      assert.is_not_nil(other)
      one:close()
    end
  end)

  it("is another in generational mode", function()
    collectgarbage "generational"
    local other, h1 = reuse(makers.table, function() return (hp.heap()) end)
    local h2 = hp.heap()
    assert.is_false((h1:has(other)))
    assert.equal(1, (h2:iso(other) - h1).count)
    collectgarbage "incremental"
    h1:close()
    h2:close()
  end)
end)

describe("the same object", function()
  local function check(v, change)
    local h1, one = hp.heap(), hp.iso(v)
    if change then change() end
    local h2 = hp.heap()
    assert.is_true(h1:has(v))
    assert.is_true(h2:has(v))
    assert.is_true(h2:iso(v) <= h1)
    assert.equal(h1:iso(v), h2:iso(v))
    assert.equal(h2:iso(v), h1:iso(v))
    assert.equal(0, (h2:iso(v) - h1).count)
    assert.equal(1, (h2:iso(v) & h1).count)
    assert.is_true(rawequal(v, one.theone))
    assert.is_nil(one.why)
    for _, set in ipairs { h1, h2, one } do set:close() end
  end

  it("is the same after collections", function()
    local values = { {}, function() return serial end, coroutine.create(print),
      ("x"):rep(100), "short", io.stdout, finalized(), string.gmatch("", "") }
    for i = 1, #values do check(values[i], collectgarbage) end
    for i = 1, #values do
      check(values[i], function()
        collectgarbage "generational"
        for _ = 1, 3 do collectgarbage("step", 0) end
        collectgarbage "incremental"
      end)
    end
  end)

  it("is the same when it has grown", function()
    local t = {}
    check(t, function() for i = 1, 10000 do t[i] = {} end end)
  end)

  it("is the same with snapshots closed in between", function()
    local t = {}
    local h1 = hp.heap()
    check(t, function()
      hp.heap():close()
      hp.heap():close()
      hp.heap()
      collectgarbage()
    end)
    assert.is_true(h1:has(t))
    h1:close()
    local h2 = hp.heap()
    assert.is_true(h2:has(t))
    h2:close()
  end)

  it("may be told to have changed when it got a finalizer, and that is said", function()
    local t = {}
    local h1 = hp.heap()
    setmetatable(t, { __gc = function() end })
    local h2 = hp.heap()
    local new = h2 - h1
    assert.is_true(new:has(t))
    assert.same({ false, "the object is not certain to be what the snapshot saw: "
      .. "it got a finalizer or was finalized since" }, { h1:has(t) })
    assert.matches("may be others born in the same place", tostring(new), 1, true)
    h1:close()
    h2:close()
  end)

  it("may be told to be another when it was brought back, and that is said", function()
    local saved
    local h1
    local function fill()
      local t = finalized(function(self) saved = self end)
      h1 = hp.heap()
      assert.is_true(h1:has(t))
    end
    fill()
    collectgarbage()
    local h2 = hp.heap()
    local known, why = h1:has(saved)
    assert.is_false(known)
    assert.matches("not certain", why)
    assert.matches("may be others born in the same place", tostring(h2 - h1), 1, true)
    h1:close()
    h2:close()
  end)
end)

describe("setref", function()
  after_each(function() hp.setref(false) end)

  it("shows what was born since, and nothing else", function()
    local old, old_with = {}, finalized()
    hp.setref()
    local new, new_with, co = {}, finalized(), coroutine.create(print)
    local h <close> = hp.heap()
    assert.is_false((h:has(old)))
    assert.is_false((h:has(old_with)))
    for _, v in ipairs { new, new_with, co } do assert.is_true((h:has(v))) end
    hp.setref(false)
    local whole <close> = hp.heap()
    assert.is_true(h < whole)
    assert.is_true((whole:has(old)))
  end)

  it("can be set again, and outlives snapshots", function()
    hp.setref()
    local middle = {}
    hp.heap():close()
    hp.setref()
    local late = {}
    hp.heap():close()
    collectgarbage()
    local h <close> = hp.heap()
    assert.is_false((h:has(middle)))
    assert.is_true((h:has(late)))
  end)

  it("holds nothing of the program", function()
    local sentinels = weak()
    local function fill()
      sentinels[1] = {}
      hp.setref()
      sentinels[2] = {}
      hp.heap():close()
    end
    fill()
    collectgarbage()
    assert.same({}, sentinels)
  end)
end)

describe("theone", function()
  it("tells why there is none", function()
    local function f() return serial end
    local h <close> = hp.heap()
    local prototype = h:iso(f).referents:where { type = "prototype" }
    local upvalue = h:iso(f).referents:where { type = "upvalue" }
    for _, set in ipairs { prototype, upvalue } do
      assert.is_nil(set.theone)
      assert.equal("prototypes and upvalues are no values that Lua code can have", set.why)
      assert.is_nil((set:objects()))
    end
  end)

  it("is nil for an object that was freed", function()
    local function take()
      local t = {}
      return (hp.iso(t))
    end
    local one <close> = take()
    collectgarbage()
    assert.is_nil(one.theone)
    assert.matches("freed since", one.why)
    assert.is_nil((one:objects()))
  end)

  it("is nil for a string that was freed and made again", function()
    local function take()
      local text = ("made %d times"):format(2)
      return (hp.iso(text)), address(text)
    end
    local one <close>, at = take()
    collectgarbage()
    local text = ("made %d times"):format(2)
    assert.is_nil(one.theone)
    assert.is_not_nil(at)
    assert.is_false((one:has(text)))
  end)

  it("does not bring back what the collector has found dead", function()
    collectgarbage()
    collectgarbage "stop"
    local sentinel = weak()
    local function take()
      local values = {}
      for i = 1, 200 do values[i] = {} end
      sentinel[1] = values[1]
      return (hp.iso(table.unpack(values)))
    end
    local set <close> = take()
    local ballast = {}
    for i = 1, 50000 do ballast[i] = {} end -- swept first, while the others are dead on the list
    local function some() return set:objects() ~= nil end
    local after = 0
    collectgarbage("incremental", 0, 0, 8) -- small steps
    while not collectgarbage("step", 0) do
      local handed = some()
      if sentinel[1] == nil then
        after = after + 1
        assert.is_false(handed)
      end
    end
    collectgarbage("incremental", 0, 0, 13)
    collectgarbage "restart"
    assert.is_true(after > 5 and #ballast > 0, "the sweep was not seen")
    assert.is_false(some())
  end)
end)

describe("objects", function()
  -- Frees, collects and makes objects at random; what is handed out must be what was looked at.
  local function churn(random)
    local live, sets = {}, {}
    local names = { "table", "function", "thread", "string", "long string" }
    local function make()
      local v = random(6) == 1 and finalized() or makers[names[random(#names)]](random(100))
      live[random(60)] = v
    end
    local function look()
      local i, v = next(live, next(live) and random(2) == 1 and next(live) or nil)
      if not i then return end
      local expected = weak()
      expected[1] = v
      sets[random(8)] = { set = hp.iso(v), expected = expected, id = address(v),
        is_string = type(v) == "string" }
    end
    local function check()
      for _, taken in pairs(sets) do
        local one, wanted = taken.set.theone, taken.expected[1]
        if one ~= nil then
          assert(address(one) == taken.id, "another address")
          if taken.is_string then
            assert(one == wanted, "another string")
          else
            assert(rawequal(one, wanted), "another object, or one whose weak reference is gone")
          end
        else
          assert(type(taken.set.why) == "string")
          assert(wanted == nil or taken.is_string, "it is still there, and not handed out")
        end
      end
    end
    for _ = 1, 60 do
      local what = random(10)
      if what <= 5 then
        for _ = 1, random(20) do make() end
      elseif what == 6 then
        for _ = 1, random(40) do live[random(60)] = nil end
      elseif what == 7 then
        collectgarbage("step", random(200))
      elseif what == 8 then
        if random(3) == 1 then
          collectgarbage(random(2) == 1 and "generational" or "incremental")
        end
        collectgarbage()
      elseif what == 9 then
        look()
      else
        local key = next(sets)
        if key and random(3) == 1 then
          sets[key].set:close()
          sets[key] = nil
        end
      end
      check()
    end
    for _, taken in pairs(sets) do taken.set:close() end
  end

  it("hands out no stale object #novalgrind", function()
    seed.property(120, churn)
    collectgarbage "incremental"
  end)

  it("has all values of a set, each once", function()
    local a, b, c = {}, {}, function() end
    local set <close> = hp.iso(a, b, c, a)
    local seen = {}
    for _, v in ipairs(set:objects()) do seen[v] = (seen[v] or 0) + 1 end
    assert.same({ [a] = 1, [b] = 1, [c] = 1 }, seen)
  end)
end)
