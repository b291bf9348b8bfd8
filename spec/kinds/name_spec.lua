-- What a class is called: the rules of naming, and which of them comes first.

local support = dofile "spec/kinds/support.lua"
local kinds, module, run = support.kinds, support.module, support.run

after_each(support.unload)

-- Takes a global out again; a spec's own globals are others.
local function forget(name) run("x.lua", name .. " = nil") end

describe("a class with a string __name", function()
  it("has that name, whatever else it is", function()
    local class = module("spec_marker", [[
      local Marker = { __name = "app.Marker" }
      Marker.__index = Marker
      function Marker.new() return setmetatable({}, Marker) end
      Global_marker = Marker
      return Marker
    ]])
    assert.same({ "app.Marker", "module spec_marker" }, { kinds(class.new(), class) })
    package.loaded.spec_marker = nil
    assert.same({ "app.Marker", "class app.Marker" }, { kinds(class.new(), class) })
    forget "Global_marker"
  end)

  it("has it through the metatable alone, and through the __index alone", function()
    local methods = { go = function() end }
    assert.equal("Meta", (kinds(setmetatable({}, { __name = "Meta", __index = methods }))))
    local named = { __name = "Indexed", go = function() end }
    assert.equal("Indexed", (kinds(setmetatable({}, { __index = named }))))
  end)

  it("needs no method", function()
    assert.equal("Record", (kinds(setmetatable({}, { __name = "Record" }))))
  end)

  it("is told apart from one whose __name is no string", function()
    local called = false
    local trap = setmetatable({}, { __tostring = function() called = true; return "Trap" end,
      __index = function() called = true end, __name = "Trap" })
    local class = { __name = trap }
    class.__index = class
    function class.go() return class end
    local kind = kinds(setmetatable({}, class))
    assert.equal("name_spec.lua:class", kind)
    assert.is_false(called)
    class.__name = 42
    assert.equal("name_spec.lua:class", (kinds(setmetatable({}, class))))
  end)

  it("is asked without metamethods", function()
    local called = 0
    local guard = { __index = function() called = called + 1; return "Wrong" end,
      __pairs = function() called = called + 1 end, __len = function() called = called + 1 end,
      __metatable = "hidden" }
    local meta = setmetatable({}, guard)
    rawset(meta, "go", function() return meta end)
    local kind = kinds(setmetatable({}, meta))
    assert.equal("name_spec.lua:meta", kind)
    assert.equal(0, called)
  end)

  it("shares its row with another of the same name", function()
    local a = setmetatable({}, { __name = "Twice" })
    local b = setmetatable({}, { __name = "Twice" })
    local h <close> = require "heapy".heap()
    local both = h:iso(a, b)
    assert.equal(1, #both)
    assert.equal("Twice", both.kind)
    assert.equal(2, both.count)
  end)
end)

describe("names that are long or strange", function()
  local function named(name)
    return (kinds(setmetatable({}, { __name = name })))
  end

  it("are kept whole up to some hundred bytes", function()
    for _, n in ipairs { 39, 40, 41, 80, 200, 500 } do
      local name = ("x"):rep(n - 1) .. "y"
      assert.equal(name, named(name), n .. " bytes")
    end
  end)

  it("are cut beyond, and never overrun", function()
    for _, n in ipairs { 512, 513, 599, 600, 601, 5000, 100000 } do
      local kind = named(("z"):rep(n))
      assert.is_true(#kind >= 512 and #kind < 600, n .. ": " .. #kind)
      assert.matches("^z+", kind)
    end
  end)

  it("are kept of classes held by fields, upvalues and modules, too", function()
    local field = ("f"):rep(80)
    local class = { go = function() end }
    class.__index = class
    module("spec_long", "return { [...] = 1 }", "x")
    package.loaded.spec_long[field] = class
    assert.equal("spec_long." .. field, (kinds(setmetatable({}, class))))
    local file = ("d"):rep(60) .. "/" .. ("m"):rep(60) .. ".lua"
    local marker = run(file, support.PLAIN)
    assert.equal(("m"):rep(60) .. ".lua:Marker", (kinds(marker.new())))
  end)

  it("print with their control characters escaped", function()
    local object = setmetatable({}, { __name = "evil\n\27[31m\0name\127" })
    local h <close> = require "heapy".heap()
    local text = tostring(h:iso(object))
    assert.is_nil(text:gsub("\n", ""):find "%c")
    assert.matches("evil", text)
    assert.equal(3, select(2, text:gsub("\n", "")) + 1)
  end)

  it("may be empty", function()
    local object = setmetatable({}, { __name = "" })
    local h <close> = require "heapy".heap()
    assert.equal(1, #h:iso(object))
    assert.is_string(tostring(h:iso(object)))
  end)
end)

describe("a class without a name of its own", function()
  it("is named after the module that it is", function()
    local class = module("spec_app.marker", support.PLAIN)
    assert.same({ "spec_app.marker", "module spec_app.marker" }, { kinds(class.new(), class) })
  end)

  it("is named after the field of the module that holds it", function()
    local exported = module("spec_app.shapes", [[
      local M = {}
      M.Circle = {}
      M.Circle.__index = M.Circle
      function M.Circle.new() return setmetatable({}, M.Circle) end
      return M
    ]])
    assert.same({ "spec_app.shapes.Circle", "class spec_app.shapes.Circle" },
      { kinds(exported.Circle.new(), exported.Circle) })
  end)

  it("is named after the module that wrote it, not one that took it over", function()
    local origin = module("spec_origin", [[
      local M = {}
      M.Marker = {}
      M.Marker.__index = M.Marker
      function M.Marker.new() return setmetatable({}, M.Marker) end
      function M.other() end
      return M
    ]])
    module("a", [[
      local M = { m = ... }
      function M.go() end
      return M
    ]], origin.Marker)
    assert.equal("spec_origin.Marker", (kinds(origin.Marker.new())))
  end)

  it("is named after its global before its variables", function()
    local new = run("dir/marker.lua", [[
      local Marker = {}
      Marker.__index = Marker
      function Marker.new() return setmetatable({}, Marker) end
      GlobalMarker = Marker
      return Marker.new
    ]])
    assert.equal("GlobalMarker", (kinds(new())))
    forget "GlobalMarker"
    assert.equal("marker.lua:Marker", (kinds(new())))
  end)

  it("is named after its module's field before a global", function()
    local exported = module("spec_both", [[
      local M = { Marker = {} }
      M.Marker.__index = M.Marker
      GlobalMarker = M.Marker
      return M
    ]])
    assert.equal("spec_both.Marker", (kinds(setmetatable({}, exported.Marker))))
    forget "GlobalMarker"
  end)

  it("is named after the upvalue by which its functions know it", function()
    local class = run("some/dir/marker.lua", support.PLAIN)
    local object = class.new()
    assert.same({ "marker.lua:Marker", "class marker.lua:Marker" }, { kinds(object, class) })
  end)

  it("is named after the variable of the others who know it", function()
    local new = run("some/dir/maker.lua", [[
      local Thing = { __eq = function() end }
      return function() return setmetatable({}, Thing) end
    ]])
    assert.equal("maker.lua:Thing", (kinds(new())))
  end)

  it("is named after a local of its chunk while that runs", function()
    local co = coroutine.create(assert(load([[
      local Local_class = { [1] = true, __call = function() end }
      coroutine.yield(setmetatable({}, Local_class))
      return Local_class
    ]], "@some/place/worker.lua")))
    local _, object = coroutine.resume(co)
    assert.equal("worker.lua:Local_class", (kinds(object)))
  end)

  -- As in many programs: a function that makes classes, with a constructor for each of them.
  local MAKER = [[
    return function()
      local cls = {}
      cls.__index = cls
      function cls.new() return setmetatable({}, cls) end
      return cls
    end
  ]]

  it("is not named after the variable of what makes classes", function()
    local maker = run("lib/class.lua", MAKER)
    local made = run("app/accounts.lua", [[
      local class = ...
      local Account, User, Plain = class(), class(), class()
      function Account.deposit() return Account end
      function User.hello() return User end
      function Plain.noUpvalue() end
      return { Account, User, Plain, kinds = function() return Plain end }
    ]], maker)
    assert.same({ "accounts.lua:Account", "accounts.lua:User", "accounts.lua:Plain" },
      { kinds(made[1].new(), made[2].new(), made[3].new()) })
    local alone = maker()
    assert.equal("class.lua:cls", (kinds((function() return alone.new() end)())))
  end)

  it("is not though it is the only one, if another chunk wrote most of it", function()
    local made = run("app/only.lua", [[
      local TheOnly = (...)()
      function TheOnly.one() return TheOnly end
      function TheOnly.two() end
      return TheOnly
    ]], run("lib/class.lua", MAKER))
    assert.equal("only.lua:TheOnly", (kinds(made.new())))
  end)

  it("is not though no method has it for an upvalue, and though there is but one", function()
    local maker = run("lib/class.lua", MAKER)
    for methods = 1, 3 do
      local names = { "function Account.one() end", "function Account.two() end",
        "function Account.three() end" }
      local code = "local Account = (...)()\n" .. table.concat(names, "\n", 1, methods)
        .. "\ncoroutine.yield(Account)"
      local co = coroutine.create(assert(load(code, "@app/accounts.lua")))
      local _, Account = coroutine.resume(co, maker)
      assert.equal("accounts.lua:Account", (kinds(Account.new())))
      coroutine.close(co)
    end
  end)

  it("is where its own functions are, if but what makes classes has a name for it", function()
    local made = run("app/zoo.lua", [[
      local class = ...
      local Lion = class()
      function Lion:init() end
      function Lion:roar() end
      local Bear = class()
      function Bear:init() end
      local Cub = class()
      for name, f in pairs(Bear) do Cub[name] = Cub[name] or f end
      function Cub:play() end
      local Plain = class()
      return { Lion.new(), Bear.new(), Cub.new(), Plain.new() }
    ]], run("lib/class.lua", MAKER))
    assert.same({ "(class at zoo.lua:3)", "(class at zoo.lua:6)", "(class at zoo.lua:9)",
      "class.lua:cls" }, { kinds(table.unpack(made)) })
  end)

  it("is where its own functions are, though they are in one chunk with what makes them", function()
    local made = run("app/zoo.lua", [[
      local function class()
        local cls = {}
        cls.__index = cls
        function cls.new() return setmetatable({}, cls) end
        return cls
      end
      local Lion, Bear = class(), class()
      function Lion:init() end
      function Bear:init() end
      return { Lion.new(), Bear.new() }
    ]])
    assert.same({ "(class at zoo.lua:8)", "(class at zoo.lua:9)" }, { kinds(table.unpack(made)) })
  end)

  it("is named after the variable of a function where there is no other", function()
    local made = run("app/setup.lua", [[
      local function setup()
        local Inner = {}
        Inner.__index = Inner
        function Inner.new() return setmetatable({}, Inner) end
        function Inner.later() return function() return Inner end end
        return Inner
      end
      return setup()
    ]])
    assert.equal("setup.lua:Inner", (kinds(made.new())))
  end)

  it("is named after the main chunk's variable, however deep it is used", function()
    local made = run("app/deep.lua", [[
      local Deep = {}
      Deep.__index = Deep
      local function methods(to)
        local shallow = to
        function to.new() return (function() return setmetatable({}, Deep) end)() end
        function to.use() return shallow end
      end
      methods(Deep)
      return Deep
    ]])
    assert.equal("deep.lua:Deep", (kinds(made.new())))
  end)

  it("is not either where that is in its own chunk", function()
    local made = run("app/shapes.lua", ("local class = (function() %s end)()"):format(MAKER) .. [[
      local A, B = class(), class()
      function A.longName() return A end
      function B.other() return B end
      return { A, B }
    ]])
    assert.same({ "shapes.lua:A", "shapes.lua:B" }, { kinds(made[1].new(), made[2].new()) })
  end)

  it("is named after its chunk's local though it has no function", function()
    local co = coroutine.create(assert(load([[
      local Record = { kept = {} }
      Record.__index = Record
      coroutine.yield(setmetatable({}, Record))
      return Record
    ]], "@some/place/record.lua")))
    local _, object = coroutine.resume(co)
    assert.equal("record.lua:Record", (kinds(object)))
  end)

  it("is named after the place of its first method", function()
    local object = run("some/dir/nameless.lua", [[


      return setmetatable({}, { __len = function() return 0 end,
        __call = function() end })
    ]])
    assert.equal("(class at nameless.lua:3)", (kinds(object)))
    object = run("some/dir/nameless.lua", [[
      return setmetatable({}, { __index = {
        b = function() end,
        a = function() end } })
    ]])
    assert.equal("(class at nameless.lua:2)", (kinds(object)))
  end)

  it("is named after its address where there is nothing else", function()
    local object = setmetatable({}, { __index = {} })
    assert.matches("^%(class 0x%x+%)$", (kinds(object)))
  end)

  it("is not named after a bare field called name", function()
    local class = run("some/dir/person.lua", [[
      local Person = { name = "nobody" }
      Person.__index = Person
      function Person.new() return setmetatable({}, Person) end
      return Person
    ]])
    assert.equal("person.lua:Person", (kinds(class.new())))
  end)

  it("is not named after a bare field called _name or class", function()
    local class = run("some/dir/person.lua", [[
      local Person = { _name = "nobody", class = "Upper", classname = "x", __classname = "y" }
      Person.__index = Person
      function Person.new() return setmetatable({}, Person) end
      return Person
    ]])
    assert.equal("person.lua:Person", (kinds(class.new())))
  end)
end)

describe("inheritance", function()
  it("gives the child's instances the child's name, and the child its own", function()
    local classes = run("lib/zoo.lua", [[
      local Animal = {}
      Animal.__index = Animal
      function Animal.new() return setmetatable({}, Animal) end
      function Animal.name() return Animal end
      local Dog = setmetatable({}, Animal)
      Dog.__index = Dog
      function Dog.bark() return Dog end
      function Dog.new() return setmetatable({}, Dog) end
      return { Animal = Animal, Dog = Dog }
    ]])
    assert.same({ "zoo.lua:Dog", "class zoo.lua:Dog", "zoo.lua:Animal", "class zoo.lua:Animal" },
      { kinds(classes.Dog.new(), classes.Dog, classes.Animal.new(), classes.Animal) })
  end)

  it("does not hand a __name down", function()
    local Animal = { __name = "Animal" }
    Animal.__index = Animal
    local Dog = setmetatable({ bark = function() end, __name = "Dog" }, Animal)
    Dog.__index = Dog
    local Cat = setmetatable({}, Animal)
    Cat.__index = Cat
    function Cat.meow() return Cat end
    assert.same({ "Dog", "class Dog", "name_spec.lua:Cat", "class name_spec.lua:Cat" },
      { kinds(setmetatable({}, Dog), Dog, setmetatable({}, Cat), Cat) })
  end)

  it("is none of a class that has no instance", function()
    local classes = run("lib/unused.lua", [[
      local Animal = { live = function() end }
      Animal.__index = Animal
      local Dog = setmetatable({ bark = function() end }, Animal)
      Dog.__index = Dog
      local function know() return Dog, Animal end
      return { Dog, Animal, know }
    ]])
    assert.same({ "class unused.lua:Dog", "class unused.lua:Animal" },
      { kinds(classes[1], classes[2]) })
  end)

  it("of three levels keeps them apart", function()
    local classes = {}
    for i = 1, 3 do
      classes[i] = setmetatable({ __name = "Level" .. i }, classes[i - 1])
      classes[i].__index = classes[i]
    end
    for i = 1, 3 do
      assert.equal("Level" .. i, (kinds(setmetatable({}, classes[i]))))
      assert.equal("class Level" .. i, (kinds(classes[i])))
    end
  end)
end)
