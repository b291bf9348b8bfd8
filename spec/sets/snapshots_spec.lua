-- Sets of two snapshots: what the operators make of them, and that a set stays as it was.

local hp = require "heapy"
local seed = dofile "spec/graph/seed.lua"

-- Values, some of which are dropped for others between two snapshots.
local function two_heaps(random)
  local old, kept = {}, {}
  for i = 1, 20 + random(60) do
    old[i] = ({ function() return { i } end, function() return function() return i end end,
      function() return ("value %d"):format(i):rep(6) end })[random(3)]()
  end
  local h1 = hp.heap()
  local chosen = h1:iso(table.unpack(old))
  for _, v in ipairs(old) do
    if random(3) > 1 then kept[#kept + 1] = v end
  end
  for i = #old, 1, -1 do old[i] = nil end
  if random(2) == 1 then collectgarbage() end
  local new = {}
  for i = 1, 20 + random(60) do new[i] = { i } end
  return h1, chosen, hp.heap(), kept, new
end

describe("sets of two snapshots", function()
  it("have the members that both saw, and no others", function()
    seed.property(60, function(random)
      local h1, chosen, h2, kept, new = two_heaps(random)
      for _, v in ipairs(new) do
        assert(not h1:has(v) and h2:has(v), "a new object")
        assert((h2:iso(v) & h1).count == 0 and (h2:iso(v) - h1).count == 1, "new in &")
        assert((h2:iso(v) <= h1) == false, "new in <=")
      end
      if #kept == 0 then kept = { coroutine.running() } end
      local before, after = h1:iso(table.unpack(kept)), h2:iso(table.unpack(kept))
      assert(before == after and after == before, "the same objects, ==")
      assert(before <= after and after <= before, "<=")
      assert((before < after) == false and (after < before) == false, "<")
      assert((before - after).count == 0 and (after - before).count == 0, "-")
      assert((before & after) == before and (after & before) == after, "&")
      assert((before | after) == before and (before ~ after).count == 0, "| and ~")
      assert((chosen & h2) <= chosen and (h2 & chosen) <= h2)
      assert((chosen & h2).count == (h2 & chosen).count, "& has the same either way")
      assert(chosen - h2 == chosen - (chosen & h2), "-")
      assert((chosen - h2).count + (chosen & h2).count == chosen.count, "counts")
      assert((h2 - h1).count + (h2 & h1).count == h2.count, "counts of all")
      assert((h2 - h1) & h1 == h1 - h1, "what is new was not there")
      h1:close()
      h2:close()
    end)
  end)

  it("obey the laws as far as both saw the objects", function()
    seed.property(60, function(random)
      local h1, _, h2, kept, new = two_heaps(random)
      kept[#kept + 1] = new
      kept[#kept] = coroutine.running()
      local function some(h)
        local part = {}
        for _, v in ipairs(kept) do if random(2) == 1 then part[#part + 1] = v end end
        return #part == 0 and h - h or h:iso(table.unpack(part))
      end
      local a, b, c = some(h1), some(h2), some(random(2) == 1 and h1 or h2)
      assert(a | b == b | a and a & b == b & a and a ~ b == b ~ a, "commutativity")
      assert((a | b) | c == a | (b | c) and (a & b) & c == a & (b & c), "associativity")
      assert(a & (b | c) == (a & b) | (a & c), "distributivity of &")
      assert(a | (b & c) == (a | b) & (a | c), "distributivity of |")
      assert(a | (a & b) == a and a & (a | b) == a, "absorption")
      assert(a - (b | c) == (a - b) & (a - c) and a - (b & c) == (a - b) | (a - c), "De Morgan")
      assert((a <= b) == ((a - b).count == 0) and (a <= b) == (a & b == a), "<=")
      assert((a < b) == (a <= b and a.count < b.count), "<")
      h1:close()
      h2:close()
    end)
  end)

  it("of three keep what all saw", function()
    local held = {}
    local heaps = {}
    for i = 1, 3 do
      held[i] = { i }
      heaps[i] = hp.heap()
    end
    for i = 1, 3 do
      for j = 1, 3 do
        assert.equal(j >= i, (heaps[j]:has(held[i])))
        assert.equal(j >= i, heaps[3]:iso(held[i]) <= heaps[j])
      end
    end
    assert.is_true(heaps[2]:iso(held[2]) <= heaps[2] - heaps[1])
    assert.equal(0, (heaps[3]:iso(held[2]) & (heaps[3] - heaps[2])).count)
    heaps[2]:close()
    assert.is_true(heaps[3]:iso(held[2]) <= heaps[3] - heaps[1])
    assert.is_true(heaps[3]:iso(held[1]) <= heaps[1])
    heaps[1]:close()
    heaps[3]:close()
  end)

  it("cannot be joined with a closed one", function()
    local t = {}
    local a, b = hp.iso(t), hp.iso(t)
    b:close()
    for _, operation in ipairs {
      function() return a | b end, function() return b | a end, function() return a & b end,
      function() return a - b end, function() return a ~ b end, function() return a <= b end,
      function() return a < b end, function() return a == b end, function() return a:diff(b) end,
    } do
      local ok, message = pcall(operation)
      assert.is_false(ok)
      assert.matches("closed", message)
    end
    assert.equal("heapy.Set (closed)", tostring(b))
    assert.equal(1, a.count)
    a:close()
  end)
end)

describe("a set", function()
  local VIEWS = { "bykind", "bytype", "bysize", "bysource", "bymodule", "byrcs", "byvia", "byid" }

  local function program()
    local made = {}
    for i = 1, 60 do
      made[i] = setmetatable({ name = ("name %d of a thing "):format(i):rep(3), parts = { i } },
        { __name = "Thing" .. i % 7, __index = function() return i end })
    end
    made.source = assert(load("return function() return 1 end", "@gone/soon.lua"))()
    return made
  end

  it("prints the same after the program has changed, freed everything and collected", function()
    local function take()
      local made, list = program(), {}
      for _, v in pairs(made) do list[#list + 1] = v end
      local h = hp.heap()
      local set = h:iso(table.unpack(list))
      set = set | set.referents
      -- The texts as they are now, of another snapshot: the first has worked out nothing yet.
      local texts = {}
      local other <close> = hp.heap()
      local same = other:iso(table.unpack(list))
      same = same | same.referents
      for _, view in ipairs(VIEWS) do texts[view] = tostring(same[view].all) end
      return h, set, texts, made
    end
    local h, set, texts, made = take()
    for i = 1, 60 do
      getmetatable(made[i]).__name = "Another"
      setmetatable(made[i], nil)
      made[i].parts, made[i].name = nil, "short"
    end
    made = nil
    assert.is_nil(made)
    collectgarbage()
    local others = {}
    for i = 1, 2000 do others[i] = { ("x"):rep(i % 90) } end
    for _, view in ipairs(VIEWS) do
      local text = tostring(set[view].all)
      assert.equal(texts[view], text, view)
    end
    assert.is_true(#others > 0)
    h:close()
  end)

  it("has the rows, referrers and sizes it had", function()
    local function take()
      local made = program()
      local h = hp.heap()
      return h, h:iso(made[1]), h:iso(made), h.size
    end
    local h, one, all, size = take()
    collectgarbage()
    assert.equal("Thing1", one.kind)
    assert.is_nil(one.theone)
    assert.is_true(all <= one.referrers)
    assert.is_true(one <= all.referents)
    assert.equal("Thing1", one.referents.referrers:where { kind = "Thing1" }.kind)
    assert.equal(size, h.size)
    assert.is_true(h.referents <= h)
    h:close()
  end)
end)
