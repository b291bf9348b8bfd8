-- Hosts of all kinds: threads resumed by C, other wrappers before and after ours, allocators that
-- refuse, states that are closed while they are tracked.

local core = require "heapy.core"
local truth = require "heapy_truth"

-- Runs a chunk in a state of its own: in its main thread, or in a coroutine that C resumes.
local function in_state(how, chunk, ...)
  local state = truth.state()
  local results = table.pack(state[how](state, chunk, ...))
  local left = state:close()
  assert(results[1], results[2])
  assert.equal(0, left)
  return table.unpack(results, 2, results.n)
end

-- Makes objects in all the ways that decide which thread runs, and says where they were made.
local threads = [[
local nolook = ...
local hp, core = require "heapy", require "heapy.core"
assert(core.track(2, 0, 0, 1, nolook))
local made = {}
local function inner()
  made[#made + 1] = {}                                     -- 6
  made[#made + 1] = ("x"):rep(60)                          -- 7
  coroutine.yield()
  made[#made + 1] = {}                                     -- 9
end
made[#made + 1] = {}                                       -- 11
local co = coroutine.create(function()
  local nested = coroutine.wrap(inner)
  nested()
  made[#made + 1] = ("y"):rep(60)                          -- 15
  nested()
  made[#made + 1] = {}                                     -- 17
end)
coroutine.resume(co)
made[#made + 1] = ("z"):rep(60)                            -- 20
local h = hp.heap()
local lines = {}
for i, object in ipairs(made) do
  lines[i] = h:iso(object).site:match "^chunk:([%d, or]+) in"
end
return table.concat(lines, ";")
]]

describe("the running thread", function()
  for _, how in ipairs { "run", "resume" } do
    for _, nolook in ipairs { false, true } do
      it(("is known in a state that is told to %s%s"):format(how, nolook and
        ", without the C stack" or ""), function()
        local lines = in_state(how, threads, nolook)
        local expected, i = { 11, 6, 7, 15, 9, 17, 20 }, 0
        for named in lines:gmatch "[^;]+" do
          i = i + 1
          local found = false
          for line in named:gmatch "%d+" do found = found or tonumber(line) == expected[i] end
          assert(found, lines)
        end
        assert.equal(#expected, i)
      end)
    end
  end
end)

local equation = [[
local core = require "heapy.core"
local hp = require "heapy"
-- Bytes of everything that is recorded, and of the VM itself.
function check()
  local set = core.heap(false)
  local rest = core.accounting(set).vm
  core.close(set)
  collectgarbage "stop"
  local rows, n = core.sites()
  local count = collectgarbage "count"
  local sum, objects = 0, 0
  for i = 0, n - 1 do
    local _, live, bytes = core.siterow(rows, i)
    sum, objects = sum + bytes, objects + live
  end
  collectgarbage "restart"
  return sum + rest - count * 1024
end
]]

describe("all that is recorded", function()
  it("is all that the VM holds, to the byte", function()
    in_state("run", equation .. [[
      core.track()
      for round = 1, 5 do
        local keep = {}
        for i = 1, 2000 do keep[i] = { i, tostring(i), function() return keep end } end
        local co = coroutine.wrap(function() coroutine.yield(("x"):rep(1000)) end)
        co()
        assert(check() == 0, check())
        keep = nil
        collectgarbage(round % 2 == 0 and "generational" or "incremental")
        collectgarbage()
        assert(check() == 0, check())
        assert(truth.live() == collectgarbage "count" * 1024)
      end
      assert(core.tracking().missed == 0)
      core.untrack()
      assert(truth.live() == collectgarbage "count" * 1024)
    ]])
  end)

  it("stays so where the allocator refuses", function()
    local state = truth.state()
    assert(state:run(equation .. "core.track()"))
    for every = 2, 40, 3 do
      state:every(every)
      state:run [[
        local keep = {}
        local function make(i)
          keep[i] = { tostring(i), {}, function() return i end }
          keep[i][4] = coroutine.wrap(function() coroutine.yield(("x"):rep(50)) end)
          keep[i][4]()
          keep[i][5] = load("local a = {} return function() return a end, " .. i)()
        end
        for i = 1, 300 do pcall(make, i) end
      ]]
      state:every(0)
      local ok, difference = state:run "return check()"
      assert(ok, difference)
      assert.equal(0, difference)
    end
    assert.equal(0, state:close())
  end)
end)

describe("a thread that the VM had no memory for", function()
  for _, way in ipairs { "nothing", "truth.wrap()", "core.track(1, 0, 0, 1, true)" } do
    it("does no harm while it lies about, with " .. way, function()
      local state = truth.state()
      assert(state:run([[
        local way = ...
        local hp, core = require "heapy", require "heapy.core"
        local fresh, f = coroutine.create(print), function() end
        if way:find "track" then load(way, "=way", "t", { core = core })() else hp.track() end
        if way:find "wrap" then truth.wrap() end
        local create, limit, pcall = coroutine.create, truth.limit, pcall
        local tableon, rep = truth.tableon, string.rep
        collectgarbage() collectgarbage "stop"
        local refused = 0
        for n = 1, 6 do
          limit(n)
          local ok, why = pcall(create, f)
          limit(0)
          refused = refused + (ok and 0 or 1)
          assert(ok or why == "not enough memory")
          assert(tableon(fresh) and rep("x", 100 + n))
        end
        assert(refused >= 2 and refused < 6, refused)
        assert(hp.heap().accounting.difference == 0)
        assert(hp.sites().count > 0)
      ]], way))
      assert.equal(0, state:close())
    end)
  end
end)

describe("tracking", function()
  local before
  before_each(function()
    collectgarbage()
    collectgarbage()
    before = core.memory()
  end)
  after_each(function()
    core.untrack()
    collectgarbage()
    collectgarbage()
  end)

  local begin = [[local core = require "heapy.core" local hp = require "heapy" core.track(...)
    keep = {} for i = 1, 100 do keep[i] = { tostring(i) } end]]

  it("ends with the state that is closed", function()
    for frames = 1, 3 do in_state("run", begin, frames) end
    in_state("run", begin, 1, 100)
    in_state("resume", begin, 1)
    assert.equal(before, core.memory())
  end)

  it("is each state's own", function()
    local a, b = truth.state(), truth.state()
    assert(a:run(begin))
    assert(b:run(begin, 4))
    assert(a:run "require 'heapy.core'.untrack()")
    local _, off = a:run "return require 'heapy.core'.tracking() == nil"
    local _, frames = b:run "return require 'heapy.core'.tracking().frames"
    assert.is_true(off)
    assert.equal(4, frames)
    assert.equal(0, b:close())
    assert.equal(0, a:close())
    assert.equal(before, core.memory())
  end)

  it("can begin and end many times", function()
    for i = 1, 30 do
      assert.is_true(core.track(1 + i % 3, i % 2 * 1000))
      assert.is_table({ tostring(i) })
      assert.is_true(core.untrack())
      assert.is_false((core.untrack()))
    end
  end)

  it("goes on around and within another library's wrapper", function()
    truth.wrap()
    core.track()
    local n = truth.wrapped()
    assert.is_table({})
    assert.is_true(truth.wrapped() > n)
    assert.same({ true, true }, { core.untrack() })
    core.track()
    truth.wrap()
    assert.is_false(core.tracking().cut)
    assert.same({ true, false }, { core.untrack() }) -- ours stays, and hands requests on
    core.track() -- and is at work again
    assert.is_false(core.tracking().cut)
    local born = core.tracking().born
    assert.is_table({})
    assert.is_true(core.tracking().born > born)
    truth.unwrap()
    assert.same({ true, true }, { core.untrack() })
    truth.unwrap()
  end)

  it("says that it was cut off, and can begin again", function()
    truth.wrap()
    core.track()
    truth.unwrap() -- the wrapper below ours goes first, and ours with it
    assert.is_true(core.tracking().cut)
    local set <close> = require "heapy".heap()
    assert.equal("(not tracked)", set.site)
    core.untrack()
    core.track()
    assert.is_false(core.tracking().cut)
    core.untrack()
  end)
end)
