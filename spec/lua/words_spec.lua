-- What is said where the core has bad news. Here the core is made to have it.

local core = require "heapy.core"
local hp = require "heapy"
local support = dofile "spec/lua/support.lua"

-- Runs f while a function of the core is another.
local function with(name, replacement, f)
  local before = core[name]
  core[name] = replacement
  local ok, problem = pcall(f)
  core[name] = before
  assert(ok, problem)
end

local NOTE = "Objects were matched by address and type; "
  .. "some may be others born in the same place."

describe("a set whose objects are not certain", function()
  after_each(support.close)

  local function uncertain() return true end

  it("says so in its last line, wherever all of it begins", function()
    local h = support.set(support.classes(12))
    local exact, all, more = tostring(h), tostring(h.all), tostring(h.more)
    with("approximate", uncertain, function()
      assert.equal(exact .. "\n" .. NOTE, tostring(h))
      assert.equal(all .. "\n" .. NOTE, tostring(h.all))
      assert.equal(more, tostring(h.more))
      assert.equal(NOTE, tostring(h.byid):match("[^\n]+$"))
      assert.equal("Partition of a set of 0 objects. Total size = 0 bytes.", tostring(h - h))
    end)
  end)
end)

describe("a VM that cannot be read", function()
  local function heap() return nil, "this is Lua 5.4.99" end

  local function refused(...)
    assert.equal(2, select("#", ...))
    local value, message = ...
    assert.is_nil(value)
    assert.equal("this is Lua 5.4.99", message)
  end

  it("is told of by each function that would read it", function()
    with("heap", heap, function()
      refused(hp.heap())
      refused(hp.heapu())
      refused(hp.iso({}))
    end)
    with("check", heap, function() refused(hp.setref()) end)
  end)

  it("still raises for a wrong call", function()
    with("heap", heap, function()
      assert.equal("heapy: bad argument #1 to 'heap' (table expected, got number)",
        support.message(function() hp.heap(3) end))
    end)
  end)
end)

describe("an object that cannot be handed out", function()
  after_each(support.close)

  it("has a reason", function()
    local h = support.set { {} }
    with("live", function() return nil, "it may be gone" end, function()
      assert.is_nil(h.theone)
      assert.equal("it may be gone", h.why)
      assert.same({ nil, "it may be gone" }, { h:objects() })
    end)
  end)
end)

describe("an accounting with a note", function()
  after_each(support.close)

  it("prints it last", function()
    local h = support.set { {} }
    local function accounting()
      return { reachable = 1, unreachable = 2, heapy = 3, vm = 4, count = 15, difference = 5,
        note = "A parser is at work." }
    end
    with("accounting", accounting, function()
      assert.equal([[
Accounting of the VM's memory, in bytes.
  reachable                1
  unreachable              2
  heapy                    3
  vm                       4
  count                   15
  difference               5
A parser is at work.]], tostring(h.accounting))
    end)
  end)
end)
