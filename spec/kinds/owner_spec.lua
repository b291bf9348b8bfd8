-- Tables without a class: whose they are.

local hp = require "heapy"
local support = dofile "spec/kinds/support.lua"
local kinds = support.kinds

local function class(name, meta)
  meta = meta or {}
  meta.__name = name
  return function(fields) return setmetatable(fields, meta) end
end

local Queue, Cache = class "Queue", class "Cache"

-- The kind of a table held by what 'make' puts around it, and by nothing that is an instance.
local function kind_in(make)
  local t = {}
  local holder = make(t)
  local kind = kinds(t)
  assert(holder ~= nil)
  return kind
end

describe("a plain table", function()
  it("belongs to the one instance with a field that holds it", function()
    assert.equal("table of Queue", kind_in(function(t) return Queue { items = t } end))
  end)

  it("belongs to nobody without one", function()
    assert.equal("table (no owner)", kind_in(function(t) return { items = t } end))
  end)

  it("belongs to nobody where two instances hold it", function()
    assert.equal("table (no owner)", kind_in(function(t)
      return { Queue { items = t }, Queue { items = t } }
    end))
    assert.equal("table (no owner)", kind_in(function(t)
      return { Queue { items = t }, Cache { items = t } }
    end))
    assert.equal("table (no owner)", kind_in(function(t)
      return { Queue { items = t }, Cache { items = t }, Queue { items = t } }
    end))
  end)

  it("belongs to an instance that holds it twice", function()
    assert.equal("table of Queue", kind_in(function(t) return Queue { items = t, same = t } end))
  end)

  it("belongs to an instance though other things refer to it, too", function()
    assert.equal("table of Queue", kind_in(function(t)
      return { Queue { items = t }, t, { t }, function() return t end, [t] = true }
    end))
  end)

  it("belongs to nobody through anything but a field", function()
    assert.equal("table (no owner)", kind_in(function(t) return Queue { t } end))
    assert.equal("table (no owner)", kind_in(function(t) return Queue { [t] = true } end))
    assert.equal("table (no owner)", kind_in(function(t) return Queue { [true] = t } end))
    assert.equal("table (no owner)", kind_in(function(t) return Queue { items = { t } } end))
  end)

  it("belongs to nobody where what holds it is something else first", function()
    assert.equal("table (no owner)", kind_in(function(t) -- a class that has one of its own
      local Shop = Queue { items = t, pay = function() end }
      Shop.__index = Shop
      return setmetatable({}, Shop)
    end))
    package.loaded["owner.store"] = Queue { items = {}, both = {} }
    local store = package.loaded["owner.store"]
    local user = Queue { items = store.both }
    assert.same({ "module owner.store", "table (no owner)", "table of Queue" },
      { kinds(store, store.items, user.items) })
    package.loaded["owner.store"] = nil
    local meta = getmetatable(_G)
    setmetatable(_G, { __name = "Strict" })
    local cache = {}
    rawset(_G, "owner_cache", cache)
    assert.same({ "globals", "table (no owner)" }, { kinds(_G, cache) })
    assert.equal("(no module)", hp.iso(cache).bymodule[0].kind)
    rawset(_G, "owner_cache", nil)
    setmetatable(_G, meta)
  end)

  it("belongs to no instance that holds it weakly", function()
    local Weak = class("Weak", { __mode = "v" })
    assert.equal("table (no owner)", kind_in(function(t) return Weak { items = t } end))
    assert.equal("table of Queue", kind_in(function(t)
      return { Weak { items = t }, Queue { items = t } }
    end))
    local Keys = class("Keys", { __mode = "k" })
    assert.equal("table of Keys", kind_in(function(t) return Keys { items = t } end))
  end)

  it("belongs to no instance that is garbage", function()
    collectgarbage "stop"
    local t = {}
    local function fill() Cache { items = t } end
    fill()
    local queue = Queue { items = t }
    assert.equal("table of Queue", (kinds(queue.items)))
    collectgarbage "restart"
  end)

  it("belongs to a userdata with a class through a user value", function()
    local _, directory = require "lfs".dir "."
    directory:close()
    assert.equal("table of directory metatable", kind_in(function(t)
      debug.setuservalue(directory, t, 1)
      return directory
    end))
  end)

  it("belongs to a class by its other names, too", function()
    local Marker = support.run("app/marker.lua", support.PLAIN)
    local marker = Marker.new()
    marker.members = {}
    assert.equal("table of marker.lua:Marker", (kinds(marker.members)))
  end)

  it("with a metatable that makes no class is plain, too", function()
    local queue = Queue { weak = setmetatable({}, { __mode = "k" }) }
    assert.equal("table of Queue", (kinds(queue.weak)))
  end)
end)

describe("a table that is something already", function()
  it("keeps that, whoever holds it", function()
    local Other = { __name = "Other" }
    local inner = Cache {}
    local holder = Queue { globals = support.run("x.lua", "return _G"), module = string,
      class = Other, registry = debug.getregistry(), instance = inner,
      used = setmetatable({}, Other) }
    assert.same({ "globals", "module string", "class Other", "registry", "Cache", "Other" },
      { kinds(holder.globals, holder.module, holder.class, holder.registry, inner, holder.used) })
  end)
end)

describe("all of it together", function()
  it("counts every object once", function()
    local held = {}
    for i = 1, 50 do
      held[i] = Queue { items = {}, index = {}, shared = held, cache = Cache { store = {} } }
    end
    local h <close> = hp.heap()
    assert.equal(100, h:where { kind = "table of Queue" }.count)
    assert.equal(50, h:where { kind = "table of Cache" }.count)
    assert.equal(50, h:where { kind = "Queue" }.count)
    local sum = 0
    for _, row in pairs(h) do sum = sum + row.count end
    assert.equal(h.count, sum)
  end)
end)
