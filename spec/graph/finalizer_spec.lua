-- Objects with finalizers: before, while and after these run.

local hp = require "heapy"
local name_of = dofile "spec/graph/name.lua"

local function weak(t) return setmetatable(t or {}, { __mode = "v" }) end

-- Runs f(object) as the finalizer of an object made by 'make', with heapy's answers handed out.
local function finalizing(f, make)
  local result
  local function fill()
    local object = make and make() or {}
    setmetatable(object, { __gc = function(self) result = result or table.pack(f(self)) end })
  end
  fill()
  collectgarbage()
  assert(result, "it was not finalized")
  return table.unpack(result, 1, result.n)
end

describe("an object with a finalizer", function()
  it("is garbage when nothing refers to it, and so is what it holds", function()
    collectgarbage "stop"
    local sentinels = weak()
    local function fill()
      local inner = {}
      sentinels[1] = setmetatable({ inner }, { __gc = function() end })
      sentinels[2] = inner
    end
    fill()
    local h <close> = hp.heap()
    assert.is_false((h:has(sentinels[1])))
    assert.is_false((h:has(sentinels[2])))
    collectgarbage "restart"
    collectgarbage()
    assert.is_nil(sentinels[1])
    assert.is_nil(sentinels[2])
  end)

  it("is reachable while its finalizer runs, and the bytes add up", function()
    local seen, held, difference = finalizing(function(self)
      local h <close> = hp.heap()
      return h:has(self), h:has(self.field), h.accounting.difference
    end, function() return { field = {} } end)
    assert.is_true(seen)
    assert.is_true(held)
    assert.equal(0, difference)
  end)

  it("is reachable while it waits for its finalizer", function()
    local edges
    local function finalize(self)
      if edges then return end
      edges = {}
      local h <close> = hp.heap()
      for i, other in ipairs(self.all) do edges[i] = name_of(h:iso(other).byvia) end
    end
    local function fill()
      local all = {}
      for i = 1, 5 do all[i] = setmetatable({ all = all }, { __gc = finalize }) end
    end
    fill()
    collectgarbage()
    assert.matches("^%[5%], local self", edges[5])
    for i = 1, 4 do assert.equal(("[%d], about to be finalized"):format(i), edges[i]) end
  end)

  it("that was brought back is as any other", function()
    local saved
    finalizing(function(self) saved = self end)
    local h <close> = hp.heap()
    assert.is_true(h:has(saved))
    assert.equal("local saved, upvalue saved", name_of(h:iso(saved).byvia))
    assert.is_true(rawequal(saved, h:iso(saved).theone))
    collectgarbage()
    assert.is_true(rawequal(saved, h:iso(saved).theone))
  end)

  it("keeps its place in the heap when a snapshot is taken in the finalizer", function()
    local names = {}
    local function fill()
      for i = 1, 10 do
        setmetatable({}, { __gc = function()
          names[#names + 1] = i
          local h <close> = hp.heap()
          assert(h.count > 0)
        end })
      end
    end
    fill()
    collectgarbage()
    assert.same({ 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 }, names) -- each ran once, in order
  end)
end)

describe("a snapshot", function()
  it("runs no finalizer and brings nothing back", function()
    collectgarbage "stop"
    local runs, sentinels = 0, weak()
    local function fill()
      sentinels[1] = setmetatable({}, { __gc = function() runs = runs + 1 end })
    end
    fill()
    for _ = 1, 3 do
      local h <close> = hp.heap()
      assert.is_true(h.referents <= h)
    end
    assert.equal(0, runs)
    collectgarbage "restart"
    collectgarbage()
    assert.equal(1, runs)
    assert.is_nil(sentinels[1])
  end)
end)
