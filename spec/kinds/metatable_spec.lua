-- Which metatables make a class, and what kinds there are besides.

local hp = require "heapy"
local support = dofile "spec/kinds/support.lua"
local kinds, run = support.kinds, support.run

after_each(support.unload)

describe("a metatable", function()
  it("of weak mode alone makes no class", function()
    for _, mode in ipairs { "k", "v", "kv" } do
      assert.equal("table (no owner)", (kinds(setmetatable({}, { __mode = mode }))))
    end
  end)

  it("with nothing in it makes no class", function()
    assert.same({ "table (no owner)", "table (no owner)" },
      { kinds(setmetatable({}, {}), {}) })
  end)

  it("that only hides itself makes no class", function()
    assert.equal("table (no owner)", (kinds(setmetatable({}, { __metatable = false }))))
  end)

  it("with weak mode and methods makes one", function()
    assert.equal("WeakCache", (kinds(setmetatable({}, { __mode = "k", __name = "WeakCache" }))))
    local Cache = { __mode = "v" }
    function Cache.__call() return Cache end
    assert.equal("metatable_spec.lua:Cache", (kinds(setmetatable({}, Cache))))
  end)

  it("that a library registered is a class before it has an instance", function()
    local registry = debug.getregistry()
    registry["spec.File"], registry["spec.Other"] = { __name = "spec.File" }, { __name = "spec.X" }
    assert.same({ "class spec.File", "table (no owner)" },
      { kinds(registry["spec.File"], registry["spec.Other"]) })
    registry["spec.File"], registry["spec.Other"] = nil, nil
  end)

  it("without a name is its __index's class", function()
    local Class = {}
    function Class.go() return Class end
    local object = setmetatable({}, { __index = Class })
    assert.equal("metatable_spec.lua:Class", (kinds(object)))
    package.loaded.spec_index = Class
    assert.equal("spec_index", (kinds(object)))
    package.loaded.spec_index = nil
  end)

  it("whose __index is a function is named by its variable or its place", function()
    local Lazy = {}
    function Lazy.__index(_, key) return Lazy and key end
    assert.equal("metatable_spec.lua:Lazy", (kinds(setmetatable({}, Lazy))))
    local object = run("lazy/proxy.lua", [[
      return setmetatable({}, {
        __index = function(_, key) return key end })
    ]])
    assert.equal("(class at proxy.lua:2)", (kinds(object)))
  end)

  it("of a proxy is not the class of what the proxy is for", function()
    local made = run("lib/proxy.lua", [[
      local Real = { __name = "Real" }
      local object = setmetatable({}, Real)
      local Proxy = { __index = object, __newindex = object }
      return { setmetatable({}, Proxy), object, Proxy }
    ]])
    local proxy, real = kinds(made[1], made[2])
    assert.equal("Real", real)
    assert.not_equal("Real", proxy)
  end)

  it("shared by a thousand tables is one class", function()
    local Point = {}
    function Point.__len() return Point and 2 end
    local points = {}
    for i = 1, 1000 do points[i] = setmetatable({ i }, Point) end
    local h <close> = hp.heap()
    local set = h:iso(table.unpack(points))
    assert.equal("metatable_spec.lua:Point", set.kind)
    assert.equal(1000, set.count)
  end)

  it("may be one of a thousand", function()
    local objects = {}
    for i = 1, 1000 do
      objects[i] = setmetatable({}, { __name = ("Class%04d"):format(i) })
    end
    local h <close> = hp.heap()
    assert.equal(1000, #h:iso(table.unpack(objects)))
    for i = 1, 1000, 111 do
      assert.equal(("Class%04d"):format(i), h:iso(objects[i]).kind)
    end
  end)

  it("that is its own metatable, or part of a ring, is a class and no instance", function()
    local Own = { __name = "Own" }
    setmetatable(Own, Own)
    local a, b = { __name = "A" }, { __name = "B" }
    setmetatable(a, b)
    setmetatable(b, a)
    assert.same({ "class Own", "class A", "class B" }, { kinds(Own, a, b) })
  end)
end)

describe("an environment", function()
  it("that falls back on the globals is no class", function()
    local real = support.run("x.lua", "return _G")
    local env = setmetatable({}, { __index = real })
    local object = assert(load("return setmetatable({}, { __len = function() end })", "=x", "t",
      env))()
    assert.equal("table (no owner)", (kinds(env)))
    assert.matches("class at x:1", (kinds(object)))
    assert.equal("globals", (kinds(real)))
  end)
end)

describe("the globals", function()
  it("are globals, be they strict or not", function()
    local real = run("x.lua", "return _G")
    local before = getmetatable(real)
    run("strict.lua", [[
      setmetatable(_G, {
        __newindex = function(t, k, v) rawset(t, k, v) end,
        __index = function(_, k) error("undeclared " .. tostring(k), 2) end,
      })
    ]])
    local globals, plain = kinds(real, {})
    setmetatable(real, before)
    assert.same({ "globals", "table (no owner)" }, { globals, plain })
  end)

  it("are globals though they are the module _G", function()
    assert.equal("globals", (kinds(package.loaded._G)))
  end)
end)

describe("what is something by itself", function()
  it("has that for its kind", function()
    local registry = debug.getregistry()
    assert.same({ "registry", "module string", "module package", "module table" },
      { kinds(registry, string, package, table) })
    assert.equal("class FILE*", (kinds(getmetatable(io.stdout))))
    assert.equal("FILE*", (kinds(io.stdout)))
  end)

  it("is a module before it is a class or an instance", function()
    local class = support.module("spec_instance", [[
      local M = setmetatable({}, { __name = "Callable", __call = function() end })
      M.__index = M
      M.new = function() return setmetatable({}, M) end
      return M
    ]])
    assert.same({ "module spec_instance", "spec_instance" }, { kinds(class, class.new()) })
  end)

  it("has the shortest of several names", function()
    local class = support.module("spec_long_name", support.PLAIN)
    package.loaded.spec_s = class
    assert.equal("module spec_s", (kinds(class)))
    package.loaded.spec_s = nil
  end)
end)

describe("objects that are no tables", function()
  it("have their type for a kind", function()
    local function f() return hp end
    assert.same({ "string", "function", "C function", "thread", "thread" },
      { kinds("a string", f, string.gmatch("", ""), coroutine.create(f),
        (coroutine.running())) })
    local prototype, upvalue
    do
      local h <close> = hp.heap()
      local to = h:iso(f).referents
      prototype, upvalue = to:where { type = "prototype" }.kind, to:where { type = "upvalue" }.kind
    end
    assert.same({ "prototype", "upvalue" }, { prototype, upvalue })
  end)

  it("of userdata have their class, if that has a name", function()
    local lfs = require "lfs"
    local _, directory = lfs.dir "."
    directory:close()
    assert.equal("directory metatable", (kinds(directory)))
    debug.setmetatable(directory, nil)
    assert.equal("userdata", (kinds(directory)))
    debug.setmetatable(directory, { __mode = "k" })
    assert.equal("userdata", (kinds(directory)))
    debug.setmetatable(directory, { __name = "Handle" })
    assert.equal("Handle", (kinds(directory)))
  end)

  it("that share a metatable with a name stay what they are", function()
    debug.setmetatable(print, { __name = "Callable", __index = {} })
    local kind = kinds(kinds)
    debug.setmetatable(print, nil)
    assert.equal("function", kind)
  end)
end)
