-- Looking changes nothing: no metamethod and no finalizer runs, nothing is kept alive, and the
-- collector is left as it was.

local hp = require "heapy"
local support = require "spec.truth.support"

local in_state, run = support.in_state, support.run

local EVENTS = { "add", "band", "bnot", "bor", "bxor", "call", "close", "concat", "div", "eq",
  "idiv", "index", "le", "len", "lt", "mod", "mul", "newindex", "pairs", "pow", "shl", "shr", "sub",
  "tostring", "unm", "ipairs" }

-- A metatable all of whose metamethods are traps; what has sprung is counted in it.
local function trap(sprung)
  local metatable = { __name = setmetatable({}, { __tostring = error }), __metatable = "locked" }
  for _, event in ipairs(EVENTS) do
    metatable["__" .. event] = function()
      sprung[#sprung + 1] = event
      error("trapped: " .. event, 2)
    end
  end
  return metatable
end

-- All that can be asked of a set, in which the trapped objects are.
local function ask(h, object)
  local seen = {}
  for _, by in ipairs { "bykind", "bytype", "bysize", "bysource", "bymodule", "byrcs", "byvia",
    "byid", "byunity" } do
    local set = h[by]
    seen[by] = tostring(set) .. tostring(set.more) .. tostring(set[0])
  end
  assert(h:has(object))
  local one = h:iso(object)
  assert(rawequal(one.theone, object) and rawequal(one:objects()[1], object))
  for _, set in ipairs { one, one.referrers, one.referents, one.byvia, one.bykind, one.byid } do
    seen[#seen + 1] = tostring(set) .. tostring(set.kind) .. tostring(set.count)
  end
  seen[#seen + 1] = tostring(h:diff(one)) .. tostring(one.address)
  assert(one <= h and (h - one) ~= h and (h & one) == one)
  assert(h:where { kind = function() return true end } == h)
  return seen
end

describe("metamethods", function()
  it("never run, whatever is asked", function()
    local sprung = {}
    local metatable = trap(sprung)
    local object = setmetatable({ {}, x = {} }, metatable)
    local proxy = setmetatable({}, metatable)
    local deep = setmetatable({}, { __index = proxy, __name = proxy })
    local class = setmetatable({}, metatable)
    local instance = setmetatable({ object }, class)
    local keyed = { [object] = proxy, [proxy] = object }
    local weak = setmetatable({ [object] = proxy }, { __mode = setmetatable({}, metatable) })
    package.loaded["spec.trapped"] = proxy
    rawset(class, "__index", proxy)
    local ok, problem = pcall(function()
      local h <close> = hp.heap()
      for _, v in pairs { object, deep, instance, keyed, weak } do ask(h, v) end
      ask(h, proxy)
    end)
    package.loaded["spec.trapped"] = nil
    assert(ok, problem)
    assert.same({}, sprung)
  end)

  it("of basic types never run", function()
    in_state(function(state)
      assert.equal(0, run(state, [[
        local hp = require "heapy"
        local sprung = 0
        local function trap() sprung = sprung + 1 return nil end
        local names = { "__index", "__newindex", "__call", "__len", "__eq", "__concat" }
        local function set(value, on)
          local metatable = on and {} or nil
          for _, name in ipairs(on and names or {}) do metatable[name] = trap end
          debug.setmetatable(value, metatable)
        end
        local strings = debug.getmetatable ""
        for _, value in ipairs { 1, true, print, coroutine.create(print) } do set(value, true) end
        debug.setmetatable(nil, { __index = trap, __call = trap })
        local h = hp.heap()
        local count, kept = h.count, { h.referrers, h.referents, h - h }
        for _, value in ipairs { 1, true, print, coroutine.create(print) } do set(value, false) end
        debug.setmetatable(nil, nil)
        assert(count > 0 and kept and debug.getmetatable "" == strings)
        return sprung]]))
    end)
  end)
end)

describe("finalizers", function()
  it("do not run because of a snapshot, and what they wait for stays garbage", function()
    in_state(function(state)
      assert.same({ 0, 0, 20 }, { run(state, [[
        local hp = require "heapy"
        local ran, late = 0, { __name = "app.Late" }
        function late.__gc() ran = ran + 1 end
        hp.heap()
        collectgarbage() collectgarbage()
        collectgarbage "stop"
        for i = 1, 20 do setmetatable({ i }, late) end
        for _ = 1, 5 do hp.heap() hp.heapu() end
        local early = ran
        local reachable = hp.heap():where { kind = "app.Late" }.count
        local waiting = hp.heapu():where { kind = "app.Late" }.count
        collectgarbage()
        assert(ran == 20)
        return early, reachable, waiting]]) })
    end)
  end)
end)

describe("a set keeps nothing alive:", function()
  it("objects of the program go when the program drops them", function()
    in_state(function(state)
      assert.equal(0, run(state, [[
        local hp = require "heapy"
        local weak = setmetatable({}, { __mode = "kv" })
        local kept = {}
        do
          local object, f, co = { {} }, nil, coroutine.create(print)
          f = function() return object end
          weak[1], weak[2], weak[3], weak[object] = object, f, co, co
          local h = hp.heap()
          local one = h:iso(object)
          kept = { h, one, h.bytype, h:iso(f), one.referrers, h.byid, h:where { type = "thread" },
            h:diff(one), h.all }
          assert(one.theone == object and #h:objects() > 0 and h:has(co))
          for _, set in ipairs(kept) do local _ = tostring(set) end
        end
        for i = 1, 2 do collectgarbage() end
        local left = 0
        for _ in pairs(weak) do left = left + 1 end
        assert(kept[2].count == 1 and kept[2].theone == nil and kept[2].why)
        return left]]))
    end)
  end)
end)

describe("the collector", function()
  it("is left as it was", function()
    in_state(function(state)
      run(state, [[
        local hp = require "heapy"
        local function look() for _ = 1, 3 do local h <close> = hp.heap() hp.heapu():close() end end
        assert(collectgarbage "isrunning")
        look()
        assert(collectgarbage "isrunning")
        collectgarbage "stop"
        look()
        assert(not collectgarbage "isrunning")
        collectgarbage "restart"
        collectgarbage("incremental", 120, 240, 10)
        look()
        assert(collectgarbage "incremental" == "incremental")
        assert(collectgarbage("setpause", 120) == 120)
        assert(collectgarbage("setstepmul", 240) == 240)
        collectgarbage "generational"
        look()
        assert(collectgarbage "generational" == "generational")]])
    end)
  end)

  it("does not step while a snapshot is taken", function()
    in_state(function(state)
      run(state, [[
        local hp, core = require "heapy", require "heapy.core"
        hp.heap()
        collectgarbage "stop"
        local live = truth.live
        local list = {}
        for i = 1, 100 do list[i] = { i } end
        list = nil
        local before = live()
        local set = core.heap(false)
        -- What a snapshot is in the Lua heap: three userdata, no more.
        local grown = live() - before
        assert(grown > 0 and grown < 1500, grown)
        core.close(set)
        before = live()
        local _ = core.count, core.memory(), core.closed(set)
        assert(live() == before)]])
    end)
  end)
end)
