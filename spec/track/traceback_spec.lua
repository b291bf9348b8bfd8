-- Whole tracebacks, beside what debug.traceback says at the same place; and the names in them.

local core = require "heapy.core"
local hp = require "heapy"
local seed = dofile "spec/graph/seed.lua"

local here = dofile("spec/lua/support.lua").here

local FRAMES = 20 -- Lua's own traceback leaves out some where there are more than 21

-- What the last lines of a function call: one of the functions, in all the ways there are.
local CALLS = {
  "if n > 0 then local v = fs[r(20)](n - 1) end",
  "if n > 0 then return fs[r(20)](n - 1) end",
  "if n > 0 then pcall(fs[r(20)], n - 1) end",
  "if n > 0 then local f = fs[r(20)] f(n - 1) end",
  "if n > 0 then local m = { go = fs[r(20)] } m.go(n - 1) end",
  "if n > 0 then local m = { go = function(_, k) fs[r(20)](k) end } m:go(n - 1) end",
  "if n > 0 then coroutine.wrap(fs[r(20)])(n - 1) end",
  "if n > 0 then local c <close> = setmetatable({}, {__close = function() fs[r(20)](n - 1) end})"
    .. " end",
  "if n > 0 then for _ in function(_, c) if not c then fs[r(20)](n - 1) return 1 end end"
    .. " do end end",
  "if n > 0 then table.sort({1, 2}, function(a, b) fs[r(20)](n - 1) return a < b end) end",
  "if n > 0 then local _ = setmetatable({}, {__index = function() fs[r(20)](n - 1) end}).x end",
  "if n > 0 then local _ = setmetatable({}, {__add = function() fs[r(20)](n - 1) end}) + 1 end",
  "if n > 0 then local _ = #setmetatable({}, {__len = function() fs[r(20)](n - 1) return 1 end})"
    .. " end",
  "if n > 0 then ('x'):gsub('x', function() fs[r(20)](n - 1) end) end",
}
local BETWEEN = { "local a = n + 1", "do local t = {} end", "if r(2) == 1 then rec() end", "",
  "local q = 'x' .. n" }

-- Functions f1 to f20, each a chunk of its own.
local function functions(random, rec)
  local fs = {}
  for i = 1, 20 do
    local lines = { "local fs, r, rec = ... return function(n)" }
    for _ = 1, random(6) do lines[#lines + 1] = BETWEEN[random(#BETWEEN)] end
    lines[#lines + 1] = "rec() local z = {}"
    lines[#lines + 1] = CALLS[random(#CALLS)]
    lines[#lines + 1] = "end"
    fs[i] = assert(load(table.concat(lines, "\n"), "=f" .. i))(fs, random, rec)
  end
  return fs
end

-- Lua's own text as heapy's frames: place, name, what C function is at work there.
local function expected(text)
  local frames, c = {}, nil
  for line in text:gmatch "\n\t([^\n]*)" do
    local place, name = line:match "^([^%[:][^:]*:%d+): in (.*)$"
    if place then
      frames[#frames + 1] = { place = place, name = name, c = c }
      c = nil
    elseif line:find("...tail", 1, true) then
      frames[#frames + 1] = { place = line }
    else
      c = line:match "^%[C%]: in (.*)$"
    end
  end
  return frames
end

-- Lua finds functions that are in loaded modules there: "function 'table.sort'"; heapy has the
-- name that the calling line uses.
local function same_name(theirs, ours)
  local found = theirs:match "^function '(.*)'$"
  if not found then return ours == theirs or theirs == "?" end
  return ours:match "'(.*)'$" == found:match "[^.]+$" or not ours:find "'"
end

local function hold(ok, message)
  if not ok then error(message, 0) end
end

local function check(text, frames)
  local wanted, n = expected(text), 0
  for i, frame in ipairs(frames) do
    local w = wanted[i]
    local place, rest = frame:match "^([^ ]*:%d+) in (.*)$"
    hold(w and (place or frame) == w.place, ("frame %d is %s"):format(i, frame))
    if place then
      n = n + 1
      local name, c = rest:match "^(.*) %[C: (.*)%]$"
      name = name or rest:match "^(.*) %[C%]$" or rest
      hold(same_name(w.name, name), ("%s is called %s"):format(w.name, name))
      hold(not c or w.c and same_name(w.c, c), ("%s is called %s"):format(w.c, c))
      hold(not w.c == not rest:find("[C", 1, true), "C at work: " .. frame)
    end
  end
  hold(n == FRAMES or #frames == #wanted, "a traceback that ends early")
  return n
end

describe("a traceback", function()
  after_each(function() core.untrack() end)

  for _, nolook in ipairs { false, true } do
    it("is as Lua's own" .. (nolook and ", without the C stack" or ""), function()
      local compared = 0
      seed.property(6, function(random)
        local made = {}
        local function rec()
          if #made >= 400 then return end
          made[#made + 1] = { function() return made end, debug.traceback("") }
        end
        local fs = functions(random, rec)
        assert(core.track(FRAMES, 0, 0, 1, nolook))
        for _ = 1, 120 do -- on stacks of their own, which are short enough to be told whole
          coroutine.wrap(fs[random(20)])(random(7))
        end
        local h <close> = hp.heap()
        core.untrack()
        for _, pair in ipairs(made) do
          local text = pair[2]
          if not text:find("(skip", 1, true) then
            local ok, message = pcall(check, text, h:iso(pair[1]).traceback)
            if not ok then
              error(message .. text .. "\n" .. table.concat(h:iso(pair[1]).traceback, "\n"), 0)
            end
            compared = compared + 1
          end
        end
      end)
      assert.is_true(6 * compared > 500 * seed.rounds(6)) -- 500 in six rounds
    end)
  end
end)

describe("a name", function()
  after_each(function() hp.untrack() end)

  local function sites(...)
    local h <close> = hp.heap()
    local names = {}
    for i, object in ipairs { ... } do names[i] = h:iso(object).site:match ":%d+ in (.*)$" end
    return names
  end

  it("is that of the call, not of the first from that line", function()
    local class = {}
    class.__index = class
    function class.push(self) self[#self + 1] = {} end
    class.shove = class.push
    local queue = setmetatable({}, class)
    local push = class.push
    hp.track()
    queue:push()
    queue:shove()
    push(queue)
    class.push(queue)
    assert.same({ "method 'push'", "method 'shove'", "local 'push'", "field 'push'" },
      sites(table.unpack(queue)))
  end)

  it("of a C function is that on its line", function()
    collectgarbage() -- other specs' threads: among too many none is known, see below
    hp.track()
    local a, b, c = string.rep("a", 100), table.pack(1), string.format("%s%099d", "b", 3)
    local names = sites(a, b, c)
    for i, name in ipairs { "rep", "pack", "format" } do
      assert.truthy(names[i]:find(("[C: field '%s']"):format(name), 1, true), names[i])
    end
  end)

  it("of a C function is not known among too many threads to look at", function()
    local waiting = {}
    for i = 1, 600 do
      waiting[i] = coroutine.create(coroutine.yield)
      coroutine.resume(waiting[i])
    end
    assert(core.track(1, 0, 0, 1, true)) -- without the C stack
    local made = string.rep("a", 100)
    local h <close> = hp.heap()
    assert.equal("(thread not known)", h:iso(made).site)
  end)

  it("of a metamethod is its event's", function()
    local made = {}
    local function make() made[#made + 1] = {} end
    local t = setmetatable({}, { __index = make, __newindex = make, __unm = make, __concat = make,
      __lt = make, __call = make, __len = make })
    hp.track()
    local _ = { t.x, -t, t .. "x", t < t, #t }
    t.x = 1
    assert.same({ "metamethod 'index'", "metamethod 'unm'", "metamethod 'concat'",
      "metamethod 'lt'", "metamethod 'len'", "metamethod 'newindex'" }, sites(table.unpack(made)))
  end)

  it("of a finalizer is __gc, in C and out of it", function()
    local made = {}
    local function final() made[#made + 1] = {} end
    hp.track()
    setmetatable({}, { __gc = final })
    collectgarbage()
    final()
    assert.same({ "metamethod '__gc'", "upvalue 'final'" }, { sites(made[1])[1],
      (function() final() return sites(made[3])[1] end)() })
  end)

  it("is none where C calls, as others of the same code may have other names", function()
    local function make() return function() return {} end end
    _G.alpha, _G.beta = make(), make() -- luacheck: ignore
    finally(function() _G.alpha, _G.beta = nil, nil end) -- luacheck: ignore
    hp.track()
    local _, a = pcall(_G.alpha)
    local _, b = pcall(_G.beta)
    for _, site in ipairs(sites(a, b)) do
      assert.matches("^function <.*traceback_spec%.lua:%d+>$", site)
    end
  end)

  it("is none after a tail call, which is marked", function()
    local function make() return {} end
    local function tail() return make() end
    hp.track { frames = 4 }
    local made = tail()
    local h <close> = hp.iso(made)
    local frames = h.traceback
    assert.truthy(frames[1]:find("in function <", 1, true))
    assert.equal("(...tail calls...)", frames[2])
    assert.truthy(frames[3]:find("traceback_spec", 1, true))
  end)

  it("of another's code in the same place is its own", function()
    hp.track()
    for i = 1, 60 do
      local name = "name" .. i % 7
      local made = assert(load(("local make = ... local function %s() return (make()) end "
        .. "local t = { %s = make } return (t.%s())"):format(name, name, name)))(
        function() return {} end)
      local h <close> = hp.iso(made)
      assert.truthy(h.site:find(("field '%s'"):format(name), 1, true), h.site)
      h:close()
      collectgarbage()
    end
  end)

  it("of what C makes on a thread that does not run is that of whoever calls it", function()
    local truth = require "heapy_truth"
    local fresh = coroutine.create(function() end)
    local asleep = coroutine.create(function() coroutine.yield() end)
    coroutine.resume(asleep)
    hp.track()
    for _, co in ipairs { fresh, asleep } do
      local made = truth.tableon(co)
      local h <close> = hp.iso(made)
      assert.truthy(h.site:find("traceback_spec.lua:%d+ in .*%[C: field 'tableon'%]"), h.site)
    end
  end)

  it("of what C makes on a thread that waits for another is that of whoever calls it", function()
    local truth = require "heapy_truth"
    local main, made = coroutine.running(), {}
    local function deep(n)
      if n > 0 then return coroutine.wrap(deep)(n - 1) end
      made[1], made[2] = truth.tableon(main), ("x"):rep(100)
      return (here())
    end
    for frames = 1, 3 do
      hp.track { frames = frames }
      for depth = 1, 3 do
        local line = deep(depth) - 1
        local h <close> = hp.iso(made[1], made[2])
        for _, object in ipairs(made) do
          local site = h:iso(object).site
          assert.truthy(site:find("traceback_spec.lua:" .. line .. " in", 1, true), site)
        end
      end
      hp.untrack()
    end
  end)

  it("of what C makes when it is given the thread that resumed it is that of whoever calls it",
    function()
      local main, waiting, made = coroutine.running(), {}, {}
      for i = 1, 600 do -- more than are looked at one by one
        waiting[i] = coroutine.create(coroutine.yield)
        coroutine.resume(waiting[i])
      end
      hp.track()
      local line = coroutine.wrap(function()
        made[1], made[2] = table.pack(main), debug.traceback(main, ("x"):rep(60))
        return (here())
      end)() - 1
      local h <close> = hp.iso(made[1], made[2])
      for i = #waiting, 1, -1 do waiting[i] = nil end
      collectgarbage() -- lest there be as many for the next specs
      local threads = hp.tracking().threads
      for _, object in ipairs(made) do
        local site = h:iso(object).site
        assert.truthy(not threads or site:find("_spec.lua:" .. line .. " in", 1, true), site)
      end
    end)

  it("of what C makes on a thread that a hook interrupted is that of whoever calls it", function()
    local truth = require "heapy_truth"
    local co = coroutine.create(function()
      local n = 0
      for i = 1, 1e6 do n = n + i end
      return { n }
    end)
    assert.is_true(truth.interrupt(co, 1000))
    hp.track()
    local made = truth.tableon(co)
    local line = here() - 1
    local site = hp.iso(made).site
    assert.truthy(site:find("traceback_spec.lua:" .. line .. " in", 1, true), site)
  end)

  it("has the name that a function has as a hook where it is one, and only there", function()
    local state = require("heapy_truth").state()
    local ok, hooks = state:run [[
      local hp = require "heapy"
      local made = {}
      local function G(event)
        made[#made + 1] = {}
        if event then debug.sethook() end
      end
      hp.track()
      for i = 1, 4 do
        if i % 2 == 1 then debug.sethook(G, "c") end
        pcall(G)
      end
      local h, hooks = hp.heap(), ""
      for i, object in ipairs(made) do
        hooks = hooks .. (h:iso(object).site:find("in hook", 1, true) and "h" or "-")
      end
      return hooks]]
    state:close()
    assert(ok, hooks)
    assert.equal("h--h--", hooks)
  end)

  it("has long names whole", function()
    local name = ("n"):rep(70)
    local made = {}
    hp.track()
    assert(load(("local made = ... local t = { %s = function() made[1] = {} end } t.%s()")
      :format(name, name), "=long"))(made)
    local site = hp.iso(made[1]).site
    assert.truthy(site:find(("in field '%s'$"):format(name)) or
      site:find(("in method '%s'$"):format(name)), site)
  end)

  it("of what a coroutine of C functions makes is that of who resumed it", function()
    local main = coroutine.running()
    local wrapped, inner = coroutine.wrap(string.rep), coroutine.wrap(table.pack)
    local outer = coroutine.wrap(inner)
    hp.track { frames = 2 }
    local _, packed = coroutine.resume(coroutine.create(table.pack), main)
    local line = debug.getinfo(1, "l").currentline - 1
    for i, case in ipairs {
      { packed, "field 'resume'" },
      { wrapped("x", 1000), "local 'wrapped'" },
      { outer(main), "local 'outer'" },
    } do
      local h <close> = hp.iso(case[1])
      local where = ("traceback_spec.lua:%d in "):format(i == 1 and line or line + 2 + i)
      assert.truthy(h.site:find(where, 1, true), h.site)
      assert.truthy(h.site:find(("[C: %s]"):format(case[2]), 1, true), h.site)
      assert.equal(2, #h.traceback)
    end
  end)
end)
