-- A class has the same name in every snapshot and every run: neither the order of a hash table nor
-- what a variable holds at the moment has a say.

local hp = require "heapy"
local support = dofile "spec/kinds/support.lua"
local kinds, methods, module, run = support.kinds, support.methods, support.module, support.run

after_each(support.unload)

describe("a class that two modules export", function()
  it("has the name of the one that wrote its methods", function()
    for i = 1, 20 do
      local base = run("lib/base.lua", "local W = {}\n" .. methods(i, 6, "base") .. "\nreturn W")
      local deep = module("spec_stable.deep.widgets", [[
        local M, W = {}, {}
        function M.open() end
        W.__index = W
        for k, f in pairs(...) do W[k] = f end
        ]] .. methods(i, 2, "own") .. [[
        M.Widget = W
        return M
      ]], base)
      local other = module("spec_ui", "local M = { Widget = ... } function M.go() end return M",
        deep.Widget)
      assert.equal("spec_stable.deep.widgets.Widget", (kinds(setmetatable({}, other.Widget))))
      support.unload()
    end
  end)

  it("keeps it when more methods come", function()
    local deep = module("spec_stable.deep.widgets", [[
      local M = { Widget = {} }
      function M.open() end
      M.Widget.__index = M.Widget
      function M.Widget.draw() end
      return M
    ]])
    module("spec_ui", "local M = { Widget = ... } function M.go() end return M", deep.Widget)
    local objects = {}
    for i = 1, 10 do objects[i] = setmetatable({}, deep.Widget) end
    local before <close> = hp.heap()
    for i = 1, 40 do
      deep.Widget["extra" .. i] = function() end
      local after <close> = hp.heap()
      assert.equal(before:iso(objects[1]).kind, after:iso(objects[1]).kind)
    end
  end)
end)

describe("a snapshot in a loop over classes", function()
  local CLASS = [[
    local Marker = {}
    Marker.__index = Marker
    function Marker.go(self) return self end
    return Marker
  ]]

  -- The kind of an instance now, and while 'around' calls what it is given.
  local function twice(class, around)
    local object, kept, within = setmetatable({}, class), { class }, nil
    class = nil -- luacheck: ignore 311 (nor may a parameter of the spec's hold it)
    local before = kinds(object)
    around(kept, function() within = kinds(object) end)
    assert.equal(before, within)
    return before
  end

  it("does not name them after the loop's variable", function()
    local name = twice(run("some/dir/marker.lua", CLASS), run("loop.lua", [[
      return function(all, look) for _, cls in pairs(all) do look(cls) end end
    ]]))
    assert.equal("(class at marker.lua:3)", name)
  end)

  it("does not, though it is in the file that wrote them", function()
    local made = run("some/dir/marker.lua", [[
      local all = { (function()
        local Marker = {}
        Marker.__index = Marker
        function Marker.go(self) return self end
        return Marker
      end)() }
      return { class = all[1], loop = function(_, look)
        for _, cls in pairs(all) do look(cls) end
      end }
    ]])
    assert.equal("(class at marker.lua:4)", twice(made.class, made.loop))
  end)

  it("does not name them after a main chunk's loop variable or block", function()
    local text = [[
      local all, look = ...
      for _, cls in pairs(all) do look(cls) end
      do
        local block = all[1]
        look(block)
      end
    ]]
    local made = run("some/dir/marker.lua", CLASS)
    twice(made, function(all, look) run("some/dir/marker.lua", text, all, look) end)
  end)

  it("does not name them after what another chunk's closure holds", function()
    local name = twice(run("some/dir/marker.lua", CLASS), run("other/m.lua", [[
      return function(all, look)
        local a = all[1]
        local function f() return a end
        look(f)
      end
    ]]))
    assert.equal("(class at marker.lua:3)", name)
  end)
end)

describe("a main chunk's local", function()
  it("names the class, not what comes later to hold it", function()
    local co = coroutine.create(assert(load([[
      local Marker = { go = function() end }
      Marker.__index = Marker
      coroutine.yield(setmetatable({}, Marker))
      local m = Marker
      coroutine.yield(m)
      return m
    ]], "@some/place/marker.lua")))
    local _, object = coroutine.resume(co)
    local before = kinds(object)
    coroutine.resume(co)
    assert.same({ "marker.lua:Marker", before }, { before, kinds(object) })
  end)
end)

describe("a metatable and its __index", function()
  it("share one name, whichever lies first in memory", function()
    local keep = {}
    for i = 1, 20 do
      local shared = {}
      local first = { __index = shared, __name = "First.class" }
      keep[i] = { {}, {}, {} } -- so that they lie otherwise each time
      local second = { __index = shared, __name = "Class" }
      local a, b = setmetatable({}, first), setmetatable({}, second)
      assert.same({ "First.class", "Class", "class Class" }, { kinds(a, b, shared) })
    end
    assert.equal(20, #keep)
  end)
end)

describe("garbage", function()
  setup(function() collectgarbage "stop" end)
  teardown(function() collectgarbage "restart" end)

  it("makes no class of a table that it had for its __index", function()
    local data = { entries = {} }
    assert.equal("table (no owner)", (kinds(data)))
    local proxy = setmetatable({}, { __index = data })
    assert.matches("^class", (kinds(data, proxy)))
    proxy = nil -- luacheck: ignore 311
    assert.equal("table (no owner)", (kinds(data)))
  end)

  it("gives no name", function()
    local methods_ = { {} }
    local object = setmetatable({}, { __index = methods_ })
    local before = kinds(object)
    setmetatable({}, { __index = methods_, __name = "Dead" })
    assert.matches("^%(class 0x", before)
    assert.equal(before, (kinds(object)))
  end)

  it("does not change who wrote most of a class", function()
    local new = run("lib/twice.lua", [[
      return function(f)
        local class = { a = function() end, b = function() end, c = f }
        class.__index = class
        return class
      end
    ]])
    local class = new(run("lib/other.lua", "\n\n\n\nreturn function() end"))
    local before = kinds(setmetatable({}, class))
    for i = 1, 5 do new(i) end
    assert.equal("(class at twice.lua:2)", before)
    assert.equal(before, (kinds(setmetatable({}, class))))
  end)

  it("does not make classes more than a thousand", function()
    local alive = {}
    for i = 1, 200 do alive[i] = setmetatable({}, { __index = {} }) end
    for _ = 1, 2000 do setmetatable({}, { __index = {} }) end
    assert.matches("^%(class 0x", (kinds(alive[1])))
  end)
end)

describe("a class's place", function()
  it("is in the chunk that wrote most of it", function()
    for i = 1, 20 do
      local class = run("lib/most.lua", "\n\n\nlocal W = {}\n" .. methods(i, 3, "m")
        .. "\nreturn W")
      run("lib/a.lua", "local W = ...\n" .. methods(i, 2, "a"), class)
      assert.equal("(class at most.lua:5)", (kinds(setmetatable({}, { __index = class }))))
    end
  end)
end)
