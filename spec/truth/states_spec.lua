-- Lua states of one process know nothing of each other, and leave nothing behind.

local core = require "heapy.core"
local support = require "spec.truth.support"
local truth = require "heapy_truth"

local in_state, run = support.in_state, support.run

-- A state with n instances of a class of its name.
local function populated(name, n)
  local state = truth.state()
  run(state, [[
    local name, n = ...
    hp, things = require "heapy", {}
    for i = 1, n do things[i] = setmetatable({}, { __name = name }) end]], name, n)
  return state
end

local COUNT = "local h <close> = hp.heap() return h:where { kind = ... }.count"

describe("several states at once", function()
  it("have heaps of their own", function()
    local a, b, c = populated("A", 3), populated("B", 5), populated("C", 7)
    assert.same({ 3, 0, 0 }, { run(a, COUNT, "A"), run(a, COUNT, "B"), run(a, COUNT, "C") })
    assert.same({ 0, 5, 0 }, { run(b, COUNT, "A"), run(b, COUNT, "B"), run(b, COUNT, "C") })
    a:close()
    assert.equal(5, run(b, COUNT, "B"))
    assert.equal(7, run(c, COUNT, "C"))
    b:close()
    c:close()
  end)

  it("have accounts of their own", function()
    local a, b = populated("A", 1), populated("B", 1000)
    local chunk = [[
      local live = truth.live
      local h <close> = hp.heap()
      return h.accounting.difference, h.accounting.count, live()]]
    for _, state in ipairs { a, b } do
      local difference, count, live = run(state, chunk)
      assert.equal(0, difference)
      assert.is_true(math.abs(live - count) < 2000) -- the table of the accounting
    end
    a:close()
    b:close()
  end)

  it("keep their snapshots apart", function()
    local before = core.memory()
    local a, b = populated("A", 10), populated("B", 10)
    run(a, "h1 = hp.heap()")
    run(b, "h1 = hp.heap()")
    run(a, "things = nil collectgarbage() h2 = hp.heap()")
    assert.equal(10, run(a, "return (h1 - h2):where { kind = 'A' }.count"))
    assert.equal(0, run(b, "return (h1 - hp.heap()):where { kind = 'B' }.count"))
    run(a, "h1:close() h2:close()")
    assert.equal(10, run(b, "return h1:where { kind = 'B' }.count"))
    assert.equal(0, b:close())
    assert.equal(0, a:close())
    assert.equal(before, core.memory())
  end)
end)

describe("a state that is closed", function()
  it("frees its snapshots and sets, a hundred times #novalgrind", function()
    for _ = 1, 100 do
      in_state(function(state)
        run(state, [[
          hp = require "heapy"
          h = hp.heap()
          rows, kept = h.bytype, { h.byid, h.referrers, h - h[0], h:diff(h[1]), h.more }
          print = tostring(rows) .. tostring(kept[1])
          hp.setref()
          later = hp.heap()]])
      end)
    end
  end)

  it("frees them where the collector never ran", function()
    in_state(function(state)
      run(state, [[
        collectgarbage "stop"
        local hp = require "heapy"
        for _ = 1, 20 do local _ = tostring(hp.heap().bysize) end]])
    end)
  end)

  it("frees what its last finalizers take", function()
    in_state(function(state)
      run(state, [[
        local hp = require "heapy"
        local function take() taken = hp.heap() rows = taken.bytype mark = hp.setref() end
        for _ = 1, 3 do setmetatable({}, { __gc = take }) end
        collectgarbage "stop"]])
    end)
  end)

  it("has no more to tell those of its finalizers that are older than heapy", function()
    local told
    in_state(function(state)
      run(state, [[
        local hp, h
        local object = setmetatable({}, { __gc = function()
          local set, message = hp.heap()
          assert(set == nil and message == "this Lua state is being closed", message)
          assert(not pcall(function() return h.count end))
          told.write("told\n"):close()
        end })
        hp = require "heapy"
        h = hp.heap()
        kept = object
        local name = ...
        told = { write = function(text)
          local file = assert(io.open(name, "w"))
          file:write(text)
          return file
        end }]], support.file)
    end)
    local file <close> = assert(io.open(support.file))
    told = file:read "a"
    os.remove(support.file)
    assert.equal("told\n", told)
  end)
end)

describe("in a coroutine that C resumes", function()
  it("a snapshot can be taken, and is exact", function()
    in_state(function(state)
      local results = { state:resume [[
        local hp = require "heapy"
        local function inner()
          local h <close> = hp.heap()
          return h.accounting.difference, h:where { type = "thread" }.count
        end
        local difference, threads = inner()
        local again, more = coroutine.wrap(inner)()
        return difference, threads, again, more ]] }
      assert.same({ true, 0, 2, 0, 3 }, results)
    end)
  end)

  it("an error of heapy's ends there", function()
    in_state(function(state)
      local ok, message = state:resume 'local hp = require "heapy" return hp.heap().refferers'
      assert.is_false(ok)
      assert.matches("did you mean 'referrers'", message, 1, true)
    end)
  end)
end)
