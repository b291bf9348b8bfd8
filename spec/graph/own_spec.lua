-- What is heapy's stays out of sight, and holds nothing of the program.

local hp = require "heapy"

describe("heapy's own objects", function()
  local function nothing_of(h, set)
    assert.equal(0, (h & set).count)
  end

  it("are in no heap", function()
    local h <close> = hp.heap()
    assert.is_false((h:has(hp)))
    assert.is_false((h:has(hp.heap)))
    assert.is_false((h:has(getmetatable(hp))))
    assert.is_false((h:has(package.loaded["heapy.core"])))
    nothing_of(h, h:where { kind = function(name)
      return name:find "heapy%.%u" or name:find("module heapy", 1, true)
    end })
  end)

  it("leave no trace in the frames of the moment", function()
    hp.setref()
    local h <close> = hp.heap { collect = false }
    hp.setref(false)
    -- The options are the program's; what heapy makes of them is not.
    assert.is_true(h.count <= 1)
    hp.setref()
    local empty <close> = hp.heap()
    hp.setref(false)
    assert.equal(0, empty.count)
  end)

  it("are no referents and no referrers", function()
    local value = {}
    local set <close> = hp.iso(value)
    local holder = { set, hp, value }
    local h <close> = hp.heap()
    assert.equal(h:iso(value), h:iso(holder).referents)
    assert.is_true(h:iso(holder) <= h:iso(value).referrers)
    assert.is_true(h.referents <= h)
    assert.is_true(h.referrers <= h)
  end)

  it("do not refer to what they are asked about, from the frames they run in", function()
    local holder = { {} }
    local set <close> = hp.iso(holder[1])
    local one <close> = hp.heap():iso(holder)
    for _, of in ipairs { set, one.referents } do
      assert.equal("table (no owner)", of.referrers.kind)
      assert.equal(1, of.referrers.count)
      assert.equal("[1]", of.byvia[0].byvia.kind)
      assert.equal("table (no owner)", of.byrcs[0].byrcs.kind)
    end
  end)

  it("hold nothing of the program", function()
    local sentinels = setmetatable({}, { __mode = "v" })
    local sets = {}
    local function look()
      local value = { {} }
      sentinels[1], sentinels[2] = value, value[1]
      local h = hp.heap()
      sets[1], sets[2], sets[3] = h, h:iso(value), h:iso(value).referents
      sets[4] = { tostring(h), tostring(h.byvia), sets[2].count, h:has(value) }
      sets[5] = h:where { kind = "table (no owner)" }
      sets[6] = h:diff(sets[5])
    end
    look()
    collectgarbage()
    assert.is_nil(sentinels[1])
    assert.is_nil(sentinels[2])
    assert.equal(1, sets[2].count)
    sets[1]:close()
  end)

  it("come and go without a rest #novalgrind", function()
    local function use()
      local h <close> = hp.heap()
      assert(#h.byvia > 0 and h.referrers.count > 0 and tostring(h))
      local one = h:iso(print and use)
      assert(one.theone == use)
    end
    use()
    use()
    collectgarbage()
    collectgarbage()
    local before = collectgarbage "count"
    for _ = 1, 300 do use() end
    collectgarbage()
    collectgarbage()
    local growth = collectgarbage "count" - before
    assert.is_true(growth < 8, "the Lua heap grew by " .. growth .. " KB")
  end)
end)
