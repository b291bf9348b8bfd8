-- Sets whose members no single snapshot has: held against tables of identities.

local hp = require "heapy"
local seed = dofile "spec/graph/seed.lua"

-- A program that makes objects and drops them between its snapshots. Each object is known by its
-- number; of it are kept its class, and sets of it alone, of the snapshots that saw it.
local function program(random, snapshots)
  local alive, objects, heaps = {}, {}, {}
  for h = 1, snapshots do
    for n in pairs(alive) do
      if random(3) == 1 then alive[n] = nil end
    end
    collectgarbage()
    for _ = 1, 3 + random(9) do
      local n = #objects + 1
      objects[n] = { class = "Class" .. random(3), seen = {} }
      alive[n] = setmetatable({ n, ("%d "):format(n):rep(20 + random(2) * 30) },
        { __name = objects[n].class })
    end
    heaps[h] = hp.heap()
    for n, v in pairs(alive) do objects[n].seen[h] = heaps[h]:iso(v) end
  end
  return objects, heaps, alive
end

-- A set of one snapshot, and the numbers of its members.
local function some(random, objects, heaps)
  local h = random(#heaps)
  local set, model = heaps[h] - heaps[h], {}
  for n, object in ipairs(objects) do
    if object.seen[h] and random(2) == 1 then set, model[n] = set | object.seen[h], true end
  end
  return set, model
end

local function number(model)
  local n = 0
  for _ in pairs(model) do n = n + 1 end
  return n
end

local models = {
  ["|"] = function(x, y) return x or y end,
  ["&"] = function(x, y) return x and y end,
  ["-"] = function(x, y) return x and not y end,
  ["~"] = function(x, y) return x ~= y end,
}

local operators = {
  ["|"] = function(a, b) return a | b end,
  ["&"] = function(a, b) return a & b end,
  ["-"] = function(a, b) return a - b end,
  ["~"] = function(a, b) return a ~ b end,
}

local SYMBOLS = { "|", "|", "&", "-", "~" }

-- A random term of sets, and of what it stands for.
local function term(random, depth, ...)
  if depth == 0 then return some(random, ...) end
  local symbol = SYMBOLS[random(#SYMBOLS)]
  local a, x = term(random, depth - 1, ...)
  local b, y = term(random, depth - random(depth), ...)
  local model = {}
  for n in ipairs((...)) do model[n] = models[symbol](x[n] or false, y[n] or false) or nil end
  return operators[symbol](a, b), model
end

local function members(set, model, objects, alive)
  assert(set.count == number(model), "count")
  for n, object in ipairs(objects) do
    for _, one in pairs(object.seen) do
      assert((one <= set) == (model[n] or false), "member")
      assert((set & one).count == (model[n] and 1 or 0), "&")
    end
    if alive[n] then assert(set:has(alive[n]) == (model[n] or false), "has") end
  end
end

local function rows(set, model, objects)
  local of, size, count = {}, 0, 0
  for n in pairs(model) do of[objects[n].class] = (of[objects[n].class] or 0) + 1 end
  local before, seen = math.huge, 0
  for i, row in pairs(set) do
    assert(row.count == of[row.kind] and row == set[i], "a row")
    assert(row.size <= before, "order")
    before, size, seen = row.size, size + row.size, seen + 1
  end
  assert(size == set.size and seen == #set and seen == number(of), "rows")
  assert(set.count == 0 or set:rows(0) == set, "all rows")
  before, size = math.huge, 0
  for i, row in pairs(set.byid) do
    assert(row.count == 1 and row <= set and row.size <= before, "an object")
    assert(set.byid[i] == row, "an object by its index")
    before, size, count = row.size, size + row.size, count + 1
  end
  assert(count == set.count and size == set.size and count == #set.byid, "objects")
  if count > 2 then
    assert(set.byid:rows(1, -2) == set - set.byid[0] - set.byid[-1], "objects in the middle")
  end
  assert(set:where { kind = "Class1" }.count == (of.Class1 or 0), "where")
  assert(set:where(function(node) return node.kind == "Class2" end).count == (of.Class2 or 0))
  for _, view in ipairs { "bykind", "byid", "byvia", "byrcs", "bysize", "bymodule", "byunity" } do
    assert(set[view] == set and tostring(set[view].all):find("of " .. set.count, 1, true), view)
  end
end

local function order(a, x, b, y)
  local only_x, only_y = false, false
  for n in pairs(x) do only_x = only_x or not y[n] end
  for n in pairs(y) do only_y = only_y or not x[n] end
  assert((a <= b) == not only_x and (b <= a) == not only_y, "<=")
  assert((a < b) == (not only_x and only_y), "<")
  assert((a == b) == (not only_x and not only_y), "==")
  local diff = a:diff(b)
  assert(diff.count == number(x) - number(y) and diff.size == a.size - b.size, "diff")
  for _, row in pairs(diff) do
    assert((row.a and row.a.count or 0) - (row.b and row.b.count or 0) == row.count, "diff's row")
  end
end

describe("sets of several snapshots", function()
  it("are what tables of identities are", function()
    local joined = 0
    seed.property(40, function(random)
      local objects, heaps, alive = program(random, 2 + random(2))
      for _ = 1, 4 do
        local a, x = term(random, random(3), objects, heaps)
        local b, y = term(random, random(3), objects, heaps)
        if not pcall(function() return a.accounting end) then joined = joined + 1 end
        members(a, x, objects, alive)
        rows(a, x, objects)
        order(a, x, b, y)
        local c, z = term(random, 1, objects, heaps)
        local rest = {}
        for n in ipairs(objects) do rest[n] = (x[n] or y[n]) and not z[n] or nil end
        members((a | b) - c, rest, objects, alive)
      end
      for _, h in ipairs(heaps) do h:close() end
    end)
    assert.is_true(joined > 5)
  end)

  local function two()
    local gone, kept = setmetatable({ {} }, { __name = "Gone" }), { "kept" }
    local h1 = hp.heap()
    local a = h1:iso(gone, kept, gone[1])
    gone = nil
    assert.is_nil(gone)
    collectgarbage()
    local new = setmetatable({ {} }, { __name = "New" })
    local h2 = hp.heap()
    return a, h2:iso(new, new[1], kept), kept, new
  end

  it("count an object once, as the left one's snapshot saw it", function()
    local a, b, kept, new = two()
    local grown = {}
    local both, other = a | b, b | a
    assert.equal(5, both.count)
    assert.equal(both, other)
    assert.equal(a & b, both:iso(kept))
    assert.equal(both:iso(kept, new), (a & b) | b:iso(new))
    for i = 1, 100 do kept[i] = grown end
    local later = hp.heap():iso(kept, grown)
    local left, right = a | later, later | a
    assert.equal(left, right)
    assert.is_true(left.size < right.size)
  end)

  it("have the referrers and referents that their snapshots saw", function()
    local a, b = two()
    local both = a | b
    assert.is_true(both:where { kind = "Gone" } <= both.referrers)
    assert.is_true(both:where { kind = "New" } <= both.referrers)
    assert.is_true(both:where { kind = "table of Gone" } <= both.referents)
    assert.equal((a - b).referents | b.referents | (a & b).referents, both.referents)
    assert.equal(both.byvia.count, both.count)
  end)

  it("give the live values of all, and say what they cannot", function()
    local a, b, kept, new = two()
    local both = a | b
    local values = {}
    for _, v in ipairs(both:objects()) do values[v] = true end
    assert.same({ [kept] = true, [new] = true, [new[1]] = true }, values)
    assert.is_false((both:has({})))
    local ok, message = pcall(function() return both.accounting end)
    assert.is_false(ok)
    assert.matches("union_spec.lua:%d+: heapy: 'accounting' is that of one snapshot, and this set "
      .. "has objects of 2$", message)
    ok, message = pcall(function() return both:iso({}) end)
    assert.is_false(ok)
    assert.matches("bad argument #1 to 'iso'", message, 1, true)
  end)

  it("are closed with any of their snapshots, and close them all", function()
    local a, b = two()
    local both = a | b
    a:close()
    assert.equal("heapy.Set (closed)", tostring(both))
    assert.has_error(function() return both.count end)
    assert.is_true(b.count > 0)
    both:close()
    assert.equal("heapy.Set (closed)", tostring(b))
    local c, d = two()
    do local _ <close> = c | d end
    assert.equal("heapy.Set (closed)", tostring(c))
    assert.equal("heapy.Set (closed)", tostring(d))
  end)

  it("ask the function of a criterion once for each name", function()
    local a, b = two()
    local asked = {}
    local set = (a | b):where { type = function(name)
      asked[name] = (asked[name] or 0) + 1
      return true
    end }
    assert.equal(a | b, set)
    assert.same({ table = 1 }, asked)
  end)
end)
