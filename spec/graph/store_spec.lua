-- What the store keeps of names, and how large it gets where heaps are unlike most.

local core = require "heapy.core"
local hp = require "heapy"
local name_of = dofile "spec/graph/name.lua"

-- Bytes that a snapshot keeps, in percent of what the VM holds.
local function kept()
  collectgarbage()
  collectgarbage()
  local before = core.memory()
  local h <close> = hp.heap()
  assert.equal(0, h.accounting.difference)
  return (core.memory() - before) * 100 / h.accounting.count
end

describe("a snapshot", function()
  it("keeps a long key once, in however many tables it is", function()
    local keys, keep = {}, {}
    for k = 1, 50 do keys[k] = ("zq%02d"):format(k):rep(100) end
    local before = kept()
    for i = 1, 3000 do
      keep[i] = { [i + 0.5] = true } -- a shape of its own
      for k = 1, 50 do keep[i][keys[k]] = true end
    end
    assert.is_true(kept() < before + 10)
    local h <close> = hp.heap()
    keep.last = { [keys[7]] = keep }
    local name = name_of(hp.iso(keep).byvia)
    assert.equal("." .. keys[7] .. ", local keep", name)
    assert.is_true(h.count > 3000)
  end)

  it("keeps a long source once, for however many functions", function()
    local before = kept()
    local source = ("local x "):rep(100)
    local keep = {}
    for i = 1, 200 do keep[i] = "function(a" .. i .. ") return a" .. i .. " end" end
    local functions = load(source .. " return {" .. table.concat(keep, ",\n") .. "}")()
    assert.is_true(kept() < before + 15)
    assert.equal(200, #functions)
  end)
end)

describe("rows of a partition", function()
  local function ids(set)
    local list = {}
    for i, row in pairs(set.byid) do list[i + 1] = row.address end
    table.sort(list)
    return table.concat(list, " ")
  end

  it("have together just the objects of the set, each once, in any order of asking", function()
    local keep = {}
    for i = 1, 300 do keep[i] = { zq = ("s"):rep(i % 50) .. "!" } end
    local h <close> = hp.heap()
    local set = h:iso(table.unpack(keep)) | h:iso(table.unpack(keep)).referents
    for _, by in ipairs { "bysize", "byvia", "bykind", "byid" } do
      local parted = set[by]
      local union, count = nil, 0
      for i = #parted - 1, 0, -1 do
        local row = parted[i]
        union = union and union | row or row
        count = count + row.count
      end
      assert.equal(set.count, count, by)
      assert.equal(set, union)
      local middle = #parted // 2 - 1
      assert.equal(set, parted:rows(0, middle) | parted:rows(middle + 1, -1))
      assert.equal(0, (parted:rows(0, middle) & parted:rows(middle + 1, -1)).count)
      assert.equal(ids(parted[1]), ids(parted:rows(1, 1)))
    end
  end)
end)
