-- Completion: what is offered where, and that nothing of the program's is run for it.

local complete = require "heapy.console.complete"
local hp = require "heapy"

complete.begin(hp, require "heapy.set")

describe("the completion of a line", function()
  local ran

  local function note() ran = true end

  local env = {
    held = { name = "x", list = { { inner = 1 } }, deep = { deeper = { deepest = 1 } } },
    helm = 1,
    text = "a",
    trap = setmetatable({ field = 1, list = setmetatable({ count = 1 }, { __eq = note }) }, {
      __eq = note, __index = note, __call = note, __len = note, __pairs = note,
    }),
    heap = hp.heap(),
    hp = hp,
    key = { part = 1 },
  }

  before_each(function() ran = false end)

  local function offers(line)
    return (complete.of(env, line))
  end

  it("offers variables and words of the language, and says where they begin", function()
    assert.same({ { "heap", "held", "helm" }, 5 }, { complete.of(env, "x = he") })
    assert.same({ "while" }, offers "whi")
    assert.same({}, offers "")
    assert.same({}, offers "x = ")
    assert.same({}, offers "12")
  end)

  it("offers fields, as deep as they are", function()
    assert.same({ "name" }, offers "print(held.na")
    assert.same({ "deep", "list", "name" }, offers "held.")
    assert.same({ "deepest" }, offers "held.deep.deeper.")
    assert.same({ "format" }, offers "text:form")
    assert.same({ "part" }, offers "held[key.pa")
    assert.same({ "heap", "heapu" }, offers "hp.hea")
  end)

  it("offers those of sets behind what gives sets", function()
    for _, line in ipairs { "heap.refe", "heap[0].refe", "heap.referrers[2].refe",
      "heap[1].byvia.refe" } do
      assert.same({ "referents", "referrers" }, offers(line), line)
    end
  end)

  it("offers variables behind two dots, which are no field", function()
    assert.same({ "held" }, offers "text..held")
    assert.same({ "held" }, offers "text .. held")
    assert.same({ "name" }, offers "text..held.na")
  end)

  it("offers nothing where something would have to be run first", function()
    for _, line in ipairs { "hp.heap().he", "hp.heap()[1].he", "hp.heap():he", "hp.heap() . he",
      "('x'):he", "hp.heap().held.na", "held.list[1].", "held.list[1].inn", "held[key].na",
      "held.count.na", "(held).na", "hp.heap():where{ kind = 'table' }.he" } do
      assert.same({}, offers(line), line)
    end
  end)

  it("runs nothing of the program's", function()
    for _, line in ipairs { "trap.", "trap.fie", "trap.list.", "trap.list.co", "trap.none.", "tra",
      "trap:", "trap[1]." } do
      offers(line)
      assert.is_false(ran, line)
    end
    assert.same({ "field", "list" }, offers "trap.")
    assert.same({ "count" }, offers "trap.list.")
  end)
end)
