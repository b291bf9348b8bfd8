-- Weak tables: what heapy calls reachable is what a full collection leaves.

local hp = require "heapy"
local name_of = dofile "spec/graph/name.lua"
local graphs = dofile "spec/graph/random.lua"
local seed = dofile "spec/graph/seed.lua"
local twin = graphs.twin

local function weak(mode, t) return setmetatable(t or {}, { __mode = mode }) end

-- Sentinels: weak references to every object of a graph, strings aside.
local function watch(nodes)
  local sentinels, ids = weak "v", {}
  for i, v in ipairs(nodes) do
    if type(v) ~= "string" then
      sentinels[i] = v
      ids[i] = twin.identity(v)
    end
  end
  return sentinels, ids, #nodes
end

-- The root alone is handed on.
local function new_graph(random)
  local nodes = graphs.graph(random, 10 + random(60), true)
  return nodes[1], watch(nodes)
end

local function predict(root, sentinels, ids, n)
  local h <close> = hp.heap()
  local by_twin, alive = twin.reach(root), {}
  for i = 1, n do
    if ids[i] then
      alive[i] = h:has(sentinels[i])
      assert(alive[i] == (by_twin[ids[i]] ~= nil), ids[i] .. ": heapy says "
        .. tostring(alive[i]) .. ", plain Lua does not")
    end
  end
  assert((h.referents <= h) and (h.referrers <= h), "reachable objects refer to garbage")
  return alive
end

local function survivors(root, sentinels, ids, n)
  collectgarbage()
  local alive = {}
  for i = 1, n do if ids[i] then alive[i] = sentinels[i] ~= nil end end
  return alive, root
end

describe("weak tables #novalgrind", function()
  after_each(function()
    collectgarbage "incremental"
    collectgarbage "restart"
  end)

  local function surviving(prepare)
    return function()
      seed.property(150, function(random)
        prepare(random)
        local root, sentinels, ids, n = new_graph(random)
        for _ = 1, 2 do -- a key goes one collection after its weak value
          local predicted = predict(root, sentinels, ids, n)
          assert.same(survivors(root, sentinels, ids, n), predicted)
        end
      end)
    end
  end

  it("hold what a collection leaves", surviving(function() collectgarbage "stop" end))

  it("hold that at any stage of a collection", surviving(function(random)
    collectgarbage "stop"
    for _ = 1, random(30) do collectgarbage("step", random(20)) end
  end))

  it("hold that in generational mode", surviving(function(random)
    collectgarbage "generational"
    if random(2) == 1 then collectgarbage("step", 0) end
    collectgarbage "stop"
  end))
end)

-- Which of the values that 'make' returns are in the heap while only the first is held.
local function kept(make)
  collectgarbage "stop"
  local function begin()
    local values = table.pack(make())
    return values[1], weak("v", values)
  end
  local root, values = begin()
  local h <close> = hp.heap()
  local found = {}
  for i = 2, values.n do found[i - 1] = h:has(values[i]) end
  collectgarbage "restart"
  collectgarbage()
  for i = 2, values.n do
    assert.equal(values[i] ~= nil, found[i - 1], "the collector does not agree on value " .. i)
  end
  return found, root
end

describe("a weak table", function()
  it("with weak values holds its keys alone", function()
    assert.same({ true, false, false }, (kept(function()
      local key, value, item = {}, {}, {}
      return weak("v", { [key] = value, item }), key, value, item
    end)))
  end)

  it("with weak keys holds a value while its key lives", function()
    assert.same({ true, true, false, false }, (kept(function()
      local key, value, lost, with = {}, {}, {}, {}
      return { key, weak("k", { [key] = value, [lost] = with }) }, key, value, lost, with
    end)))
  end)

  it("with weak keys holds values under keys that are no objects or strings", function()
    assert.same({ true, true, true, true }, (kept(function()
      local a, b, c, d = {}, {}, {}, {}
      return weak("k", { a, name = b, [true] = c, [1.5] = d }), a, b, c, d
    end)))
  end)

  it("does not hold a key that its own value alone refers to", function()
    assert.same({ false, false }, (kept(function()
      local key = {}
      local value = { key }
      return weak("k", { [key] = value }), key, value
    end)))
  end)

  it("holds a chain of weak keys from its first link on", function()
    local function chain(held)
      return function()
        local tables, a, b, c, d = {}, {}, {}, {}, {}
        -- Each in a table of its own, the later links in the older tables.
        tables[1], tables[2], tables[3] = weak("k", { [c] = d }), weak("k", { [b] = c }),
          weak("k", { [a] = b })
        tables[4] = held and a
        return tables, a, b, c, d
      end
    end
    assert.same({ true, true, true, true }, (kept(chain(true))))
    assert.same({ false, false, false, false }, (kept(chain(false))))
  end)

  it("holds a ring of weak keys only from outside", function()
    local function ring(held)
      return function()
        local a, b, c = {}, {}, {}
        local x, y, z = weak("k", { [a] = b }), weak("k", { [b] = c }), weak("k", { [c] = a })
        return { x, y, z, held and b }, a, b, c
      end
    end
    assert.same({ true, true, true }, (kept(ring(true))))
    assert.same({ false, false, false }, (kept(ring(false))))
  end)

  it("with weak keys and values holds neither", function()
    assert.same({ false, false, true }, (kept(function()
      local key, value, held = {}, {}, {}
      return { held, weak("kv", { [key] = held, [held] = value }) }, key, value, held
    end)))
  end)

  it("holds strings, whether keys or values", function()
    for _, mode in ipairs { "k", "v", "kv" } do
      local text = mode .. ("x"):rep(50)
      local t = weak(mode, { [text .. "key"] = 1, [1] = text .. "value" })
      local h <close> = hp.heap()
      local held = h:iso(t).referents:where { type = "string" }
      assert.equal(2, held.count, mode)
      assert.is_true(held <= h)
      assert.is_true(h:iso(t) <= held.referrers)
    end
  end)

  it("is as its __mode says now", function()
    local value, meta = {}, {}
    local t = setmetatable({ value }, meta)
    local function holds()
      local h <close> = hp.heap()
      return h:iso(value) <= h:iso(t).referents, h:iso(t) <= h:iso(value).referrers
    end
    assert.same({ true, true }, { holds() })
    meta.__mode = "v"
    assert.same({ false, false }, { holds() })
    meta.__mode = "k"
    assert.same({ true, true }, { holds() })
    meta.__mode = "something with a v"
    assert.same({ false, false }, { holds() })
    meta.__mode = "V"
    assert.same({ true, true }, { holds() })
    meta.__mode = "strong\0v"
    assert.same({ true, true }, { holds() })
    meta.__mode = { "v" }
    assert.same({ true, true }, { holds() })
    meta.__mode = nil
    rawset(meta, "__index", { __mode = "v" })
    assert.same({ true, true }, { holds() })
  end)

  it("refers to no garbage: not to the value of a key that is", function()
    collectgarbage "stop"
    local t = weak("k", {})
    local function fill() t[{}] = { "x" } end
    fill()
    local h <close> = hp.heap()
    assert.equal(1, h:iso(t).referents.count) -- the metatable
    assert.is_true(h.referents <= h)
    assert.is_true(h.referrers <= h)
    collectgarbage "restart"
  end)

  it("is no edge of byvia", function()
    local value = {}
    local held = { weak("v", { value }) }
    local h <close> = hp.heap()
    assert.equal("local value", name_of(h:iso(value).byvia))
    assert.equal(1, #held)
  end)
end)
