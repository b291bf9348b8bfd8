-- What a program does not suffer from being a target, whatever it does itself and whatever its
-- monitors do: the program comes first.

local client = require "heapy.client"
local lfs = require "lfs"
local process = require "heapy_process"
local target = dofile "spec/remote/target.lua"
local inside, support = target.inside, target.support

local LOOP = "while true do for i = 1, 1000 do local t = {i} end end"

local function content(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

-- Code of a program that opens files as `files`, n of them; and their names.
local function opening(n)
  local names = {}
  for i = 1, n do names[i] = ("%s/file%d"):format(support.dir, i) end
  return ([[
    local files = {}
    for i = 1, %d do
      files[i] = assert(io.open(("%s/file%%d"):format(i), "w"))
      files[i]:setvbuf "no"
    end
  ]]):format(n, support.dir), names
end

describe("a program whose standard error takes nothing", function()
  -- Its output is a pipe, which nobody reads now.
  local FILL = "io.read() io.stderr:write(('x'):rep(65536)) "

  it("is not held up by the log, nor is a monitor #novalgrind", inside(function()
    local program, path = target.lua(FILL .. [[
      local process = require "heapy_process"
      while not go do RM.poll() end
      if process.fork() == 0 then process.leave(0) end
      process.wait()
      os.exit(0, true)
    ]], "{}")
    program:enter ""
    target.sleep(0.2)
    for _ = 1, 3 do
      local peer = target.connect(path)
      assert.equal("1\n", peer:eval "1")
      peer:close()
    end
    target.connect(path):eval "_G.go = true"
    target.eventually(function() return not io.open(("/proc/%d/stat"):format(program.pid))
      or content(("/proc/%d/stat"):format(program.pid)):find "%) Z" end)
    program:ends()
  end))
end)

describe("a program that closes all descriptors", function()
  it("keeps what it opens instead", inside(function()
    local code, names = opening(12)
    local program = target.lua([[
      local process = require "heapy_process"
      process.close_all()
    ]] .. code .. [[
      if process.fork() == 0 then
        for i = 1, 6 do assert(files[i]:write "child\n") end
        process.leave(0)
      end
      process.wait()
      RM.off()
      for i = 1, 12 do assert(files[i]:write "data\n") end
      print "over"
    ]])
    program:expect "over"
    program:ends()
    for i, name in ipairs(names) do
      assert.equal(i <= 6 and "child\ndata\n" or "data\n", content(name))
    end
  end))

  it("keeps it while it is watched, and is reached again", inside(function()
    local code, names = opening(12)
    local _, path = target.lua([[
      local process = require "heapy_process"
      while not go do end
      process.close_all()
    ]] .. code .. [[
      function write() for i = 1, 12 do assert(files[i]:write "data\n") end end
      while true do end
    ]])
    local peer = target.connect(path)
    peer:send("eval", "_G.go = true")
    while peer:frame() do end
    local again = target.reach(path)
    again:eval "write()"
    assert.truthy(again:ask "stat".ok)
    for _, name in ipairs(names) do assert.equal("data\n", content(name)) end
  end))

  local quiet = { ["does nothing"] = "client.poll({}, {}, 60)", ["makes no objects"] = "" }
  for what, loop in pairs(quiet) do
    it("is reached by the monitor though it " .. what, inside(function()
      local code, names = opening(12)
      local program = target.lua([[
        local client = require "heapy.client"
        require("heapy_process").close_all()
      ]] .. code .. [[
        function write() for i = 1, 12 do assert(files[i]:write "data\n") end end
        while true do ]] .. loop .. " end")
      target.eventually(function() return io.open(names[12]) end)
      local began = target.now()
      local status, text = support.piped_heapy("monitor", "--pid", tostring(program.pid),
        "--exec", "write()", "--exec", "1 + 1"):hang_up():wait()
      assert.matches("^paused .*2\n", text)
      assert.equal(0, status)
      assert(target.now() - began < 5) -- 0.2 in truth
      for _, name in ipairs(names) do assert.equal("data\n", content(name)) end
    end))
  end

  it("gets a descriptor to watch that is the monitor's", inside(function()
    local program, path = target.lua([[
      local process = require "heapy_process"
      process.close_all()
      local client = require "heapy.client"
      while true do
        client.poll({ (assert(RM.fd())) }, { false }, 60)
        RM.poll()
      end
    ]], "{ signal = false, log = false }")
    target.reach(path)
    assert.is_nil(program.status)
  end))
end)

describe("a program that is out of descriptors", function()
  it("is not kept busy by a client that waits #noasan #novalgrind", inside(function()
    local script = target.script([[
      local files = {}
      while true do
        local file = io.open "/dev/null"
        if not file then break end
        files[#files + 1] = file
      end
      print "full"
      local from = os.clock()
      require "heapy_process".sleep(2)
      print("spent", os.clock() - from < 0.5)
      for _, file in ipairs(files) do file:close() end
      while true do end
    ]], nil, "require 'heapy_process'")
    local program, path = target.start { "sh", "-c",
      ("ulimit -n 40; exec '%s' '%s'"):format(support.lua, script) }
    program:expect "full"
    local link = assert(client.connect(path))
    program:expect "spent\ttrue"
    client.close(link)
    assert.equal("1\n", target.connect(path):eval "1")
  end))
end)

describe("a program that sleeps", function()
  it("is left alone once a stat is answered", inside(function()
    local program, path = target.lua
      "local n = require 'heapy_process'.sleep(4) print('interrupted ' .. n)"
    local peer = target.connect(path)
    target.eventually(function() return peer:ask "stat".out:find "target.vm         = in C " end)
    peer:close()
    program:expect "interrupted "
    assert.truthy(tonumber((program:expect "\n")) <= 9) -- as often as it was tried meanwhile
  end))

  it("is told of by what is known", inside(function()
    local program, path = target.lua "io.read() for i = 1, 1e7 do local t = {} end io.read()"
    target.sleep(0.3)
    local peer = target.connect(path)
    target.eventually(function() -- but not while a signal is handled
      return peer:ask "stat".out:find "in C for at least %d+%.%d s %(read%)\n"
    end)
    program:enter ""
    target.eventually(function()
      return peer:ask "stat".out:find "in C since %d+%.%d s %(read%)\n"
    end)
  end))
end)

describe("a command that is broken off", function()
  it("leaves the program's own printing as it was", inside(function()
    local program, path = target.lua([[
      local hp = require "heapy"
      while not go do end
      print(pcall(hp.help, "where"))
    ]], "{ limit = 0.3, log = false }")
    local peer = target.connect(path)
    assert.truthy(peer:ask("eval", "while true do end").error:find "interrupted")
    peer:eval "_G.say = print"
    peer:eval "_G.go = true"
    program:expect "set:where"
    program:expect "true\n"
  end))

  it("may leave its print to the program", inside(function()
    local program, path = target.lua("while not say do end say('mine', 1)")
    target.connect(path):eval "_G.say = print"
    program:expect "mine\t1\n"
  end))
end)

describe("a program that takes away what the console needs", function()
  it("is looked into all the same", inside(function()
    local _, path = target.lua([[
      require, package, print, pcall, select, next, pairs, ipairs, type, error, string, table, math,
        utf8, debug, os, io, rawget, rawequal, rawlen, setmetatable, getmetatable, coroutine, load,
        tostring, xpcall, assert, collectgarbage = nil
    ]] .. LOOP)
    local peer = target.connect(path)
    for _, verb in ipairs { "heap", "diff", "isolatest", "stat", "reset" } do
      local answer = peer:ask(verb)
      assert.is_true(answer.ok, answer.error)
    end
    assert.equal("2\n", peer:eval "x = hp.heap() return 1 + 1")
    assert.same({ "heap", "heapu", "help" }, peer:ask("complete", "hp.he").candidates)
    assert.same({ "referents", "referrers" }, peer:ask("complete", "x.refe").candidates)
    assert.same({ "x" }, peer:ask("complete", "x").candidates)
    for _, code in ipairs { "x.byid", "x[0].referrers.byvia", "hp.help 'where'", "x.count",
      "x:diff(hp.heap())", "x:where{ type = 'table' }.more", "hp.track()", "hp.heap().bysite",
      "hp.sites():diff(hp.sites())", "hp.untrack()", "hp.heap().accounting",
      "hp.heap():where{ kind = 'tabel' }", "hp.timeline" } do
      local answer = peer:ask("eval", code)
      assert(answer.ok and not answer.more, code .. ": " .. tostring(answer.error))
    end
  end))
end)

describe("RM.poll", function()
  it("does what there is, and returns #noasan #novalgrind", inside(function()
    local _, path = target.lua([[
      worst = 0
      while true do
        local n = RM.poll()
        if n > worst then worst = n end
      end
    ]], "{ signal = false, log = false }")
    local peer = target.connect(path)
    local ids = {}
    local function send() ids[#ids + 1] = peer:send("eval", "for i = 1, 1e6 do end") end
    for _ = 1, 10 do send() end
    for i = 1, 100 do
      send()
      assert.is_true(peer:answer(ids[i]).ok)
    end
    for i = 101, #ids do peer:answer(ids[i]) end
    assert.truthy(tonumber(peer:eval "worst") <= 17)
  end))

  it("is not where the program is said to be", inside(function()
    local _, path = target.lua("while true do RM.poll() end", "{ signal = false, log = false }")
    local out = target.eventually(function()
      local answer = target.connect(path):ask "stat".out
      return answer:find "in Lua, at " and answer
    end)
    assert.truthy(out:find "target.vm         = in Lua, at [^\n]*script%d+%.lua:4\n", out)
  end))
end)

describe("the socket of a program", function()
  it("is not that of another with the same number", inside(function()
    local program = support.piped { support.lua,
      target.script("while not go do end", nil, "io.read()") }
    local other = ("%s/%d-1.sock"):format(support.dir, program.pid)
    local listener = assert(process.listen(other)) -- as from another namespace of processes
    program:enter ""
    program:expect "socket "
    local path = program:expect "\n"
    assert.truthy(path:find("/" .. program.pid .. "%-%d+%.sock$"))
    assert.not_equal(other, path)
    local peer = target.connect(path)
    assert.equal(program.pid, peer.greeting.pid)
    peer:eval "_G.go = true"
    program:wait()
    assert.equal("socket", lfs.attributes(other, "mode"))
    assert.is_nil(lfs.attributes(path, "mode"))
    process.close(listener)
  end))

  it("is not removed where it is another's by now", inside(function()
    for _, last in ipairs { "", "RM.off()" } do
      local program, path = target.lua("io.read() " .. last)
      os.remove(path)
      local listener = assert(process.listen(path))
      program:enter ""
      program:ends()
      assert.equal("socket", lfs.attributes(path, "mode"))
      process.close(listener)
      os.remove(path)
    end
  end))
end)

describe("a child", function()
  local BECOME = [[
    local process = require "heapy_process"
    local child = process.fork()
    if child == 0 then
      assert(process.become(12345))
      while true do end
    end
    print("child " .. child)
    while true do end
  ]]

  local function forked(options)
    local program, path = target.lua(BECOME, options)
    program:expect "child "
    local child = tonumber((program:expect "\n"))
    return program, path, child
  end

  it("that becomes another user has a directory of that user's", inside(function()
    if client.uid() ~= 0 then return pending "only root can become another user" end
    local _, _, child = forked()
    local peer = target.reach(("/tmp/heapy-12345/%d-1.sock"):format(child))
    assert.equal(child, peer.greeting.pid)
    peer:send("eval", "os.exit(0)")
    while peer:frame() do end
    os.execute "rmdir /tmp/heapy-12345"
  end))

  it("that cannot be reached says so", inside(function()
    if client.uid() ~= 0 then return pending "only root can become another user" end
    local program, _, child = forked(("{ dir = %q }"):format(support.dir))
    local said = select(2, program:expect("no monitor can reach state 1 of pid %d+: [^\n]+", true))
    assert.truthy(said:find(("of pid %d: "):format(child)))
    process.kill(child, 9)
  end))

  it("forgets what its parent's monitors kept", inside(function()
    local program, path = target.lua([[
      local process = require "heapy_process"
      while not go do end
      if process.fork() == 0 then
        local from = os.clock()
        while weak[1] and os.clock() < from + 5 do collectgarbage() end
        print(weak[1] and "kept" or "forgotten")
        process.leave(0)
      end
      process.wait()
      print(weak[1] and "still there")
    ]], nil, nil, "weak = setmetatable({}, { __mode = 'v' })")
    local peer = target.connect(path)
    peer:eval "held = {} _G.weak[1] = held"
    peer:eval "_G.go = true"
    program:expect "forgotten\n"
    program:expect "still there\n"
  end))
end)

describe("options of the monitor's end", function()
  local function turned_on(options, env)
    local path = support.dir .. "/run.lua"
    local file <close> = assert(io.open(path, "w"))
    assert(file:write(([[io.write(tostring(select(-1, require "heapy.RM".on %s)))]])
      :format(options)))
    file:close()
    local _, out = support.piped({ support.lua, path }, env):wait()
    return out
  end

  it("are a log that can be written", inside(function()
    assert.equal("cannot write to the log /no/such/log: No such file or directory",
      turned_on "{ log = '/no/such/log' }")
    assert.truthy(turned_on(("{ log = '%s/log' }"):format(support.dir)):find "%.sock$")
    assert.equal("", content(support.dir .. "/log"))
  end))

  it("are a limit of any size", inside(function()
    for _, limit in ipairs { "1e17", "1e300" } do
      local _, path = target.lua(LOOP, ("{ limit = %s, log = false }"):format(limit))
      assert.equal("1\n", target.connect(path):eval "1")
    end
    local _, path = target.lua(LOOP, "{ limit = 0.0001, log = false }")
    assert.truthy(target.connect(path):ask("eval", "while true do end").error:find "limit")
  end))

  it("are not an environment that is not the user's", inside(function()
    local usual = ("^/tmp/heapy%%-%d/%%d+%%-1%%.sock$"):format(client.uid())
    local function with(runtime)
      return turned_on("{}", { "HEAPY_DIR=", "XDG_RUNTIME_DIR=" .. runtime })
    end
    assert.truthy(with "/no/such/place":find(usual))
    assert.truthy(with "relative":find(usual))
    local dir = support.dir .. "/runtime"
    lfs.mkdir(dir)
    assert(os.execute("chmod 0777 " .. dir))
    assert.truthy(with(dir):find(usual))
    assert(os.execute("chmod 0700 " .. dir))
    assert.truthy(with(dir):find("^" .. dir .. "/heapy/%d+%-1%.sock$"))
    if client.uid() ~= 0 then return end
    assert(os.execute("chown -R 12345 " .. dir))
    assert.truthy(with(dir):find(usual))
  end))
end)

describe("a program in the background of its terminal", function()
  it("is not stopped by a command that reads there", inside(function()
    local script = target.script(LOOP)
    local shell = support.terminal { "bash", "-c",
      ("set -m; '%s' '%s' & while true; do read line; done"):format(support.lua, script) }
    shell:expect "socket "
    local peer = target.connect((shell:expect("\n"):gsub("\r", "")))
    local _, message = peer:eval "io.read()":match "^(%S+)\t(.-)\t"
    assert.equal("Input/output error", message)
    assert.equal("1\n", peer:eval "1")
    local state = content(("/proc/%d/stat"):format(peer.greeting.pid)):match "%) (%a)"
    assert.equal("R", state)
    pcall(peer.eval, peer, "os.exit(0)") -- nobody else ends it
  end))
end)
