-- The algebra of sets: its laws, on random sets of one snapshot and of two.

local hp = require "heapy"
local seed = dofile "spec/graph/seed.lua"

local CLASSIFIERS = { "kind", "type", "size", "source", "module", "rcs", "via", "id", "unity" }

-- Objects of all sorts, some with fields of others.
local function objects(random, n)
  local values = {}
  for i = 1, n do
    local how = random(6)
    if how <= 3 then
      values[i] = { values[random(i)] }
    elseif how == 4 then
      values[i] = function() return values end
    elseif how == 5 then
      values[i] = ("string %d of the specs "):format(i):rep(random(4))
    else
      values[i] = setmetatable({ held = {} }, { __name = "Class" .. random(3) })
    end
  end
  return values
end

-- A subset of some values: few, many, none or all of them.
local function subset(random, h, values)
  local part, share = {}, ({ 0, 1, 20, 50, 80, 100 })[random(6)]
  for _, v in ipairs(values) do
    if random(100) <= share then part[#part + 1] = v end
  end
  if #part == 0 then return h - h end
  return h:iso(table.unpack(part))
end

-- Sets that differ in how they are kept: sparse ones, and such as take much of the heap.
local function any_set(random, h, values)
  local how = random(8)
  if how == 1 then return h end
  if how == 2 then return h - h end
  if how == 3 then return h - subset(random, h, values) end
  if how == 4 then return h[random(#h) - 1] end
  if how == 5 then return h:where { type = "string" } end
  return subset(random, h, values)
end

local function laws(a, b, c, none)
  assert(a | a == a and a & a == a, "idempotence")
  assert(a - a == none and a ~ a == none, "a - a")
  assert(a | none == a and a & none == none and a - none == a and none - a == none, "neutral")
  assert(a ~ none == a, "neutral of ~")
  assert(a | b == b | a and a & b == b & a and a ~ b == b ~ a, "commutativity")
  assert((a | b) | c == a | (b | c) and (a & b) & c == a & (b & c), "associativity")
  assert((a ~ b) ~ c == a ~ (b ~ c), "associativity of ~")
  assert(a & (b | c) == (a & b) | (a & c), "distributivity of &")
  assert(a | (b & c) == (a | b) & (a | c), "distributivity of |")
  assert(a | (a & b) == a and a & (a | b) == a, "absorption")
  assert(a - (b | c) == (a - b) & (a - c) and a - (b & c) == (a - b) | (a - c), "De Morgan")
  assert(a ~ b == (a | b) - (a & b) and a ~ b == (a - b) | (b - a), "~ by the others")
  assert(a - b == a - (a & b) and (a - b) | (a & b) == a, "-")
end

local function orders(a, b)
  local less, same, greater = a < b, a == b, b < a
  assert(a <= a and (a < a) == false and a == a, "reflexivity")
  assert(a & b <= a and a <= a | b and a - b <= a, "<=")
  assert((a <= b) == (a & b == a) and (a <= b) == (a | b == b) and (a <= b) == ((a - b).count == 0),
    "<= by the others")
  assert(less == (a <= b and not same) and less == (a <= b and a.count < b.count), "<")
  assert(same == (a <= b and b <= a) and (a ~= b) == not same, "==")
  assert((a >= b) == (b <= a) and (a > b) == greater, ">= and >")
  assert(not (less and same) and not (less and greater) and not (same and greater), "one at most")
end

local function sums(a, b)
  local both, either = a & b, a | b
  assert(a.count + b.count == both.count + either.count, "counts")
  assert(a.size + b.size == both.size + either.size, "sizes")
  assert((a ~ b).count == either.count - both.count, "count of ~")
  assert((a - b).size == a.size - both.size, "size of -")
end

describe("sets of one snapshot", function()
  it("obey the laws", function()
    seed.property(200, function(random)
      local values = objects(random, 5 + random(60))
      local h <close> = hp.heap()
      local a, b, c = any_set(random, h, values), any_set(random, h, values),
        any_set(random, h, values)
      laws(a, b, c, h - h)
      orders(a, b)
      orders(a, a | b)
      orders(a & c, a)
      sums(a, b)
      sums(a, c - b)
    end)
  end)

  it("have the members that were asked for", function()
    seed.property(100, function(random)
      local values = objects(random, 30)
      local h <close> = hp.heap()
      local a, b = subset(random, h, values), subset(random, h, values)
      for _, v in ipairs(values) do
        local x, y = a:has(v), b:has(v)
        assert((a | b):has(v) == (x or y), "|")
        assert((a & b):has(v) == (x and y), "&")
        assert((a - b):has(v) == (x and not y), "-")
        assert((a ~ b):has(v) == (x ~= y), "~")
        assert((h:iso(v) <= a) == x, "<=")
      end
      assert((h - a | a) == h, "the rest")
    end)
  end)

  it("are the unions of their rows, by every classifier", function()
    seed.property(15, function(random)
      local values = objects(random, 40)
      local h <close> = hp.heap()
      local set = any_set(random, h, values)
      for _, classifier in ipairs(CLASSIFIERS) do
        local parted = set["by" .. classifier]
        assert(parted == set, classifier)
        local union, count, size, before = h - h, 0, 0, math.huge
        local step = math.max(1, #parted // 60)
        for i = 0, #parted - 1 do
          local row = (i % step == 0 or step == 1) and parted[i] or nil
          if row then
            assert(row.count > 0, "an empty row")
            assert(row <= set, "a row beyond the set")
            assert((union & row).count == 0, "rows that overlap")
            assert(row.size <= before, "rows out of order")
            assert(#row == 1, "a row of more than one row")
            before = row.size
            union = union | row
          end
        end
        for i = 0, #parted - 1, 500 do
          local rows = parted:rows(i, math.min(i + 499, #parted - 1))
          count, size = count + rows.count, size + rows.size
        end
        assert(count == set.count and size == set.size, classifier .. ": sums")
        if step == 1 then assert(union == set, classifier .. ": union") end
        if #parted > 0 then
          assert(parted[-1] == parted[#parted - 1] and parted[0] == parted[-#parted])
          assert(parted:rows(0) == set)
        end
        if #parted > 1 then assert(parted:rows(1, 0).count == 0) end
      end
    end)
  end)

  it("do not depend on the order or on how often a value is named", function()
    local a, b = {}, {}
    local h <close> = hp.heap()
    assert.equal(h:iso(a, b), h:iso(b, a))
    assert.equal(h:iso(a, b), h:iso(a, b, a, a))
    assert.equal(2, h:iso(a, b, b).count)
    assert.is_true(h:iso(a, b):has(a))
    assert.is_false((h:iso(a):has(b)))
    assert.is_false((h:has({})))
  end)
end)

describe("empty sets", function()
  it("go through every operation", function()
    local t = {}
    local h <close> = hp.heap()
    local none = h - h
    assert.equal(0, none.count)
    assert.equal(0, none.size)
    assert.equal(0, #none)
    assert.is_nil(none.kind)
    assert.is_nil(none.type)
    for _, classifier in ipairs(CLASSIFIERS) do
      local set = none["by" .. classifier]
      assert.equal(0, #set)
      assert.equal("Partition of a set of 0 objects. Total size = 0 bytes.", tostring(set))
      assert.has_error(function() return set[0] end)
      assert.has_error(function() return set[-1] end)
    end
    for _ in pairs(none) do error "a row" end
    assert.equal(none, none.referrers)
    assert.equal(none, none.referents)
    assert.equal(none, none:where { type = "table" })
    assert.equal(none, none:where(function() return true end))
    assert.is_false((none:has(t)))
    assert.same({}, none:objects())
    assert.is_true(none <= h)
    assert.is_true(none < h)
    assert.is_true(none <= none)
    assert.is_false(none < none)
    assert.is_true(none == none.byid)
    assert.equal(0, #none:diff(none))
    assert.equal("", tostring(none.more))
  end)
end)

describe("where", function()
  local function each(h, values)
    local set = h:iso(table.unpack(values))
    return set, function(f) return set:where(f) end
  end

  it("by criteria is where by a function", function()
    seed.property(40, function(random)
      local values = objects(random, 40)
      local h <close> = hp.heap()
      local set, where = each(h, values)
      assert.equal(where(function(node) return node.type == "table" end),
        set:where { type = "table" })
      assert.equal(where(function(node) return node.kind == "Class1" end),
        set:where { kind = "Class1" })
      assert.equal(where(function(node) return node.size > 60 end),
        set:where { size = function(n) return n > 60 end })
      assert.equal(where(function(node) return node.type == "string" or node.type == "table" end),
        set:where { type = { "string", "table" } })
      assert.equal(set:where { kind = "Class1" } | set:where { kind = "Class2" },
        set:where { kind = { "Class1", "Class2", "Class9" } })
      assert.equal(set:where { kind = "Class1" } & set:where { size = 56 },
        set:where { kind = "Class1", size = 56 })
      assert.equal(set, set:where {})
      assert.equal(0, set:where { kind = "nothing of the kind" }.count)
    end)
  end)

  it("by a criterion takes whole rows", function()
    local h <close> = hp.heap()
    for _, classifier in ipairs { "kind", "type", "module", "source" } do
      local seen = {}
      local all = h:where { [classifier] = function(name)
        assert.is_nil(seen[name])
        seen[name] = true
        return true
      end }
      assert.equal(h, all)
      local rows = 0
      for _ in pairs(seen) do rows = rows + 1 end
      assert.equal(#h["by" .. classifier], rows)
    end
  end)

  it("gives a function every object once", function()
    local values = { {}, {}, function() end, "a text of the specs" }
    local h <close> = hp.heap()
    local seen = h - h
    h:iso(table.unpack(values)):where(function(node)
      assert.equal(1, node.count)
      assert.equal(0, (seen & node).count)
      seen = seen | node
    end)
    assert.equal(h:iso(table.unpack(values)), seen)
  end)
end)
