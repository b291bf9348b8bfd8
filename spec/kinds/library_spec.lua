-- Classes made with the popular libraries, by the shapes of these.

local hp = require "heapy"
local name_of = dofile "spec/graph/name.lua"
local support = dofile "spec/kinds/support.lua"
local kinds, run = support.kinds, support.run

after_each(support.unload)

local function shape(name) return dofile("spec/kinds/shapes/" .. name .. ".lua") end

describe("middleclass", function()
  local class = shape "middle"

  it("names its classes", function()
    local Animal = class "Animal"
    function Animal.speak() end
    assert.same({ "Animal", "class Animal", "class Animal" },
      { kinds(Animal:new(), Animal, Animal.__instanceDict) })
  end)

  it("names a subclass's instances after the subclass", function()
    local Dog = class("Animal"):subclass "Dog"
    assert.same({ "Dog", "class Dog" }, { kinds(Dog(), Dog) })
  end)

  it("names them before any module or variable does", function()
    local Named = class "The.Name"
    package.loaded.spec_named = { Other = Named, Dictionary = Named.__instanceDict }
    assert.equal("The.Name", (kinds(Named())))
    package.loaded.spec_named = nil
  end)

  it("says whose a table is", function()
    local Queue = class "Queue"
    function Queue:initialize() self.items = {} end
    local queue = Queue()
    assert.same({ "table of Queue", "Queue" }, { kinds(queue.items, queue) })
  end)

  it("of old kept the dictionary under another name", function()
    local dictionary = {}
    dictionary.__index = dictionary
    local Old = { name = "Old", __classDict = dictionary }
    assert.same({ "Old", "class Old" }, { kinds(setmetatable({}, dictionary), dictionary) })
    assert.is_table(Old)
  end)
end)

describe("30log", function()
  local class = shape "thirty"

  it("names its classes", function()
    local Window = class("Window", { width = 1 })
    assert.same({ "Window", "class Window" }, { kinds(Window(), Window) })
  end)

  it("names a subclass's instances after the subclass", function()
    local Frame = class("Window"):extend "Frame"
    assert.same({ "Frame", "class Frame" }, { kinds(Frame:new(), Frame) })
  end)

  it("names a class without a name as any other", function()
    local Nameless = class()
    function Nameless.go() return Nameless end
    assert.equal("library_spec.lua:Nameless", (kinds(Nameless())))
  end)

  it("is not what a program's name is taken for", function()
    local Person = { name = "nobody", mixins = {}, go = function() end }
    Person.__index = Person
    assert.matches("^%(class at library_spec.lua:%d+%)$", (kinds(setmetatable({}, Person))))
  end)
end)

describe("classic", function()
  local Object = shape "classic"

  it("leaves its classes to be named by their variables", function()
    local made = run("game/point.lua", [[
      local Object = ...
      local Point = Object:extend()
      function Point.move() return Point end
      return { Point = Point, object = Point() }
    ]], Object)
    assert.same({ "point.lua:Point", "class point.lua:Point" }, { kinds(made.object, made.Point) })
  end)

  it("does not name a child after its parent, nor its instances", function()
    local made = run("game/rect.lua", [[
      local Object = ...
      local Point = Object:extend()
      function Point.move() return Point end
      local Rect = Point:extend()
      function Rect.resize() return Rect end
      return { Point = Point, Rect = Rect, object = Rect() }
    ]], Object)
    assert.same({ "rect.lua:Rect", "class rect.lua:Rect", "class rect.lua:Point" },
      { kinds(made.object, made.Rect, made.Point) })
  end)

  it("does not call a child as its parent's __name, which is copied into it", function()
    local made = run("game/square.lua", [[
      local Object = ...
      local Point = Object:extend()
      Point.__name = "Spec_point"
      local Square = Point:extend()
      function Square.resize() return Square end
      return { Point(), Square() }
    ]], Object)
    assert.same({ "Spec_point", "square.lua:Square" }, { kinds(made[1], made[2]) })
  end)

  it("names classes that are modules", function()
    local Point = support.module("spec_point", [[
      local Point = (...):extend()
      function Point.move() end
      return Point
    ]], Object)
    assert.same({ "spec_point", "module spec_point" }, { kinds(Point(), Point) })
  end)
end)

describe("hump.class", function()
  local Class = shape "hump"

  it("leaves its classes to be named by their variables", function()
    local made = run("game/critter.lua", [[
      local Class = ...
      local Critter = Class { init = function(self) self.parts = {} end }
      function Critter.walk() return Critter end
      local Cat = Class { __includes = { Critter } }
      function Cat.purr() return Cat end
      return { Critter(), Cat(), Critter, Cat }
    ]], Class)
    assert.same({ "critter.lua:Critter", "critter.lua:Cat", "class critter.lua:Critter",
      "class critter.lua:Cat", "table of critter.lua:Critter" },
      { kinds(made[1], made[2], made[3], made[4], made[1].parts) })
  end)

  it("names its modules' fields", function()
    local exported = support.module("spec_critters", [[
      local Class = ...
      return { Critter = Class { walk = function() end } }
    ]], Class)
    assert.equal("spec_critters.Critter", (kinds(exported.Critter())))
  end)
end)

describe("Penlight", function()
  local class = require "pl.class"

  it("names its classes", function()
    local Account = class()
    Account._name = "Account"
    function Account:_init() self.entries = {} end
    local Savings = class(Account)
    Savings._name = "Savings"
    function Savings:_init() self:super() end
    local account, savings = Account(), Savings()
    assert.same({ "Account", "class Account", "Savings", "class Savings", "table of Savings" },
      { kinds(account, Account, savings, Savings, savings.entries) })
  end)

  it("names classes made by a name", function()
    local environment = {}
    local made = run("x.lua", [[
      local class, environment = ...
      class.Spec_animal()
      local Animal = Spec_animal
      Spec_animal = nil
      return Animal
    ]], class, environment)
    assert.same({ "Spec_animal", "class Spec_animal" }, { kinds(made(), made) })
  end)

  it("does not call a child as its parent, whose fields are copied into it", function()
    local made = run("game/animal.lua", [[
      local class = ...
      local Animal = class()
      Animal._name = "Spec_animal"
      local Cat, Dog = class(Animal), class(Animal)
      function Cat:purr() return Cat end
      function Dog:bark() return Dog end
      return { Animal(), Cat(), Dog() }
    ]], class)
    assert.same({ "Spec_animal", "animal.lua:Cat", "animal.lua:Dog" },
      { kinds(made[1], made[2], made[3]) })
    assert.equal("pl.Set", (kinds(require "pl.Set" { 1, 2 })))
  end)

  it("names its own containers", function()
    local List = require "pl.List"
    assert.equal("List", (kinds(List { 1, 2 })))
    local OrderedMap = require "pl.OrderedMap"
    assert.equal("OrderedMap", (kinds(OrderedMap())))
  end)
end)

describe("closures as objects", function()
  it("are functions, told apart by their source", function()
    local new = run("some/dir/counter.lua", [[
      return function()
        local count = 0
        local self = {}
        function self.up() count = count + 1 end
        function self.get() return count end
        return self
      end
    ]])
    local objects = {}
    for i = 1, 5 do objects[i] = new() end
    local h <close> = hp.heap()
    local methods = h:iso(table.unpack(objects)).referents:where { type = "function" }
    assert.same({ "table (no owner)", "function" }, { kinds(objects[1], objects[1].up) })
    assert.equal(10, methods.count)
    assert.equal(2, #methods.bysource)
    assert.equal("some/dir/counter.lua:4", name_of(methods.bysource[0]))
    assert.equal(5, methods.bysource[1].count)
  end)
end)
