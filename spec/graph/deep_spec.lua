-- Depth: nothing in heapy goes by recursion over the heap's own shape.

local hp = require "heapy"
local name_of = dofile "spec/graph/name.lua"

-- The most frames that this Lua gives a coroutine, up to n.
local function recurse(n)
  local function body(depth, held)
    if depth == 0 then return coroutine.yield() end
    local here = held
    return here, body(depth - 1, here)
  end
  repeat
    local co, value = coroutine.create(body), {}
    if coroutine.resume(co, n, value) then return co, value, n end
    n = n // 2
  until n < 100
end

describe("depth #novalgrind", function()
  it("of a stack is taken frame by frame", function()
    local co, value, n = recurse(100000)
    local start = os.clock()
    local h <close> = hp.heap()
    assert.is_true(h:iso(value) <= h:iso(co).referents)
    assert.matches("local here, local value", name_of(h:iso(value).byvia), 1, true)
    assert.is_true(h:iso(co) <= h:iso(value).referrers)
    assert.is_true(os.clock() - start < 20, n .. " frames took too long")
  end)

  it("of a list is followed link by link", function()
    local function measure(n)
      local list
      local first
      for i = 1, n do
        list = { next = list }
        if i == 1 then first = list end
      end
      local start = os.clock()
      local h <close> = hp.heap()
      assert.is_true(h.count > n)
      local links = h:where(function() return false end) | h:iso(list, first)
      assert.equal(h:iso(list).referents:where { type = "table" }.referrers & links, h:iso(list))
      assert.is_true(h:has(first))
      assert.is_true(h.referents <= h)
      assert.is_true(h.referrers <= h)
      assert.is_true(h:iso(first).referrers:where { type = "table" }.count == 1)
      local step = h:iso(list)
      for _ = 1, 100 do step = step.referents:where { type = "table" } end
      assert.equal(1, step.count)
      return os.clock() - start
    end
    measure(1000)
    assert.is_true(measure(1000000) < 30)
    collectgarbage()
  end)

  it("of ephemerons is no square", function()
    -- Each key is the value of the entry before: the collector itself takes them one by one.
    local function chain(n, order)
      local t, keys = setmetatable({}, { __mode = "k" }), {}
      for i = 1, n do keys[i] = {} end
      for i = 1, n - 1 do
        local at = order == "up" and i or n - i
        t[keys[at]] = keys[at + 1]
      end
      return t, keys[1], setmetatable({ keys[n] }, { __mode = "v" })
    end
    for _, order in ipairs { "up", "down" } do
      collectgarbage "stop"
      local t, first, last = chain(200000, order)
      local start = os.clock()
      local h <close> = hp.heap()
      assert.is_true(os.clock() - start < 5)
      assert.is_true(h:has(last[1]))
      assert.is_table(t[first])
      h:close()
      first = nil
      local again <close> = hp.heap()
      assert.is_false((again:has(last[1])))
      assert.is_nil(first)
      t = nil
      assert.is_nil(t)
      collectgarbage "restart"
      collectgarbage()
    end
  end)
end)
