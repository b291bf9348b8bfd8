-- Entries of tables, fields of the other objects: what refers to what, and how edges are called.

local hp = require "heapy"
local name_of = dofile "spec/graph/name.lua"
local lfs = require "lfs"

-- The edges from 'from' to the value 'to', as byvia prints them; the value is held by nothing else.
local function via(make)
  local holder = {}
  local function fill() holder[1] = make() end
  fill()
  local target = setmetatable({ holder[1].target }, { __mode = "v" })
  holder[1].target = nil
  local h <close> = hp.heap()
  local set = h:iso(target[1])
  assert.equal(1, #set.byvia)
  return name_of(set.byvia)
end

describe("an edge of a table", function()
  local function entry(key)
    return via(function()
      local target = {}
      return { target = target, { [key] = target } }
    end)
  end

  it("is called as Lua would write it", function()
    assert.equal(".members", entry "members")
    assert.equal("._x9", entry "_x9")
    assert.equal("[1]", entry(1))
    assert.equal("[10]", entry(10))
    assert.equal("[-1]", entry(-1))
    assert.equal("[1.5]", entry(1.5))
    assert.equal("[true]", entry(true))
    assert.equal("[false]", entry(false))
    assert.equal('["two words"]', entry "two words")
    assert.equal('["9x"]', entry "9x")
    assert.equal('["end"]', entry "end")
    assert.equal('["while"]', entry "while")
    assert.equal(".ending", entry "ending")
    assert.equal(".whil", entry "whil")
    assert.equal('["\xe4"]', entry "\xe4")
    assert.equal('[""]', entry "")
    assert.equal('["quo\\"te\\\\\\010"]', entry 'quo"te\\\n')
    assert.equal("[table]", entry {})
    assert.equal("[function]", entry(entry))
    assert.equal("[light value]", entry(print))
  end)

  it("bounds a long name, and says so", function()
    local name = ("n"):rep(5000)
    local text = entry(name)
    assert.is_true(#text < 600)
    assert.equal('["nnnn', text:sub(1, 6))
    assert.equal('..."]', text:sub(-5))
  end)

  it("shares one name with all far array places", function()
    assert.equal("[11..]", entry(11))
    assert.equal("[11..]", entry(1 << 40))
  end)

  it("is called [key] where the object is one", function()
    assert.equal("[key]", via(function()
      local target = {}
      return { target = target, { [target] = 1 } }
    end))
  end)

  it("lists every way in which the object is referred to", function()
    assert.equal(".a, [1], [key]", via(function()
      local target = {}
      return { target = target, { target, a = target, [target] = target and true } }
    end))
  end)

  it("is called metatable", function()
    assert.equal("metatable", via(function()
      local target = {}
      return { target = target, setmetatable({}, target) }
    end))
  end)
end)

describe("an edge of another object", function()
  it("is called upvalue and by its name", function()
    assert.equal("upvalue hits", via(function()
      local hits = {}
      return { target = hits, function() return hits end }
    end))
  end)

  it("is called by the name of the upvalue that it is, of several", function()
    for i, name in ipairs { "first", "second", "third" } do
      assert.equal("upvalue " .. name, via(function()
        local first, second, third = {}, {}, {}
        local target = ({ first, second, third })[i]
        return { target = target, function() return first, second, third end }
      end))
    end
  end)

  it("is called so where all of the heap is told apart, too", function()
    local objects, names = { {}, {}, {} }, {}
    local function keep(a, b, c) return function() return a, b, c end end
    local kept = keep(table.unpack(objects))
    local h <close> = hp.heap()
    for _, row in pairs(h.byvia) do
      for i, object in ipairs(objects) do
        if row:has(object) then names[i] = row.kind end
      end
    end
    assert.same({ "[1], upvalue a", "[2], upvalue b", "[3], upvalue c" }, names)
    assert.same(objects, { kept() })
  end)

  it("is called user value", function()
    assert.equal("user value", via(function()
      local target, _, directory = {}, lfs.dir "."
      directory:close()
      debug.setuservalue(directory, target, 1)
      return { target = target, directory }
    end))
  end)

  it("of a C function has no name", function()
    assert.equal("upvalue", via(function()
      local co = coroutine.wrap(function() end)
      local _, target = debug.getupvalue(co, 1)
      return { target = target, co }
    end))
  end)

  it("of a stripped function has no name", function()
    assert.equal("upvalue", via(function()
      local whole = load "local x = 1; return function() return x end" ()
      local f = load(string.dump(whole, true))
      local target = {}
      debug.setupvalue(f, 1, target)
      return { target = target, f }
    end))
  end)

  it("goes from a prototype to constants, names and inner prototypes", function()
    local f = assert(load([[
      local a_local = "a constant"
      return function() return a_local, a_global end
    ]], "=" .. "a source"))
    local h <close> = hp.heap()
    local prototype = h:iso(f).referents:where { type = "prototype" }
    assert.equal(1, prototype.count)
    local inner = prototype.referents:where { type = "prototype" }
    assert.equal("inner prototype", name_of(inner.byvia))
    local texts = {}
    for _, row in pairs((prototype.referents | inner.referents):where { type = "string" }.byid) do
      texts[row.text] = name_of(row.byvia)
    end
    assert.equal("constant", texts["a constant"])
    assert.matches("local name", texts["a_local"])
    assert.matches("upvalue name", texts["a_local"])
    assert.matches("constant", texts["a_global"])
    assert.matches("upvalue name", texts["_ENV"])
    assert.equal("source", texts["=" .. "a source"])
  end)

  it("is the same upvalue where functions share one", function()
    local shared = {}
    local function read() return shared end
    local function write(v) shared = v end
    local other = {}
    local function alone() return other end
    local h <close> = hp.heap()
    local function upvalues(f) return h:iso(f).referents:where { type = "upvalue" } end
    assert.equal(upvalues(read), upvalues(write))
    assert.equal(1, upvalues(read).count)
    assert.is_true(h:iso(read, write) <= upvalues(read).referrers)
    assert.equal(0, (upvalues(read) & upvalues(alone)).count)
    assert.equal(h:iso(shared), upvalues(read).referents)
  end)
end)

describe("a removed entry", function()
  it("holds neither its key nor its value", function()
    collectgarbage "stop"
    local t = { keep = true }
    local sentinels = setmetatable({}, { __mode = "v" })
    local function fill()
      for i = 1, 20 do
        local key, value = { i }, { -i }
        t[key] = value
        sentinels[2 * i - 1], sentinels[2 * i] = key, value
      end
      for i = 1, 20 do t[sentinels[2 * i - 1]] = nil end
    end
    fill()
    local h <close> = hp.heap()
    for i = 1, 40 do assert.is_false((h:has(sentinels[i]))) end
    assert.equal(1, h:iso(t).referents.count)
    collectgarbage "restart"
    collectgarbage() -- the keys are dead now, and where they were is free
    assert.equal(0, #sentinels)
    local again <close> = hp.heap()
    assert.equal(1, again:iso(t).referents.count)
    assert.is_true(again.referents <= again)
    assert.equal(0, again.accounting.difference)
  end)

  it("whose key is dead may have its place taken by another object", function()
    local t = {}
    for _ = 1, 64 do t[{}] = true end
    for key in pairs(t) do t[key] = nil end
    collectgarbage()
    local fresh = {}
    for i = 1, 200 do fresh[i] = {} end -- where the keys were, most likely
    local h <close> = hp.heap()
    assert.equal(0, h:iso(t).referents.count)
    for i = 1, 200 do assert.is_false(h:iso(t) <= h:iso(fresh[i]).referrers) end
  end)
end)
