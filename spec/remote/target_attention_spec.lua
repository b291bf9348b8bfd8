-- How a monitor's command reaches the program, whatever that is doing, and what becomes of the
-- program's own hooks.

local target = dofile "spec/remote/target.lua"
local inside = target.inside

local function asked(path, most)
  local peer = target.connect(path)
  local worst = 0
  for i = 1, 20 do
    local from = target.now()
    assert.equal(i .. "\n", peer:eval(tostring(i)))
    worst = math.max(worst, target.now() - from)
  end
  if most then assert(worst < most, ("it took %.3f s"):format(worst)) end
  return peer
end

local function reached(code, options)
  return inside(function()
    local program, path = target.lua(code, options)
    asked(path)
    assert.is_nil(program.status)
  end)
end

local function reached_embedded(mode, code, options)
  return inside(function()
    if not io.open(target.host) then return pending "there is no library of Lua to link" end
    local _, path = target.embedded(mode, code, options)
    asked(path)
  end)
end

describe("a program is reached", function()
  it("in a loop without calls or allocations", reached "while true do end")
  it("in a loop that allocates", reached "while true do local t = {} end")
  it("in a coroutine", reached "coroutine.wrap(function() while true do end end)()")
  it("in a coroutine of a coroutine", reached [[
    local function nest(n)
      if n == 0 then while true do end end
      coroutine.wrap(nest)(n - 1)
    end
    nest(10) ]])
  it("in coroutines that come and go", reached [[
    while true do
      local co = coroutine.create(function() for i = 1, 10 do coroutine.yield(i) end end)
      while coroutine.resume(co) and coroutine.status(co) ~= "dead" do end
    end ]])
  it("in a deep recursion", reached [[
    local function deep(n) if n == 0 then while true do end end return 1 + deep(n - 1) end
    deep(10000) ]])
  it("in library functions that call back", reached [[
    local s = ("x"):rep(100)
    while true do
      s:gsub("x", function() local x = 1 end)
      table.sort({3, 2, 1}, function(a, b) return a < b end)
      pcall(error)
    end ]])
  it("in metamethods", reached [[
    local t = setmetatable({}, { __index = function(_, k) return k end, __concat = rawlen })
    while true do local x = t.x .. t.y end ]])
  it("while the program closes what it has to", reached [[
    while true do local x <close> = setmetatable({}, { __close = function() end }) end ]])
  it("between finalizers", reached [[
    while true do setmetatable({}, { __gc = function() local t = {} end }) end ]])
  it("in generational mode", reached
    "collectgarbage 'generational' while true do local t = {} end")
  it("where the collector is stopped", reached "collectgarbage 'stop' while true do end")
  it("without a signal, while it allocates", reached("while true do local t = {} end",
    "{ signal = false, log = false }"))
  it("without a signal, where it polls", reached([[
    while true do RM.poll() end ]], "{ signal = false, log = false }"))
  it("by another signal", reached("while true do end", "{ signal = 'USR2', log = false }"))

  it("where C resumes its coroutines", reached_embedded("resume",
    "function work() while true do end end"))
  it("where C resumes its coroutines, which yield", reached_embedded("resume",
    "collectgarbage 'stop' function work() for i = 1, 100 do coroutine.yield() end end"))
  it("where C resumes its coroutines, without a signal", reached_embedded("resume",
    "function work() while true do local t = {} end end", "{ signal = false, log = false }"))
  it("where the host has taken the signal for itself", reached_embedded("urgent",
    "function work() while true do end end"))

  -- By its requests for memory alone. What the other ways leave behind is used again.
  it("where no signal finds short coroutines, which get a hook of the host's own", inside(function()
    if not io.open(target.host) then return pending "there is no library of Lua to link" end
    local _, path = target.embedded("hooked",
            "function work() for i = 1, 200 do i = i + 1 end t = {} end")
    local peer, from = target.connect(path), target.now()
    for i = 1, 250 do
      assert.equal(i .. "\n", peer:eval(tostring(i)))
      assert(target.now() - from < 20) -- 1 in truth
    end
    local before = tonumber(peer:eval "hooked()")
    target.sleep(0.05)
    assert.is_true(tonumber((peer:eval "hooked()")) > before)
  end))

  it("there, too, while it is tracked", inside(function()
    if not io.open(target.host) then return pending "there is no library of Lua to link" end
    local _, path = target.embedded("hooked", [=[
      hp, kept = require "heapy", {}
      function work() kept[#kept % 1000 + 1] = {} end ]=])
    local peer = target.connect(path)
    assert.equal("true\n", peer:eval "hp.track() ~= nil")
    for i = 1, 20 do assert.equal(i .. "\n", peer:eval(tostring(i))) end
    assert.equal("false\n", peer:eval "hp.tracking().cut")
    assert.truthy(peer:eval("hp.sites()"):find("script%d+%.lua:5 in function"))
    assert.equal("true\n", peer:eval "hp.untrack()")
    assert.equal("3\n", peer:eval "1 + 2")
  end))

  it("by the collector, though there was no memory for its next sentinel", inside(function()
    local program = target.embedded("limited", [[
      local meta, met = debug.getregistry()["heapy.Sentinel"], 0
      local meet = meta.__gc
      function meta.__gc(sentinel) met = met + 1 meet(sentinel) end
      local function collect(times)
        local before = met
        for _ = 1, times do collectgarbage() end
        return met - before
      end
      local function deep(n) return n == 0 or not deep(n - 1) end
      function work()
        collect(3)
        deep(100) -- calls need memory, too: here is some to reuse
        starve(true)
        local starved = collect(3)
        starve(false)
        print(starved, collect(3))
      end
    ]])
    program:expect "3\t3\n"
  end))

  it("where its state moves between threads", reached_embedded("threads",
    "function step() for i = 1, 100 do local t = {} end end"))
  it("where its state moves between threads, without a signal", reached_embedded("threads",
    "function step() for i = 1, 1000 do local t = {} end end", "{ signal = false, log = false }"))
  it("where it sleeps outside of Lua, by the signal", reached_embedded("events",
    "function step() end"))
  it("where it sleeps in a loop that watches the descriptor", reached_embedded("watched",
    "function descriptor() return RM.fd() end function step() RM.poll() end"))

  it("where it sleeps in Lua, by the signal", inside(function()
    local program, path = target.lua(
      "local client = require 'heapy.client' while true do client.poll({}, {}, 60) end")
    asked(path, 5)
    assert.is_nil(program.status)
  end))
end)

describe("a program that sleeps in C", function()
  it("is told of by the thread alone, at once", inside(function()
    local _, path = target.lua "io.read()"
    local peer = target.connect(path)
    target.sleep(0.3)
    local from = target.now()
    local answer = peer:ask "stat"
    assert(target.now() - from < 1) -- 0.1 in truth; the machine may be busy
    assert.is_true(answer.ok)
    assert.truthy(answer.out:find "target.vm         = in C %l[%l ]* %d+%.%d s %(read%)\n")
  end))

  -- Its main thread waits for input, and has come as far as that.
  local function asleep(peer)
    target.eventually(function() return peer:ask("stat").out:find "%(read%)\n" end)
  end

  it("is waited for, which is told", inside(function()
    local program, path = target.lua "io.read() while true do end"
    local peer = target.connect(path)
    asleep(peer)
    local id = peer:send("eval", "1")
    local frame = peer:frame()
    assert.equal(id, frame.id)
    assert.truthy(frame.progress:find "^waiting for the VM: in C %l[%l ]* %d+%.%d s %(read%)$")
    program:enter "" -- no signal disturbed the read
    assert.equal("1\n", peer:answer(id).out)
  end))

  it("is not waited for by a client that gives up", inside(function()
    local program, path = target.lua "io.read() while true do end"
    local peer = target.connect(path)
    asleep(peer)
    local id = peer:send("eval", "_G.seen = true")
    assert.truthy(peer:frame().progress)
    assert.is_true(peer:ask "interrupt".ok)
    assert.is_false(peer:answer(id).ok)
    program:enter ""
    assert.equal("nil\n", peer:eval "seen")
  end))
end)

describe("the program's hooks", function()
  -- Each program counts events of its own hook; it is asked all the while.
  local function kept(code, check)
    return inside(function()
      local program, path = target.lua(code)
      local peer = target.connect(path)
      for i = 1, 200 do assert.equal(i .. "\n", peer:eval(tostring(i))) end
      peer:eval "_G.enough = true"
      local out = program:ends()
      check(out)
    end)
  end

  local function says(expected)
    return function(out) assert.truthy(out:find(expected, 1, true), out) end
  end

  it("for lines see each line", kept([[
    local n, lines = 0, 0
    debug.sethook(function() lines = lines + 1 end, "l")
    while not enough do
      n = n + 1
    end
    debug.sethook()
    print(lines - 2 * n)
  ]], says "2\n"))

  it("for calls see each call and return", kept([[
    local n, calls, returns = 0, 0, 0
    local function f() end
    debug.sethook(function(event)
      if event == "call" then calls = calls + 1 else returns = returns + 1 end
    end, "cr")
    while not enough do f() n = n + 1 end
    debug.sethook()
    print(calls - n, returns - n)
  ]], says "1\t1\n"))

  it("for counts go on", kept([[
    local n = 0
    debug.sethook(function() n = n + 1 end, "", 1000)
    while not enough do end
    local f, mask, count = debug.gethook()
    print(type(f), mask, count, n > 100)
  ]], says "function\t\t1000\ttrue\n"))

  it("of a coroutine are its own", kept([[
    local co = coroutine.create(function() while not enough do coroutine.yield() end end)
    local n = 0
    debug.sethook(co, function() n = n + 1 end, "", 10)
    while coroutine.resume(co) and coroutine.status(co) ~= "dead" do end
    local f, mask, count = debug.gethook(co)
    print(debug.gethook() == nil, type(f), count, n > 10)
  ]], says "true\tfunction\t10\ttrue\n"))

  it("are not there where there were none", kept([[
    local co = coroutine.wrap(function()
      while not enough do coroutine.yield() end
      return debug.gethook()
    end)
    local hook
    repeat hook = co() until enough
    print(debug.gethook(), hook)
  ]], says "nil\tnil\n"))

  it("may be set and taken off all the time", kept([[
    local n = 0
    local function count() n = n + 1 end
    while not enough do
      debug.sethook(count, "l")
      local x = 1
      debug.sethook()
    end
    print(debug.gethook(), n > 0)
  ]], says "nil\ttrue\n"))

  it("of the main thread are there while a coroutine runs", kept([[
    local function own() end
    local main, seen = coroutine.running(), 0
    debug.sethook(own, "", 1000000)
    coroutine.wrap(function()
      while not enough or seen < 100 do -- ours is there for some instructions
        seen = debug.gethook(main) == own and seen + 1 or 0
      end
    end)()
    print(debug.gethook() == own, select(3, debug.gethook()))
  ]], says "true\t1000000\n"))

  it("are there when the monitor is turned off", inside(function()
    local program, path = target.lua [[
      local function own() end
      debug.sethook(own, "", 1000000)
      local co = coroutine.create(function()
        debug.sethook(own, "", 2000000)
        while not off do end
        while not enough do local n = (n or 0) + 1 if n > 1e6 then enough = true end end
        return debug.gethook()
      end)
      local ok, f, mask, count = coroutine.resume(co)
      print(ok, f == own, count, debug.gethook() == own, select(3, debug.gethook()))
    ]]
    local peer = target.connect(path)
    for i = 1, 20 do assert.equal(i .. "\n", peer:eval(tostring(i))) end
    peer:send("eval", "_G.off, _G.enough = true, true require('heapy.RM').off()")
    local out = program:ends()
    assert.truthy(out:find("true\ttrue\t2000000\ttrue\t1000000\n", 1, true), out)
  end))

  it("do not run in commands", kept([[
    local seen = {}
    debug.sethook(function() seen[debug.getinfo(2, "S").short_src] = true end, "l")
    while not enough do end
    debug.sethook()
    local n = 0
    for file in pairs(seen) do n = n + (file:find "console" and 1 or 0) end
    print(n)
  ]], says "0\n"))

  -- Under the address sanitizer nearly all of the time goes into the jump of each yield, in
  -- which no thread runs: there it may take seconds until a signal finds one.
  it("may yield #noasan", inside(function()
    if not io.open(target.host) then return pending "there is no library of Lua to link" end
    local _, path = target.embedded("resume", [[
      function work() local i = 0 while true do i = i + 1 coroutine.yield() end end
    ]])
    asked(path)
  end))
end)
