-- suggest: the name that was probably meant.

local suggest = require "heapy.suggest"

describe("suggest", function()
  it("counts edits", function()
    for _, case in ipairs {
      { "", "", 0 }, { "", "abc", 3 }, { "abc", "", 3 }, { "heap", "heap", 0 },
      { "heap", "hep", 1 }, { "heap", "heapu", 1 }, { "heap", "help", 1 },
      { "refferers", "referrers", 2 }, { "ehap", "heap", 1 }, { "abcd", "badc", 2 },
      { "kitten", "sitting", 3 },
    } do
      assert.equal(case[3], suggest.distance(case[1], case[2]), case[1] .. " " .. case[2])
      assert.equal(case[3], suggest.distance(case[2], case[1]), case[2] .. " " .. case[1])
    end
  end)

  it("finds the nearest name", function()
    local names = { "count", "referents", "referrers", "rows", "size", "by" }
    assert.equal("referrers", suggest.nearest("refferers", names))
    assert.equal("referents", suggest.nearest("referent", names))
    assert.equal("count", suggest.nearest("Count", names))
    assert.equal("count", suggest.nearest("cuont", names))
    assert.equal("size", suggest.nearest("sizes", names))
  end)

  it("finds the first name of which one is a part", function()
    local names = { "string", "table (no owner)", "./lib/queue.lua:31 in f",
      "./lib/queue.lua:3 in g" }
    assert.equal("table (no owner)", suggest.longer("table", names))
    assert.equal("./lib/queue.lua:3 in g", suggest.longer("queue.lua:3", names))
    assert.equal("./lib/queue.lua:3 in g", suggest.longer("./lib/queue.lua:3", names))
    assert.equal("table (no owner)", suggest.longer("owner", names))
    for _, name in ipairs { "tab", "own", "eue.lua:3", "" } do
      assert.is_nil(suggest.longer(name, names), name)
    end
    assert.is_nil(suggest.longer(nil, names))
    assert.same({ "string", "table", "", "" }, suggest.beginnings(names))
  end)

  it("is silent when none is near", function()
    local names = { "count", "by", "size" }
    assert.is_nil(suggest.nearest("", names))
    assert.is_nil(suggest.nearest("xx", names))
    assert.is_nil(suggest.nearest("counterpart", names))
    assert.is_nil(suggest.nearest(("count"):rep(100), names))
    assert.is_nil(suggest.nearest("count", {}))
    assert.is_nil(suggest.nearest("nope", { "more", "#", "[]" }))
    assert.is_nil(suggest.nearest("", { "#", "[]" }))
  end)

  it("takes the first of several that are equally near", function()
    assert.equal("bykind", suggest.nearest("bykine", { "byline", "bykind" }))
    assert.equal("bykind", suggest.nearest("bykine", { "bykind", "byline" }))
  end)
end)
