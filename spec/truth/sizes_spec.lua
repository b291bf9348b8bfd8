-- The size of every object is what was asked of the allocator for it.

local support = require "spec.truth.support"

local in_state, run, seed = support.in_state, support.run, support.seed

local function sizes(state, ...)
  return run(state, 'return assert(loadfile "spec/truth/sizes.lua")(...)', ...)
end

describe("sizes, with HEAPY_SEED=" .. seed .. ",", function()
  it("are what the allocator was asked for #noasan #novalgrind", function()
    for i = 1, 20 do
      in_state(function(state) assert.is_true(sizes(state, seed + i, 500) > 500) end)
    end
  end)

  it("are so in a small heap", function()
    in_state(function(state) assert.is_true(sizes(state, seed, 20) > 300) end)
  end)

  it("are so where memory is short", function()
    in_state(function(state)
      run(state, 'require "heapy.core" require "spec.truth.mutations"')
      state:every(2) -- every growth succeeds when it is tried again
      assert.is_true(sizes(state, seed, 0) > 300)
    end)
  end)
end)

describe("a coroutine's size", function()
  it("is what its making and its calls have asked for", function()
    in_state(function(state)
      local found, asked = run(state, [[
        local hp = require "heapy"
        local function down(n) if n > 0 then return 1 + down(n - 1) end return coroutine.yield() end
        local function size(co) local h <close> = hp.iso(co) return h.size end
        local co = coroutine.create(down)
        size(co)
        collectgarbage()
        collectgarbage "stop"
        local fresh, before = size(co), truth.live()
        coroutine.resume(co, 1000)
        local asked = truth.live() - before
        return size(co) - fresh, asked]])
      assert.equal(asked, found)
      assert.is_true(found > 1000 * 64)
    end)
  end)

  it("is all of it, when it is new", function()
    in_state(function(state)
      local found, asked = run(state, [[
        local hp = require "heapy"
        collectgarbage "stop"
        local f, before = print, truth.live()
        local co = coroutine.create(f)
        local asked = truth.live() - before
        return hp.iso(co).size, asked]])
      assert.equal(asked, found)
    end)
  end)
end)

describe("objects told one by one", function()
  it("have the sizes and places that the allocator knows", function()
    in_state(function(state)
      local wrong, n = run(state, [[
        local hp = require "heapy"
        local kept = { ("x"):rep(1000), {}, { 1, 2, 3 }, { a = 1 }, truth.userdata(100, 3) }
        collectgarbage "stop"
        local h = hp.heap()
        truth.note()
        local wrong, n = 0, 0
        local one_block = h:where { type = { "string", "function", "C function", "userdata" } }
        for _, row in pairs(one_block.byid) do
          n = n + 1
          if truth.claim(row.address) ~= row.size then wrong = wrong + 1 end
        end
        for _, v in ipairs(kept) do
          if not h:has(v) then wrong = wrong + 1 end
        end
        return wrong, n]])
      assert.equal(0, wrong)
      assert.is_true(n > 200)
    end)
  end)
end)
