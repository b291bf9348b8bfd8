-- Other libraries that wrap, take away and put back the allocator, and other states that have it.

local core = require "heapy.core"
local truth = require "heapy_truth"

-- Makes a state that tracks, and runs chunks in it, with 'truth', 'hp' and 'core'.
local function tracked(plain)
  local state = truth.state(plain)
  local function run(chunk, ...)
    local results = table.pack(state:run(chunk, ...))
    assert(results[1], results[2])
    return table.unpack(results, 2, results.n)
  end
  run [[
    hp, core = require "heapy", require "heapy.core"
    host = truth.allocator()
    function make(n) local k = {} for i = 1, n do k[i] = { i, ("x"):rep(50) .. i } end return k end
    hp.track()
    ours = truth.allocator()
    keep = make(100)
  ]]
  return state, run
end

local function close(state) assert.equal(0, state:close()) end

describe("a wrapper around ours", function()
  it("may stay as the state is closed", function()
    local before = core.memory()
    local state, run = tracked()
    run "truth.wrap() keep = make(10)"
    close(state)
    assert.equal(before, core.memory())
  end)

  it("may come back as the state is closed", function()
    local state = truth.state()
    assert(state:run [[
      local wrapped
      setmetatable({}, { __gc = function() -- older than heapy's own, so it comes later
        truth.install(wrapped)
        keep = nil
        collectgarbage()
        for i = 1, 100 do local t = { tostring(i) } end
      end })
      require("heapy.core").track()
      local ours = truth.allocator()
      truth.wrap()
      keep = { {}, {} }
      wrapped = truth.allocator()
      truth.install(ours)
    ]])
    close(state)
  end)

  it("is taken out by a second untrack, once it can be", function()
    local state, run = tracked()
    run [[
      truth.wrap()
      local was, why = hp.untrack()
      assert(was and why:find("stays behind", 1, true))
      was, why = hp.untrack()
      assert(not was and why:find("stays behind", 1, true))
      truth.unwrap()
      local n = core.memory()
      was, why = hp.untrack()
      assert(not was and not why)
      assert(truth.allocator() == host)
    ]]
    close(state)
  end)

  it("may stop and go on, and makes no circle with ours", function()
    local state, run = tracked()
    run [[
      truth.wrap()
      local wrapped = truth.allocator()
      truth.install(ours)
      assert(hp.untrack())
      truth.install(wrapped) -- and ours is within it
      assert(hp.track())
      keep = make(100)
      assert(not hp.tracking().cut and hp.tracking().born > 100)
      truth.install(ours)
      hp.untrack()
      truth.wrap() -- another one, around the host's
      assert(hp.track())
      truth.install(wrapped)
      keep = make(100)
      assert(hp.tracking().cut)
      assert(hp.untrack())
      assert(hp.track())
      keep = make(100)
      assert(not hp.tracking().cut)
    ]]
    close(state)
  end)

  it("leaves no line that is not named, and says that it names several", function()
    local state, run = tracked()
    run [[
      if not hp.tracking().lines then return end
      assert(not tostring(hp.tracking()):find("names all their lines", 1, true))
      truth.wrap()
      assert(not hp.tracking().lines and not hp.tracking().threads)
      assert(tostring(hp.tracking()):find("names all their lines", 1, true))
    ]]
    close(state)
  end)

  it("costs no more where there are many coroutines", function()
    local state, run = tracked()
    run [[
      local waiting = {}
      for i = 1, 5000 do
        waiting[i] = coroutine.create(coroutine.yield)
        coroutine.resume(waiting[i])
      end
      truth.wrap()
      local made
      local function work()
        made = { {} }
        local start = os.clock()
        for i = 1, 1000 do local s = ("x"):rep(41) end
        return os.clock() - start
      end
      local time = coroutine.wrap(work)()
      assert(time < 0.02, time) -- a thousand objects; each thread looked at each time took 0.1
      assert(hp.iso(made).site:find "^chunk:9 ", hp.iso(made).site)
    ]]
    close(state)
  end)
end)

describe("an allocator that was kept", function()
  for _, way in ipairs {
    "", "hp.untrack()", "hp.untrack() hp.track()", "truth.wrap()", "truth.install(host)",
  } do
    it("can free with it after heapy is gone: " .. way, function()
      local before = core.memory()
      local state = truth.state()
      assert(state:run([[
        buffer = truth.buffer() -- its finalizer is older than heapy's own, so it comes later
        local way = ...
        local hp = require "heapy"
        local host = truth.allocator()
        hp.track()
        truth.fill(buffer, 100)
        load(way, "=way", "t", { hp = hp, truth = truth, host = host })()
      ]], way))
      close(state)
      assert.equal(before, core.memory())
    end)
  end
end)

describe("a wrapper that was cut off", function()
  it("is said to be, and reads nothing that is gone", function()
    local state, run = tracked()
    run [[
      keep = make(3000)
      truth.install(host)
      keep = nil
      collectgarbage()
      local junk = make(300)
      local sites, why = hp.sites()
      assert(not sites and why:find("taken the allocator away", 1, true))
      assert(hp.tracking().cut and hp.heap().site == "(not tracked)")
      assert(hp.untrack() and not hp.tracking())
      hp.track()
      assert(hp.sites())
    ]]
    close(state)
  end)

  it("knows nothing of a snapshot that is the first to find it so", function()
    local state, run = tracked()
    run [[
      truth.install(host)
      assert(hp.heap().site == "(not tracked)")
    ]]
    close(state)
  end)

  it("records no more when it is put back", function()
    local state, run = tracked()
    run [[
      for round = 1, 20 do
        keep = make(2000)
        truth.install(host)
        keep = nil
        collectgarbage()
        truth.install(ours)
        make(1)
        assert(hp.tracking().cut and not hp.sites())
      end
      assert(hp.heap().site == "(not tracked)")
      assert(hp.untrack() and not hp.untrack())
      assert(truth.allocator() == host)
    ]]
    close(state)
  end)

  it("names no line by code that went unseen", function()
    local state, run = tracked()
    run [[
      for round = 1, 30 do
        local made = load(("\n"):rep(round % 15) .. "return {{}}", "=loaded")()
        local site = hp.iso(made).site
        assert(site == "(not tracked)" or site:find("^loaded:" .. 1 + round % 15 .. " "), site)
        made = nil
        truth.install(host)
        collectgarbage()
        truth.install(ours)
      end
    ]]
    close(state)
  end)

  it("does no harm where what went unseen makes no difference to the sum", function()
    local state, run = tracked()
    run [[
      local k = {}
      local function fill(with) for i = 1, 2000 do k[i] = with and {} or false end end
      for round = 1, 60 do
        fill(false) collectgarbage() fill(true) collectgarbage()
        truth.install(host)
        fill(false) collectgarbage() fill(true)
        truth.install(ours)
        fill(false) collectgarbage() fill(true)
      end
      if hp.tracking().cut then return end
      assert(hp.sites().count > 2000)
      for i = 1, 2000, 100 do assert(hp.iso(k[i]).site:find "^chunk:2 ") end
    ]]
    close(state)
  end)

  it("serves again where it stood", function()
    local state, run = tracked()
    run [[
      hp.untrack()
      collectgarbage()
      local before
      for i = 1, 100 do
        hp.track()
        truth.install(host)
        hp.untrack()
        before = before or core.memory()
      end
      assert(core.memory() == before)
    ]]
    close(state)
  end)
end)

describe("another state with this one's allocator", function()
  local busy = [[
    for round = 1, 60 do
      local kept = {}
      for i = 1, 500 do kept[i] = { tostring(i), function() return kept end } end
      coroutine.wrap(function() kept = { {} } end)()
    end
  ]]

  it("has no objects among this one's", function()
    local state, run = tracked()
    local before = run "local n = 0 for _, r in pairs(hp.sites()) do n = n + r.made end return n"
    local heir = state:heir()
    assert.equal(1, run "return hp.tracking().others")
    assert(heir:run(busy))
    run [[
      local status = hp.tracking()
      if not status.threads then assert(status.cut) return end
      assert(not status.cut and status.missed == 0)
      assert(tostring(status):find("Another Lua state", 1, true))
    ]]
    local after = run [[local n = 0
      if not hp.sites() then return end
      for _, row in pairs(hp.sites()) do n = n + (row.name == "(heapy)" and 0 or row.made) end
      return n]]
    if after then
      assert.is_true(after - before < 500, ("%d made, then %d"):format(before, after))
      run "local t = { {} } assert(hp.iso(t).site:find('^chunk:1 '))"
    end
    heir:close()
    close(state)
  end)

  it("may be what objects are of that are not told to be this one's, which is said", function()
    local state, run = tracked()
    local heir = state:heir()
    assert(heir:run [[
      local hp = require "heapy"
      hp.track() -- its wrapper stands between it and this one's
      kept = {}
      for i = 1, 100 do kept[i] = { i } end
    ]])
    run [[
      local status = hp.tracking()
      if status.cut then return end
      assert(status.missed == 0 and status.foreign >= 100, status.foreign)
      local said = tostring(hp.sites())
      assert(said:find("were not recorded, as another Lua state may have made them", 1, true))
      assert(not said:find("want of memory", 1, true))
    ]]
    heir:close()
    close(state)
  end)

  it("takes nothing from a sample of this one's #novalgrind", function()
    local function figures(sample, seed, beside)
      local state, run = tracked()
      run([[
        hp.untrack()
        core.track(1, ...)
        kept = {}
        function add() kept[#kept + 1] = {} end
      ]], sample, 0, seed)
      local heir = beside and state:heir()
      for _ = 1, 200 do
        run "for i = 1, 10 do add() end"
        if heir then heir:run "for i = 1, 1000 do local t = {} end" end
      end
      local made = run [[
        local made = 0
        for _, row in pairs(hp.sites() or {}) do
          if row.name:find "'add'" or row.name:find "^%(no" then made = made + row.made end
        end
        return core.tracking().cut and -1 or made]]
      if heir then heir:close() end
      close(state)
      return made
    end
    local all = figures(0, 1, true)
    if all == -1 then return end -- where this one's cannot be told from others
    assert.is_true(all >= 2000)
    local sum, n = 0, 20
    for seed = 1, n do sum = sum + figures(8192, seed * 7919, true) end
    local ratio = sum / n / all
    assert.is_true(ratio > 0.8 and ratio < 1.25, ratio)
  end)

  it("goes on when this one is closed", function()
    local state = tracked()
    local heir = state:heir()
    state:close()
    assert(heir:run(busy))
    heir:close()
    close(state)
  end)

  it("may track itself, and be tracked anew beside", function()
    local state, run = tracked()
    local heir = state:heir()
    local track = [[
      local hp = require "heapy"
      hp.untrack()
      assert(hp.track())
      local t = { {} }
      assert(hp.iso(t).site:find "^chunk:4 ")
      assert(not hp.tracking().cut and hp.tracking().others == 0)
    ]]
    assert(heir:run(track))
    run(track)
    assert(heir:run(busy))
    run "hp.untrack() hp.track() hp.untrack()"
    heir:close()
    close(state)
  end)

  it("may run in another OS thread", function()
    local state, run = tracked(true)
    local heir = state:heir()
    for _ = 1, 10 do
      heir:start(busy)
      run(busy)
      assert(heir:join())
      run [[
        if not hp.tracking().threads then return end
        assert(hp.sites() and hp.heap())
        local t = { {} }
        assert(hp.iso(t).site:find "^chunk:3 " or hp.iso(t).site:find "^chunk:4 ")
      ]]
    end
    heir:start(busy)
    run "hp.untrack()"
    assert(heir:join())
    state:close()
    heir:start(busy)
    assert(heir:join())
    heir:close()
  end)

  it("ends what is known of one that moves to another OS thread meanwhile", function()
    local state, run = tracked(true)
    local heir = state:heir()
    state:start(busy .. "hp.untrack()")
    assert(heir:run(busy))
    assert(state:join())
    run "assert(not hp.tracking() and hp.track() and hp.sites())"
    state:close()
    heir:close()
  end)
end)

describe("the allocator below", function()
  it("is asked for the same, in the same order, as without tracking", function()
    local function asked(frames, sample)
      local state = truth.state()
      assert(state:run([[
        local frames, sample = ...
        local core = require "heapy.core"
        if frames then core.track(frames, sample) else core.tracking() end
        collectgarbage()
        collectgarbage()
      ]], frames, sample))
      state:asked()
      assert(state:run [[
        local k = {}
        for i = 1, 10000 do
          k[i % 777] = { i, tostring(i), function() return i end }
          local co = coroutine.wrap(function() coroutine.yield({}) end)
          co()
          if i % 1000 == 0 then load("return {" .. i .. "}")() end
        end
      ]])
      local hash, n = state:asked()
      close(state)
      return hash, n
    end
    local hash, n = asked()
    assert.is_true(n > 50000)
    for frames = 1, 3 do assert.same({ hash, n }, { asked(frames, (frames - 1) * 1000) }) end
  end)
end)

describe("the sites", function()
  it("are not more than was asked for", function()
    local state, run = tracked()
    run [[
      hp.untrack()
      hp.track { sites = 20 }
      local kept = {}
      for i = 1, 100 do kept[i] = load("return {}", "=c" .. i)() end
      local status = hp.tracking()
      assert(status.sites == 20 and status.most == 20)
      assert(tostring(status):find("(other sites)", 1, true))
      local other
      for _, row in pairs(hp.sites()) do other = row.name == "(other sites)" and row or other end
      assert(other.count > 80)
      assert(hp.iso(kept[100]).site == "(other sites)")
    ]]
    close(state)
  end)
end)
