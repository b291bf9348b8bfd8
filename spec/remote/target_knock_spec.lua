-- The thread of the monitor's end: none before a client comes, where the program has but one; and
-- what the first client meets, whatever the program is doing.

local lfs = require "lfs"
local target = dofile "spec/remote/target.lua"
local inside = target.inside

local LOOP = "while true do for i = 1, 1000 do local t = {i} end end"

local function threads(program)
  local n = 0
  for name in lfs.dir(("/proc/%d/task"):format(program.pid)) do
    if tonumber(name) then n = n + 1 end
  end
  return n
end

-- Waits until the program sleeps in a system call, or anyway runs.
local function settled(program)
  local limit = target.now() + 0.1
  repeat
    target.sleep(0.02)
    local file <close> = io.open(("/proc/%d/syscall"):format(program.pid))
    local call = file and file:read "l" or ""
  until call:find "^%d" or target.now() > limit
end

local function embedded(mode, code, options)
  if not io.open(target.host) then return pending "there is no library of Lua to link" end
  return target.embedded(mode, code, options or "{ signal = 'URG', log = false }")
end

-- The first client is answered, and there is one thread more; not before.
local function answered(start)
  return inside(function()
    local program, path = start()
    if not program then return end
    settled(program)
    local before = threads(program)
    local peer = target.connect(path)
    assert.is_true(peer:ask "stat".ok)
    assert.equal("1\n", peer:eval "1")
    assert.equal(1, before)
    assert.equal(2, threads(program))
    peer:close()
    assert.equal("2\n", target.connect(path):eval "2")
    assert.equal(2, threads(program))
    assert.is_nil(program.status)
  end)
end

local function lua(code, ...)
  local arguments = table.pack(code, ...)
  return answered(function() return target.lua(table.unpack(arguments, 1, arguments.n)) end)
end

local function in_host(...)
  local arguments = table.pack(...)
  return answered(function() return embedded(table.unpack(arguments, 1, arguments.n)) end)
end

describe("the first client is answered", function()
  it("in a loop", lua "while true do end")
  it("in a loop that allocates", lua(LOOP))
  it("in a coroutine", lua "coroutine.wrap(function() while true do end end)()")
  it("where the collector is stopped", lua "collectgarbage 'stop' while true do end")
  it("in system calls that come one after the other", lua [[
    while true do for line in io.lines "/proc/self/maps" do local s = line .. "x" end end ]])
  it("while modules are loaded", lua [[
    local path = package.searchpath("heapy.client", package.cpath)
    while true do package.loadlib(path, "*") collectgarbage() end ]])
  it("while other programs are run", lua "while true do os.execute 'true' end")
  it("in a sleep that goes back to Lua", lua
    "local client = require 'heapy.client' while true do client.poll({}, {}, 60) end")
  it("where C resumes coroutines", in_host("resume", "function work() while true do end end"))
  it("where C sleeps between calls", in_host("events", "function step() end"))
  it("after it was turned off and on", lua
    "for i = 1, 100 do RM.off() RM.on { log = false } end while true do end")
end)

describe("the first client of a program that sleeps in C", function()
  local function told(code, call)
    return inside(function()
      local program, path = target.lua(code)
      settled(program)
      assert.equal(1, threads(program))
      local from = target.now()
      local peer = target.connect(path)
      assert.is_true(peer:ask "stat".ok)
      assert(target.now() - from < 1) -- 0.1 in truth; the machine may be busy
      target.eventually(function() -- the signal's handler may be at it still
        return peer:ask "stat".out:find("in C %l[%l ]* %d+%.%d s %(" .. call .. "%)")
      end)
      assert.equal(2, threads(program))
      assert.is_nil(program.status)
    end)
  end

  it("learns that it reads", told("io.read()", "read"))
  it("learns that it waits for a child", told("os.execute 'exec sleep 5 >/dev/null 2>&1'", "wait4"))
  it("learns that it waits for a child's output",
    told("io.popen 'exec sleep 5 2>/dev/null':read()", "read"))

  it("does not spoil what it reads", inside(function()
    local program, path = target.lua "print('got ' .. io.read()) while true do end"
    settled(program)
    local peer = target.connect(path)
    assert.is_true(peer:ask "stat".ok)
    program:enter "a line"
    program:expect "got a line"
    assert.equal("1\n", peer:eval "1")
  end))
end)

describe("the first client of a program that computes in C", function()
  it("waits until that is over", inside(function()
    local program, path = target.lua [[
      local n = 21
      while true do (("a"):rep(n)):find(("a?"):rep(n) .. ("a"):rep(n)) end
    ]]
    target.sleep(0.1)
    assert.equal(1, threads(program))
    assert.equal("1\n", target.connect(path):eval "1")
    assert.equal(2, threads(program))
  end))
end)

describe("the first client of a program whose signal's handler sleeps", function()
  it("waits until that is over", inside(function()
    local program, path = embedded("nested", "function work() " .. LOOP .. " end")
    if not program then return end
    program:expect "asleep"
    local peer = target.connect(path, function(peer)
      assert.is_false(pcall(peer.frame, peer, 0.3))
      assert.equal(1, threads(program))
    end)
    assert.equal("1\n", peer:eval "1")
    assert.equal(2, threads(program))
  end))
end)

describe("the thread is there at once", function()
  local function two(start)
    return inside(function()
      local program, path = start()
      if not program then return end
      target.eventually(function() return threads(program) == 2 end)
      assert.equal("1\n", target.connect(path):eval "1")
      assert.equal(2, threads(program))
    end)
  end

  it("without a signal", two(function()
    return target.lua(LOOP, "{ signal = false, log = false }")
  end))
  it("with a signal that could end the program", two(function()
    return target.lua(LOOP, "{ signal = 'USR1', log = false }")
  end))
  it("where the program watches the descriptor", two(function()
    return target.lua("RM.fd() " .. LOOP)
  end))
  it("in a host that may take the usual signal for itself", two(function()
    return embedded("urgent", "function work() " .. LOOP .. " end", "{ log = false }")
  end))
  it("where the signal is blocked", two(function()
    return embedded("blocked", "function work() " .. LOOP .. " end")
  end))
  it("once it is seen that the signal does not come any more", two(function()
    return embedded("deaf", "function work() " .. LOOP .. " end")
  end))
end)

describe("a program without the thread", function()
  it("gets it once it has threads of its own", inside(function()
    local program = embedded("threads",
      "function step() for i = 1, 100 do local t = {} end end")
    if not program then return end
    target.eventually(function() return threads(program) == 6 end)
  end))

  it("may have several states", inside(function()
    local program, path = embedded("states",
      "local n = {} function step() for i = 1, 10 do n[i] = {} end end")
    if not program then return end
    for _ = 2, 3 do program:expect "socket " end
    assert.equal(1, threads(program))
    for i = 3, 1, -1 do
      local peer = target.connect((path:gsub("%-1%.sock$", ("-%d.sock"):format(i))))
      assert.equal(i, peer.greeting.state)
      assert.equal(2, threads(program))
    end
  end))

  it("may close its states", inside(function()
    local program = embedded("close", "")
    if not program then return end
    program:expect "closed"
    assert.equal(1, threads(program))
    assert.is_nil(program.status)
  end))

  it("may fork: its child is reached, and it hears nothing of that", inside(function()
    local program, path = embedded("fork", "function work() while true do end end")
    if not program then return end
    program:expect "child "
    local child = tonumber((program:expect("\n")))
    local peer = target.reach((path:gsub("%d+%-1%.sock$", child .. "-1.sock")))
    assert.equal(child, peer.greeting.pid)
    assert.equal("1\n", peer:eval "1")
    assert.equal(1, threads(program))
    local other = target.connect(path)
    target.eventually(function() return other:ask "stat".out:find "%(wait4%)" end)
    assert.equal(2, threads(program))
    peer:send("eval", "os.exit(0)")
    program:ends()
  end))
end)
