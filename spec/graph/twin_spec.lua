-- The graph against a traversal in plain Lua: the same objects, the same references, both ways.

local hp = require "heapy"
local graphs = dofile "spec/graph/random.lua"
local seed = dofile "spec/graph/seed.lua"
local twin = graphs.twin

-- The set of objects in a map or array.
local function set_of(isos, map)
  local set = isos.none
  for id in next, map do set = set | isos[id] end
  return set
end

-- What is wrong: the objects of one set that another lacks.
local function difference(a, b)
  return tostring((a - b).byvia) .. "\n" .. tostring((a - b).byrcs)
end

local function same(expected, found, what)
  if expected == found then return end
  error(("%s\nmissing:\n%s\ntoo many:\n%s"):format(what, difference(expected, found),
    difference(found, expected)), 0)
end

-- 'spoil' is given what the twin found, to change it.
local function look(nodes, spoil)
  local found, edges = twin.reach(nodes)
  if spoil then spoil(found, edges) end
  local h <close> = hp.heap()
  local isos = { none = h - h }
  for id, v in next, found do isos[id] = h:iso(v) end
  local visible = set_of(isos, found)
  local upvalues, prototypes = h:where { type = "upvalue" }, h:where { type = "prototype" }
  local hidden = upvalues | prototypes

  local all, before = isos[twin.identity(nodes)]
  repeat
    before = all
    all = all | all.referents
  until all == before
  assert(visible <= all, "Lua code sees what heapy does not")
  same(isos.none, all - visible - hidden - (all & prototypes).referents, "heapy sees more")

  local referrers = {}
  for id, to in next, edges do
    for other in next, to do
      referrers[other] = referrers[other] or {}
      referrers[other][id] = true
    end
  end
  for id, v in next, found do
    local what = type(v) .. " " .. id
    local to = isos[id].referents
    assert(to - visible <= hidden, what .. " refers to what is not there")
    same(set_of(isos, edges[id]), (to | (to & upvalues).referents) & visible, what .. ": referents")
    local from = isos[id].referrers
    from = from | (from & upvalues).referrers
    same(set_of(isos, referrers[id] or {}), from & visible, what .. ": referrers")
  end
end

-- All that refers to one of the objects in a map.
local function referrers_of(of, edges)
  local all = {}
  for id, to in next, edges do
    for other in next, to do
      if of[other] then all[id] = true end
    end
  end
  return all
end

-- A heap large enough for its answers to lie in regions, and for words of bits that are all set.
-- Sets of a half, of a few, and of one object; several are kept.
local function look_at_many(nodes, random)
  local found, edges = twin.reach(nodes)
  local h <close> = hp.heap()
  local ids = {}
  for id in next, found do ids[#ids + 1] = id end
  assert.is_true(h.count > 33000)
  local function set(map)
    local all, some = h - h, {}
    for id in next, map do
      some[#some + 1] = found[id]
      if #some == 240 then all, some = all | h:iso(table.unpack(some)), {} end
    end
    return #some > 0 and all | h:iso(table.unpack(some)) or all
  end
  local visible = set(found)
  local upvalues = h:where { type = "upvalue" }
  local function check(count)
    local of = {}
    for _ = 1, count do of[ids[random(#ids)]] = true end
    local some = set(of)
    local from = some.referrers
    from = from | (from & upvalues).referrers
    same(set(referrers_of(of, edges)), from & visible, count .. " objects: referrers")
    for _, by in ipairs { "byvia", "byrcs", "bysize" } do
      local sum, size = 0, 0
      for i, row in pairs(some[by]) do
        sum, size = sum + row.count, size + row.size
        assert.is_true(row.count > 0)
        if i < 50 then
          assert.is_true(row <= some)
          assert.equal(row.byid[0][by].kind, row.kind)
        end
      end
      assert.equal(some.count, sum, by)
      assert.equal(some.size, size, by)
    end
  end
  for _ = 1, 4 do check(1) end
  for _, count in ipairs { #ids, 100, #ids // 2, 3000 } do check(count) end
end

describe("the graph #novalgrind", function()
  it("is what a traversal in plain Lua finds", function()
    seed.property(400, function(random)
      look(graphs.graph(random, 5 + random(40)))
    end)
  end)

  it("is that with weak tables, too", function()
    seed.property(400, function(random)
      look(graphs.graph(random, 5 + random(40), true))
    end)
  end)

  it("is that in a heap of many objects, among garbage", function()
    seed.property(1, function(random)
      collectgarbage()
      collectgarbage("stop")
      finally(function() collectgarbage("restart") end)
      local nodes = graphs.graph(random, 12500, true)
      for i = #nodes, 2, -1 do
        if random(8) == 1 then table.remove(nodes, i) end
      end
      look_at_many(nodes, random)
    end)
  end)

  it("is not what a traversal finds that is wrong in one edge, or one object", function()
    local function pairs_of(edges)
      local all = {}
      for from, to in pairs(edges) do
        for other in pairs(to) do all[#all + 1] = { from, other } end
      end
      return all
    end
    seed.property(10, function(random)
      local function one_edge_less(_, edges)
        local all = pairs_of(edges)
        local edge = all[random(#all)]
        edges[edge[1]][edge[2]] = nil
      end
      local function one_edge_more(found, edges)
        local ids = {}
        for id in pairs(found) do ids[#ids + 1] = id end
        local from, to
        repeat
          from, to = ids[random(#ids)], ids[random(#ids)]
        until not (edges[from] and edges[from][to])
        edges[from] = edges[from] or {}
        edges[from][to] = true
      end
      local function one_object_less(found, edges)
        local all = pairs_of(edges)
        found[all[random(#all)][2]] = nil
      end
      for _, spoil in ipairs { one_edge_less, one_edge_more, one_object_less } do
        assert.has_error(function() look(graphs.graph(random, 20), spoil) end)
      end
    end)
  end)
end)
