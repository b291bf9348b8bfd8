-- The monitor's end from its beginning to its end: on and off, forks, states that are closed,
-- programs that exit; and what is left behind, which is nothing.

local lfs = require "lfs"
local target = dofile "spec/remote/target.lua"
local inside, support = target.inside, target.support

local LOOP = "while true do for i = 1, 1000 do local t = {i} end end"

local function sockets()
  local names = {}
  for name in lfs.dir(support.dir) do
    if name:find "%.sock$" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- Runs a script to its end; what it printed.
local function run(code, env)
  local path = support.dir .. "/run.lua"
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(code))
  file:close()
  local program = support.piped({ support.lua, path }, env)
  local out = program:ends()
  return out
end

local function embedded(...)
  if not io.open(target.host) then return pending "there is no library of Lua to link" end
  return target.embedded(...)
end

-- Descriptors, threads and memory (in pages) of a process.
local function belongings(pid)
  local function count(what)
    local n = 0
    for _ in lfs.dir(("/proc/%d/%s"):format(pid, what)) do n = n + 1 end
    return n - 2
  end
  local file <close> = assert(io.open(("/proc/%d/statm"):format(pid)))
  return { fds = count "fd", threads = count "task" }, tonumber((select(2, file:read("n", "n"))))
end

describe("the monitor's end", function()
  it("is turned on and off", inside(function()
    local out = run [[
      local RM = require "heapy.RM"
      assert(RM.fd() == nil and RM.poll() == 0 and RM.off() == false)
      for i = 1, 3 do
        local path = assert(RM.on())
        assert(io.open(path) == nil and RM.on() == path, "on twice is on")
        assert(math.type(RM.fd()) == "integer" and RM.poll() == 0)
        assert(RM.on { name = "x", log = false } == path, "with options it begins anew")
        assert(RM.off() and not RM.off())
        assert(not os.rename(path, path), "the socket is gone")
      end
      local n = 0
      for _ in require "lfs".dir "/proc/self/task" do n = n + 1 end
      print(n - 2)
    ]]
    assert.equal("1\n", out)
    assert.same({}, sockets())
  end))

  it("says what is wrong with options", inside(function()
    run [[
      local RM = require "heapy.RM"
      local function wrong(options, expected)
        local ok, message = pcall(RM.on, options)
        assert(not ok and message:find(expected, 1, true), message)
      end
      wrong({ namee = "x" }, "did you mean 'name'?")
      wrong({ name = 1 }, "bad option 'name' to 'on' (string expected, got number)")
      wrong({ limit = 0 }, "bad option 'limit'")
      wrong("x", "bad argument #1 to 'on' (table expected, got string)")
      local function refused(options, expected)
        local path, message = RM.on(options)
        assert(path == nil and message:find(expected, 1, true), message)
        assert(RM.fd() == nil)
      end
      refused({ signal = "KILL" }, "not for programs to handle")
      refused({ signal = "nonsense" }, "it is unknown")
      refused({ dir = "relative" }, "not an absolute path")
      refused({ dir = "/no/such/place" }, "cannot make /no/such/place")
      local long = "/tmp/" .. ("x"):rep(95) -- with a socket in it too long, whatever the pid
      refused({ dir = long }, "too long")
      assert(os.remove(long))
      refused({ dir = "/" .. ("x"):rep(200) }, "too long")
      local path = assert(RM.on { name = "first", log = false })
      assert(RM.on { name = "first", log = false } == path)
      local bad = { { signal = "KILL" }, { dir = "relative" }, { log = "/no/such/file" } }
      for _, options in ipairs(bad) do
        local no, why = RM.on(options)
        assert(no == nil and why and RM.fd() and RM.on() == path, "it is on as before")
      end
      ok, why = pcall(function() return RM.off_ end)
      assert(not ok and why:find("no field 'off_' in heapy.RM; did you mean 'off'?", 1, true), why)
    ]]
  end))

  it("drops nobody where it is turned on as it is", inside(function()
    local program, path = target.lua [[
      for i = 1, 1e9 do
        local t = { i }
        if i % 1000 == 0 and again == nil then RM.on { log = false } RM.on() end
        if again then again = false RM.on { name = "anew", log = false } end
      end
    ]]
    local peer = target.connect(path)
    for i = 1, 5 do assert.equal(i .. "\n", peer:eval(tostring(i))) end
    peer:send("eval", "_G.again = true")
    local why
    repeat
      local frame = peer:frame()
      why = frame and frame.bye or why
    until not frame
    assert.equal("monitoring was turned off", why)
    peer:close()
    peer = target.reach(path)
    assert.equal("anew", peer.greeting.name)
    assert.truthy(program.pid)
  end))

  it("is turned on by the environment", inside(function()
    local path = support.dir .. "/plain.lua"
    local file <close> = assert(io.open(path, "w"))
    assert(file:write [[require "heapy" print "ready" while true do end]])
    file:close()
    local program = support.piped({ support.lua, path }, { "HEAPY_MONITOR=1" })
    program:expect "ready"
    local peer = target.connect(("%s/%d-1.sock"):format(support.dir, program.pid))
    assert.equal("2\n", peer:eval "1 + 1")
    for _, no in ipairs { "", "0" } do
      program = support.piped({ support.lua, path }, { "HEAPY_MONITOR=" .. no })
      program:expect "ready"
    end
    assert.equal(1, #sockets())
  end))

  it("says goodbye when it is turned off", inside(function()
    local _, path = target.lua("while not stop do end RM.off() while true do end", nil, nil,
      "local stop = false function off() stop = true end")
    local peer = target.connect(path)
    peer:eval "off()"
    local frame = peer:frame()
    while frame.done do frame = peer:frame() end
    assert.equal("monitoring was turned off", frame.bye)
    assert.is_nil(peer:frame())
    target.eventually(function() return #sockets() == 0 end)
  end))

  it("can be turned off and on by a command", inside(function()
    local _, path = target.lua(LOOP)
    local peer = target.connect(path)
    peer:send("eval", "require 'heapy.RM'.off() require 'heapy.RM'.on { log = false }")
    local frame
    repeat frame = peer:frame() until not frame or frame.bye
    assert.equal("monitoring was turned off", frame.bye)
    target.reach(path)
  end))

  it("leaves nothing when the program ends", inside(function()
    for _, last in ipairs { "", "os.exit(0)", "os.exit(0, true)", "error()" } do
      local program, path = target.lua("io.read() " .. last)
      local peer = target.connect(path)
      program:enter ""
      while peer:frame() do end
      program:wait()
      assert.same({}, sockets())
    end
  end))

  it("sweeps what others left who were killed", inside(function()
    local program = target.lua "io.read()"
    program:stop()
    assert.equal(1, #sockets())
    program = target.lua "io.read()"
    assert.same({ program.pid .. "-1.sock" }, sockets())
  end))

  -- Two sockets: a new one, and one that is some time old.
  it("has the monitor sweep what was left under a number that is another's now", inside(function()
    local other = support.piped { "sleep", "60" }
    for state, age in ipairs { "30 seconds", "2 minutes" } do
      local program, path = target.lua "io.read()"
      program:stop()
      local name = ("%s/%d-%d.sock"):format(support.dir, other.pid, state)
      assert(os.rename(path, name))
      assert(os.execute(("touch -d '%s ago' '%s'"):format(age, name)))
    end
    local _, text = support.piped_heapy("monitor", "--exec", "1"):hang_up():wait()
    assert.matches("^heapy: there is no target", text)
    assert.same({ other.pid .. "-1.sock" }, sockets())
  end))

  for what, before in pairs { ["no thread yet"] = "", ["a thread"] = "RM.fd()" } do
    it("makes a socket that was removed anew, with " .. what, inside(function()
      local program, path = target.lua(before .. [[
        local path = RM.on()
        os.remove(path)
        print(RM.on() == path)
        while true do end
      ]])
      program:expect "true\n"
      assert.equal("1\n", target.connect(path):eval "1")
      target.connect(path):eval "_G.kept = 2"
      local peer = target.connect(path)
      assert(os.remove(path))
      assert.equal("true\n", peer:eval(("require('heapy.RM').on() == %q"):format(path)))
      assert.equal("2\n", target.connect(path):eval "kept")
    end))
  end

  it("says at once where it is in the child of a fork", inside(function()
    local program, path = target.lua [[
      local process = require "heapy_process"
      local child = process.fork()
      if child == 0 then print(RM.on()) while true do end end
      print "parent"
      while true do end
    ]]
    program:expect(path:match "^.*/")
    local name = program:expect("\n")
    assert.matches("^%d+%-1%.sock$", name)
    local peer = target.connect(path:gsub("[^/]*$", "") .. name)
    assert.equal(tonumber(name:match "^%d+"), peer.greeting.pid)
    peer:send("eval", "os.exit(0)")
  end))

  it("says why a socket that was removed cannot be made anew", inside(function()
    local dir = support.dir .. "/other"
    local program = target.lua(([[
      os.execute "rm -rf '%s' && touch '%s'"
      print(RM.on())
      os.remove '%s'
      print(RM.on())
      while true do end
    ]]):format(dir, dir, dir), ("{ dir = %q, log = false }"):format(dir))
    program:expect("nil\t" .. dir .. " is not a directory")
    local path = ("%s/%d-1.sock"):format(dir, program.pid)
    program:expect(path)
    assert.equal("1\n", target.connect(path):eval "1")
  end))

  it("has no descriptor once it is off", inside(function()
    local program = target.lua "print(RM.fd() ~= nil, RM.off(), RM.fd())"
    program:expect "true\ttrue\tnil\n"
  end))
end)

describe("a program with several states", function()
  it("has a socket for each", inside(function()
    local program = embedded("states",
      "local n = {} function step() for i = 1, 10 do n[i] = {} end end")
    if not program then return end
    for _ = 2, 3 do program:expect "socket " end
    for i = 1, 3 do
      local peer = target.connect(("%s/%d-%d.sock"):format(support.dir, program.pid, i))
      assert.equal(i, peer.greeting.state)
      peer:eval(("_G.mine = %d"):format(i))
      assert.equal(i .. "\n", peer:eval "mine")
      assert.is_true(peer:ask "heap".ok)
      assert.truthy(peer:ask "stat".out:find(("target.state      = %d\n"):format(i)))
    end
    assert.equal(2, (belongings(program.pid)).threads)
  end))

  it("may close them and live on", inside(function()
    local program, path = embedded("close", "")
    if not program then return end
    local peer = target.connect(path)
    local frame = peer:frame()
    assert.equal("its Lua state was closed", frame.bye)
    program:expect "closed"
    assert.same({}, sockets())
    assert.same(1, (belongings(program.pid)).threads)
    assert.is_nil(program.status)
  end))

  it("may let them move between threads while it is asked", inside(function()
    local program, path = embedded("threads",
      "n = 0 function step() for i = 1, 50 do n = n + 1 local t = {} end end")
    if not program then return end
    local peer = target.connect(path)
    for i = 1, 300 do assert.equal(i .. "\n", peer:eval(tostring(i))) end
    assert.is_nil(program.status)
  end))
end)

describe("a program that forks", function()
  local function both(program, path)
    local child = tonumber((program:expect("\n")))
    local parent_peer = target.connect(path)
    local child_peer = target.reach((path:gsub("%d+%-1%.sock$", child .. "-1.sock")))
    assert.equal(child, child_peer.greeting.pid)
    assert.equal(program.pid, parent_peer.greeting.pid)
    return parent_peer, child_peer
  end

  local function are_reached(program, path)
    program:expect "child "
    local parent, child = both(program, path)
    assert.equal("1\n", child:eval "1")
    target.eventually(function()
      return parent:ask "stat".out:find "in C %l[%l ]* %d[%d.]* s %(wait4%)"
    end)
    child:send("eval", "os.exit(0)")
    program:ends()
    assert.same({}, sockets())
  end

  it("is reached in both processes", inside(function()
    local program, path = embedded("fork", "io.read() function work() while true do end end")
    if not program then return end
    target.connect(path):close() -- the thread is there
    program:enter ""
    are_reached(program, path)
  end))

  -- A sanitizer has an allocator of its own, whose locks a fork does not wait for: what the
  -- thread holds of them as it begins, the child's waits for in vain.
  it("is reached in both processes though its thread just began #noasan", inside(function()
    local program, path = embedded("fork", "function work() while true do end end")
    if program then are_reached(program, path) end
  end))

  it("shares no connection with its child", inside(function()
    local _, path = target.lua [[
      process = require "heapy_process"
      while not go do end
      os.execute "sleep 0.2"
      while true do end
    ]]
    local peer = target.connect(path)
    peer:eval "_G.go = true"
    assert.equal("1\n", peer:eval "1") -- after a child has come and gone
  end))
end)

describe("many attachments", function()
  local function attach(path, rounds)
    for i = 1, rounds do
      local peer = target.connect(path)
      assert.is_true(peer:ask "heap".ok)
      if i % 2 == 0 then peer:eval "h = hp.heap() x = h[0].referrers" end
      peer:close()
    end
  end

  it("leave a program as it was #novalgrind #noasan", inside(function()
    local program, path = target.lua(LOOP)
    local before = belongings(program.pid)
    before.threads = before.threads + 1 -- from the first on
    -- Pages it has once all connections are closed, and nothing else is left of them.
    local function settled()
      return target.eventually(function()
        local now, pages = belongings(program.pid)
        return now.fds == before.fds and now.threads == before.threads and pages
      end)
    end
    attach(path, 100)
    local pages = settled()
    attach(path, 1000)
    local more = settled()
    -- the program's garbage comes and goes; a KiB kept for each attachment would show
    assert(more - pages < 250, ("%d pages more"):format(more - pages))
    local held = target.connect(path):eval
      "collectgarbage() collectgarbage() return (require 'heapy.core'.memory())"
    assert(tonumber(held) < 1e5, held)
  end))
end)
