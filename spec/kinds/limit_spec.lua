-- Names that would be taken for others, and more kinds than there are numbers.

local hp = require "heapy"
local name_of = dofile "spec/graph/name.lua"
local support = dofile "spec/kinds/support.lua"
local kinds = support.kinds

after_each(support.unload)
after_each(collectgarbage)

describe("a class with the name of another kind", function()
  it("is told apart from it", function()
    for _, name in ipairs { "string", "function", "C function", "thread", "userdata", "prototype",
      "upvalue", "registry", "globals", "table (no owner)", "module string", "class Queue",
      "table of Queue", "(more kinds)" } do
      local class = { __name = name, go = function() end }
      local object = setmetatable({ held = {} }, class)
      assert.same({ name .. " (class)", "class " .. name, "table of " .. name },
        { kinds(object, class, object.held) })
      local h <close> = hp.heap()
      assert.equal(1, h:where { kind = name .. " (class)" }.count)
    end
  end)

  it("is told apart from one that is called so", function()
    local a = setmetatable({}, { __name = "string" })
    local b = setmetatable({}, { __name = "string (class)" })
    local c = setmetatable({}, { __name = "String (class)" })
    assert.same({ "string (class)", "string (class) (class)", "String (class)" },
      { kinds(a, b, c) })
  end)
end)

describe("a module whose name has no characters", function()
  it("is shown as one", function()
    local made = { Class = { go = function() end } }
    package.loaded[""] = made
    local object = setmetatable({}, { __index = made.Class })
    local module, class = kinds(made, object)
    local h <close> = hp.heap()
    local by_module = name_of(h:iso(made).bymodule)
    package.loaded[""] = nil
    assert.same({ 'module ""', '"".Class', '""' }, { module, class, by_module })
  end)
end)

describe("a global or field whose name has no characters", function()
  it("names nothing", function()
    local class = support.run("some/dir/marker.lua", support.PLAIN)
    local real = support.run("x.lua", "return _G")
    real[""] = class
    local kind = kinds(class.new())
    real[""] = nil
    assert.equal("marker.lua:Marker", kind)
  end)
end)

describe("a class in a sandbox", function()
  it("is named after its global there", function()
    local env = setmetatable({}, { __index = support.run("x.lua", "return _G") })
    assert(load([[
      Account = {}
      Account.__index = Account
      function Account.deposit(self) return tostring(self) end
      Empty = { __index = function(_, k) return tostring(k) end }
    ]], "@plugin.lua", "t", env))()
    assert.same({ "Account", "class Account", "Empty", "table (no owner)" },
      { kinds(setmetatable({}, env.Account), env.Account, setmetatable({}, env.Empty), env) })
  end)

  it("is not named after what another sandbox calls it", function()
    local class = support.run("some/dir/marker.lua", support.PLAIN)
    local env = setmetatable({ Alias = class }, { __index = support.run("x.lua", "return _G") })
    local f = assert(load("return function() return x end", "@plugin.lua", "t", env))()
    assert.equal("marker.lua:Marker", (kinds(class.new())))
    assert.is_function(f)
  end)

  it("is named after a real global first", function()
    local real = support.run("x.lua", "return _G")
    local env = setmetatable({}, { __index = real })
    assert(load("Acc = {} function Acc.go() return x end", "@plugin.lua", "t", env))()
    real.Spec_account = env.Acc
    local kind = kinds(setmetatable({}, { __index = env.Acc }))
    real.Spec_account = nil
    assert.equal("Spec_account", kind)
  end)
end)

-- Objects with a metatable each that has nothing but an empty __index.
local function proxies(n)
  local all = {}
  for i = 1, n do all[i] = setmetatable({ v = i, held = {} }, { __index = {} }) end
  return all
end

describe("classes that have only addresses", function()
  it("have them for names up to a thousand", function()
    local all = proxies(200)
    local h <close> = hp.heap()
    assert.equal(200, #h:iso(table.unpack(all)))
    assert.matches("^%(class 0x%x+%)$", h:iso(all[7]).kind)
    assert.equal(0, h:where { kind = "(more classes)" }.count)
  end)

  it("are one kind beyond", function()
    local all = proxies(1100)
    local h <close> = hp.heap()
    assert.equal(1100, h:where { kind = "(more classes)" }.count)
    assert.equal(1100, h:where { kind = "table of (more classes)" }.count)
    assert.is_true(h:where { kind = "class (more classes)" }.count >= 2200)
    assert.equal("(more classes)", h:iso(all[1]).kind)
  end)

  it("do not push out what has a name", function()
    local all, Account, accounts = proxies(40000), { __name = "Account" }, {}
    for i = 1, 100 do accounts[i] = setmetatable({ list = {} }, Account) end
    local h <close> = hp.heap()
    assert.equal(100, h:where { kind = "Account" }.count)
    assert.equal(100, h:where { kind = "table of Account" }.count)
    assert.equal("class Account", h:iso(Account).kind)
    assert.equal("module string", h:iso(string).kind)
    assert.equal("globals", h:iso(support.run("x.lua", "return _G")).kind)
    assert.equal(0, h:where { kind = "(more kinds)" }.count)
    assert.same({ 40000, 100 }, { #all, #accounts })
  end)
end)

describe("more than 65000 kinds", function()
  it("are none of what is alive, if it is garbage that has them #novalgrind", function()
    collectgarbage "stop"
    for i = 1, 70000 do setmetatable({ held = {} }, { __name = "Dead" .. i }) end
    local Account = { __name = "Account" }
    local object = setmetatable({ list = {} }, Account)
    local names = { kinds(object, Account, object.list, string) }
    collectgarbage "restart"
    assert.same({ "Account", "class Account", "table of Account", "module string" }, names)
  end)

  it("leave types, modules and instances what they are #novalgrind", function()
    local all = {}
    for i = 1, 40000 do all[i] = setmetatable({ held = {} }, { __name = "Many" .. i }) end
    local h <close> = hp.heap()
    for i = 1, 40000, 3999 do assert.equal("Many" .. i, h:iso(all[i]).kind) end
    assert.same({ "string", "module string", "thread" },
      { h:iso("x").kind, h:iso(string).kind, h:iso((coroutine.running())).kind })
    local more = h:where { kind = "(more kinds)" }
    assert.is_true(more.count > 40000 and more.count < 80000)
    assert.equal(more, more:where { type = "table" })
    assert.equal("(no module)", name_of(more.bymodule))
    assert.is_true(#h > 64000 and #h <= 65001)
  end)
end)
