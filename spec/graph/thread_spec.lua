-- Coroutines: what their stacks hold, frame by frame, in every state they can be in.

local hp = require "heapy"
local name_of = dofile "spec/graph/name.lua"

local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield

-- The edges from a thread to a value, by name.
local function via(h, co, value)
  local one = h:iso(value)
  assert.is_true(one <= h:iso(co).referents, "the thread does not refer to it")
  return name_of(one.byvia)
end

-- A table that nothing but what it is given to holds, once 'make' has returned.
local function lone(make)
  local weak = setmetatable({}, { __mode = "v" })
  local function fill()
    local value = {}
    weak[1] = value
    return make(value)
  end
  local co = fill()
  return weak, co
end

local function started(body)
  return lone(function(value)
    local co = create(body)
    assert(resume(co, value))
    return co
  end)
end

describe("a suspended coroutine", function()
  it("holds its locals by name", function()
    local weak, co = started(function(e)
      yield()
      return e
    end)
    local h <close> = hp.heap()
    assert.equal("local e", via(h, co, weak[1]))
    assert.equal(h:iso(co), h:iso(weak[1]).referrers)
  end)

  it("holds a variable under the name that is in scope", function()
    local weak, co = started(function(...)
      do
        local early <const> = 1
        yield(early)
      end
      local late = ...
      yield()
      return late
    end)
    local h <close> = hp.heap()
    assert.equal("vararg", via(h, co, weak[1]))
    resume(co)
    local later <close> = hp.heap()
    assert.equal("local late, vararg", via(later, co, weak[1]))
  end)

  it("holds its extra arguments", function()
    local weak, co = started(function(...)
      yield()
      return ...
    end)
    local h <close> = hp.heap()
    assert.equal("vararg", via(h, co, weak[1]))
  end)

  it("holds what the VM keeps for it", function()
    local weak, co = started(function(v)
      return (function() return {} end)(), { v, yield(nil, v) }
    end)
    local h <close> = hp.heap()
    assert.matches("local v", via(h, co, weak[1]))
  end)

  it("holds the arguments of the C function it is in", function()
    local weak, co = lone(function(value)
      local co = create(function(v)
        table.sort({ 1, 2, 3 }, function() return yield(v) end)
      end)
      resume(co, value) -- sort cannot be left by a yield: it fails, its frames stay
      return co
    end)
    local h <close> = hp.heap()
    assert.is_true(h:has(weak[1]))
    local sorting = create(function(v) return pcall(yield, v) end)
    resume(sorting, weak[1])
    local again <close> = hp.heap()
    assert.matches("value of a C function", via(again, sorting, weak[1]))
    assert.equal("dead", coroutine.status(co))
  end)

  it("holds the functions it is in", function()
    local inner = function() yield() end
    local co = create(function(f)
      f()
      return 1
    end)
    resume(co, inner)
    local h <close> = hp.heap()
    assert.matches("running function", via(h, co, inner))
  end)

  it("holds its open upvalues, and these what is in the stack", function()
    local weak, co = started(function(shared)
      local function use() return shared end
      yield(use)
      return use
    end)
    local h <close> = hp.heap()
    local upvalue = h:iso(co).referents:where { type = "upvalue" }
    assert.equal(1, upvalue.count)
    assert.matches("open upvalue", name_of(upvalue.byvia))
    assert.equal(h:iso(weak[1]), upvalue.referents)
    assert.equal("local shared, upvalue shared", name_of(h:iso(weak[1]).byvia))
    assert.equal(h:iso(co) | upvalue, h:iso(weak[1]).referrers)
  end)

  it("is let go of by an upvalue that is closed", function()
    local getter
    local weak, co = lone(function(value)
      local co = create(function(v)
        do
          local inner = v
          getter = function() return inner end
        end
        local overwritten = 1 -- takes the place of 'inner'
        v = 2
        yield(overwritten)
        return overwritten, v
      end)
      resume(co, value)
      return co
    end)
    local h <close> = hp.heap()
    assert.equal(0, (h:iso(co).referents:where { type = "upvalue" }).count)
    assert.equal("upvalue inner", name_of(h:iso(weak[1]).byvia))
    assert.is_true(h:iso(weak[1]) <= h:iso(getter).referents.referents)
  end)
end)

describe("a coroutine", function()
  it("that never ran holds its function", function()
    local weak, co = lone(function(value) return create(function() return value end) end)
    local h <close> = hp.heap()
    assert.is_true(h:has(weak[1]))
    local body = h:iso(co).referents
    assert.equal("function", body.kind)
    assert.equal(h:iso(weak[1]), body.referents:where { type = "upvalue" }.referents)
  end)

  it("that has ended holds nothing", function()
    local weak, co = lone(function(value)
      local co = create(function(v) return v and nil end)
      resume(co, value)
      return co
    end)
    local h <close> = hp.heap()
    assert.is_false((h:has(weak[1])))
    assert.equal(0, h:iso(co).referents.count)
  end)

  it("that failed keeps its frames, with their upvalues open", function()
    local weak, co = lone(function(value)
      local co = create(function(v)
        local function read() return v end
        local held = v
        error(read and { held } and "no")
      end)
      assert.is_false((resume(co, value)))
      return co
    end)
    local h <close> = hp.heap()
    assert.equal("local held, local v, upvalue v", via(h, co, weak[1]))
    collectgarbage()
    assert.is_table(weak[1])
    coroutine.close(co)
    local closed <close> = hp.heap()
    assert.equal(0, closed:iso(co).referents.count)
    assert.is_false((closed:has(weak[1])))
  end)

  it("that was closed while suspended holds nothing", function()
    local weak, co = started(function(v)
      yield()
      return v
    end)
    coroutine.close(co)
    local h <close> = hp.heap()
    assert.equal(0, h:iso(co).referents.count)
    assert.is_false((h:has(weak[1])))
  end)

  it("that resumed another holds its own frames", function()
    local inside
    local co = create(function(outer)
      local child = create(function() inside() end)
      assert(resume(child, outer))
      yield()
      return child
    end)
    local target = setmetatable({ {} }, { __mode = "v" })
    local seen
    inside = function()
      local h <close> = hp.heap()
      seen = { coroutine.status(co), via(h, co, target[1]),
        h:iso(co) <= h:iso((coroutine.running())).referrers }
    end
    assert(resume(co, target[1]))
    assert.same({ "normal", "local outer", true }, seen)
  end)

  it("that is wrapped is an upvalue of its function", function()
    local weak, f = lone(function(value)
      local f = coroutine.wrap(function(v)
        yield()
        return v
      end)
      f(value)
      return f
    end)
    local h <close> = hp.heap()
    local thread = h:iso(f).referents
    assert.equal("thread", thread.kind)
    assert.equal(thread, h:iso(weak[1]).referrers)
    assert.equal("upvalue", name_of(thread.byvia))
  end)

  it("that runs can be looked at from inside, heapy's frames hidden", function()
    local seen
    local co = create(function(mine)
      local h <close> = hp.heap()
      seen = { via(h, (coroutine.running()), mine), h:has(hp) }
    end)
    assert(resume(co, {}))
    assert.same({ "local mine", false }, seen)
  end)

  it("holds nothing in the slots above its top", function()
    local weak, co = lone(function(value)
      local co = create(function(v)
        local function deeper(n, x)
          if n > 0 then return 1 + deeper(n - 1, x) end
          return 0
        end
        deeper(50, v) -- leaves copies of v where no frame will be
        local padding = { 1, 2, 3, 4, 5, 6 }
        v = 1
        yield(padding)
        return padding, v
      end)
      resume(co, value)
      return co
    end)
    local h <close> = hp.heap()
    local predicted = h:has(weak[1])
    collectgarbage()
    assert.equal(weak[1] ~= nil, predicted)
    assert.is_false(predicted)
    assert.is_true(h:has(co))
  end)

  it("shows a to-be-closed variable as any other", function()
    local weak, co = started(function(v)
      local resource <close> = setmetatable(v, { __close = function() end })
      yield()
      return resource
    end)
    local h <close> = hp.heap()
    assert.matches("local resource", via(h, co, weak[1]))
    coroutine.close(co)
  end)
end)

describe("an open upvalue", function()
  it("of a coroutine that is garbage still holds its value", function()
    collectgarbage "stop"
    local weak, getter = lone(function(value)
      local co = create(function(v) yield(function() return v end) end)
      local _, getter = resume(co, value)
      return getter
    end)
    local h <close> = hp.heap()
    assert.is_true(h:has(weak[1]))
    assert.equal(0, h:iso(weak[1]).referrers:where { type = "thread" }.count)
    assert.equal("upvalue v", name_of(h:iso(weak[1]).byvia))
    collectgarbage "restart"
    collectgarbage()
    assert.equal(weak[1], getter())
    local after <close> = hp.heap()
    assert.is_true(after:iso(weak[1]) <= after:iso(getter).referents.referents)
  end)
end)
