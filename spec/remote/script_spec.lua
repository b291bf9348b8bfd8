-- The monitor at the end of pipes: what a script gives it, what it prints, how it ends.

local client = require "heapy.client"
local support = dofile "spec/remote/support.lua"

before_each(support.directory)
after_each(support.clean)

-- All that the command prints when it is given these lines, and its status.
local function session(lines, ...)
  local heapy = support.piped_heapy("monitor", ...)
  heapy:type(lines):hang_up()
  local status, text = heapy:wait()
  return text, status
end

local LIST <const> = [[

Documented commands (type help <topic>):
========================================
]]

local GREETING <const> = "Remote connection 1. To return to Monitor, type <Ctrl-C> or .<RETURN>\n"

describe("a session by pipes", function()
  it("reads like one that was typed", function()
    local target = support.fake("pid=12500")
    assert.truthy(target)
    local text, status = session("lc\nsc 1\nh\nstat\nint\nx = 20\nx = x + (\n22)\n.\nlc\nsc\nx\n-\n"
      .. "q\n.q\n")
    local row = "  1 12500 {'fake.lua', 'it\\'s', '\\x1B[31m'}\n"
    assert.equal("<Monitor> \n*** Connection 1 opened ***\n<Monitor> lc\nCID PID   ARGV\n" .. row
      .. "<Monitor> sc 1\n" .. GREETING
      .. "<Annex> h\n" .. LIST .. "close  h  help  int  isolatest  q  reset  stat\n\n"
      .. "<Annex> stat\nTarget overview\ntarget.pid = 12500\n"
      .. "<Annex> int\nRemote interactive console. To return to Annex, type '-'.\n"
      .. "> x = 20\npaused 3.1 ms\n> x = x + (\n>> 22)\npaused 3.1 ms\n> .\n"
      .. "<Monitor> lc\nCID PID   ARGV\n" .. row
      .. "<Monitor> sc\n" .. GREETING .. "> x\n42\npaused 3.1 ms\n"
      .. "> -\n\nnow exiting Console...\n"
      .. "<Annex> q\nTo return to Monitor, type <Ctrl-C> or .\n"
      .. "To close this connection ('permanently'), type close\n"
      .. "<Annex> .q\n*** Connection 1 closed ***\n", text)
    assert.equal(0, status, text)
  end)

  it("ends with its input", function()
    local text, status = session "\n \n"
    assert.equal("<Monitor> \n<Monitor>  \n<Monitor> \n*** End Of File - Exiting Monitor ***\n",
      text)
    assert.equal(0, status, text)
  end)

  it("answers what is wrong with a sentence, and says so in its status", function()
    for lines, sentence in pairs {
      ["sc 2\n"] = "\nThere is no connection 2: lc lists them.\n<Monitor> ",
      ["sc x\n"] = "\nThere is no connection x: lc lists them.\n",
      ["ki 7\n"] = "\nThere is no connection 7: lc lists them.\n",
      ["bogus 1\n"] = "\n*** Unknown syntax: bogus 1\n" .. LIST
        .. "exit  h  help  int  ki  lc  q  sc\n\n<Monitor> ",
      ["-\n"] = "\n*** Unknown syntax: -\n",
      ["sc 1\nlc\n"] = "<Annex> lc\nlc is a command of the Monitor: type .lc\n<Annex> ",
      ["sc 1\nint\nsc 1\n"] = "\nsc is a command of the Monitor: type .sc 1\n> ",
      ["help bogus\n"] = "\n*** No help on bogus\n",
      ["sc 1\nclose\nsc 1\n"] = "*** Connection 1 closed ***\n<Monitor> sc 1\n"
        .. "Connection 1 is closed.\n",
      ["sc 1\nclose\nsc\n"] = "\n<Monitor> sc\nThere is no connection.\n",
      ["sc 1\n-\n"] = "\n*** Unknown syntax: -\n" .. LIST .. "close  h",
      ["sc 1\nint\nnil + 1\n"] = "\nstdin:1: attempt to perform arithmetic on a nil value\npaused",
      ["sc 1\nint\ndrop\nlc\n"] = "> drop\n*** Connection 1 closed (too slow \\x1B[31m) ***\n",
      ["sc 1\nint\nbye\n"] = "*** Connection 1 closed (monitoring was turned off) ***\n",
      ["sc 1\nint\ngarbage\n"] =
        "*** Connection 1 closed (the target sent a frame that is not JSON) ***\n",
      ["sc 1\nint\nx = (\n1 +\n"] = ">> \nThe code is incomplete: it was not run.\n*** End Of File",
      ["int\nx = (\n"] = ">> \nThe code is incomplete: it was not run.\n*** End Of File",
      ["sc 1\nint\ndie\nlc\n"] = "> die\n*** Connection 1 closed ***\n<Monitor> lc\nCID PID ARGV\n",
    } do
      local target = support.fake()
      local text, status = session(lines)
      assert.truthy(text:find(sentence, 1, true), text)
      assert.equal(lines:find "help" and 0 or 1, status, lines)
      target:stop()
    end
  end)

  it("goes to the target that was named, where it leaves one", function()
    local one, two = support.fake("name=web"), support.fake("name=db")
    local text, status = session("stat\n", "--pid", tostring(two.pid))
    assert.equal("*** Connection 1 opened ***\n" .. GREETING
      .. ("<Annex> stat\nTarget overview\ntarget.pid = %d\n"):format(two.pid)
      .. "<Annex> \n*** End Of File - Exiting Monitor ***\n*** Connection 1 closed ***\n", text)
    assert.equal(0, status, text)
    assert.truthy(session("stat\n", "--name", "web"):find("target.pid = " .. one.pid, 1, true))
    local three = support.fake("state=3")
    assert.truthy(session("stat\n", "--state", "3"):find("target.pid = " .. three.pid, 1, true))
  end)

  it("has what a target without a console answers", function()
    support.fake("console=no", "pid=11")
    local text, status = session "sc 1\nh\nheap\nint\nhelp heap\n"
    assert.equal(1, status, text)
    for _, part in ipairs {
      "\nclose  diff  h  heap  help  q  stat\n",
      "<Annex> heap\nTarget overview\n",
      "\nThis target has no console: heap, diff and stat are what it answers.\n<Annex> ",
      "\nheap\n  Print the target's heap, as hp.heap() does.\n",
    } do
      assert.truthy(text:find(part, 1, true), text)
    end
  end)

  it("has a console of its own", function()
    local text = session("int\nx = 3\nx = (\nx * 14)\nx\nprint(hp)\nnil + 1\n= x // 2\n"
      .. "error {}\nerror(setmetatable({}, { __tostring = function() return 'oh' end }))\n"
      .. ".lc\n-\nx\n")
    for _, part in ipairs {
      "<Monitor> int\nLocal interactive console. To return to Monitor, type '-'.\n> x = 3\n",
      "> x = (\n>> x * 14)\n> x\n42\n> print(hp)\nheapy: what is in the memory",
      "stdin:1: attempt to perform arithmetic on a nil value\n> = x // 2\n21\n> error {}\n",
      "\n(error object is a table value)\n> error(", "\noh\n> .lc",
      "\n> .lc\nCID PID ARGV\n> -\n\nnow exiting Console...\n<Monitor> x\n*** Unknown syntax: x\n",
    } do
      assert.truthy(text:find(part, 1, true), text)
    end
  end)

  it("hints at a command of the Monitor that is no variable", function()
    support.fake()
    local text, status = session "sc 1\nint\nlc\nlc = 1\nlc\nother\n"
    assert.truthy(text:find("> lc\nnil\npaused 3.1 ms\nlc is a command of the Monitor: type .lc\n",
      1, true), text)
    local _, hints = text:gsub("is a command of the Monitor", "")
    assert.equal(1, hints, text)
    assert.equal(0, status, text)
  end)

  it("shows nothing of a target that a terminal would obey", function()
    support.fake()
    local text = session "sc 1\nint\ncontrol\n"
    local shown = "red \\x1B[31m \\a \\u{9B}m\ttab\nbad \\x1B]0;title\\a thing\n"
    assert.truthy(text:find(shown, 1, true), text)
    assert.is_nil(text:find "[\0-\8\11-\31\127]")
  end)
end)

describe("heapy monitor --exec", function()
  -- Output and status; what goes to standard error is part of it.
  local function execute(...)
    local status, text = support.piped_heapy("monitor", ...):hang_up():wait()
    return text, status
  end

  it("prints what the code gives", function()
    local target = support.fake()
    local text, status = execute("--pid", tostring(target.pid), "--exec", "x = 20",
      "--exec", "x + 22")
    assert.equal(0, status, text)
    assert.equal("paused 3.1 ms\n42\npaused 3.1 ms\n", text)
  end)

  it("keeps the output apart from the rest", function()
    support.fake()
    local pipe = assert(io.popen(
      ("HEAPY_DIR='%s' '%s' lua/bin/heapy monitor --exec '6 * 7' 2>/dev/null")
        :format(support.dir, support.lua)))
    assert.equal("42\n", pipe:read "a")
    assert.is_true(pipe:close())
  end)

  it("says in its status what went wrong, and stops there", function()
    for _, case in ipairs {
      { 1, "heapy: stdin:1: attempt to perform", "--exec", "nil + 1", "--exec", "'not reached'" },
      { 1, "heapy: the code is incomplete\n", "--exec", "x = (", "--exec", "'not reached'" },
      { 3, "heapy: the code timed out after 0.3 s, and could not be broken off\n",
        "--timeout", "0.3", "--exec", "deaf" },
      { 3, "heapy: the code timed out after 0.3 s, waiting for the VM: in C since 3 s\n",
        "--timeout", "0.3", "--exec", "slow" },
      { 3, "heapy: there is no target in process 1\n", "--pid", "1", "--exec", "1" },
      { 3, "heapy: there is no target called 'x'\n", "--name", "x", "--exec", "1" },
      { 3, "the target sent a frame that is not JSON\n", "--exec", "garbage" },
      { 3, "heapy: the connection is closed: the target has ended it\n", "--exec", "die" },
    } do
      local target = support.fake()
      local text, status = execute(table.unpack(case, 3))
      assert.truthy(text:find(case[2], 1, true), text)
      assert.is_nil(text:find "not reached")
      assert.equal(case[1], status, text)
      target:stop()
    end
    local text, status = execute("--exec", "1")
    assert.equal("heapy: there is no target\n", text)
    assert.equal(3, status, text)
  end)

  it("gives up when the time is over, not when it is over twice", function()
    support.fake()
    local begun = client.now()
    assert.equal(3, select(2, execute("--timeout", "4", "--exec", "slow")))
    assert.is_true(client.now() - begun < 7)
  end)

  it("says so where nobody takes its output", function()
    support.fake()
    local status = os.execute(
      ("HEAPY_DIR='%s' '%s' lua/bin/heapy monitor --exec 1 >/dev/full 2>'%s/errors'")
        :format(support.dir, support.lua, support.dir))
    assert.is_nil(status)
    local file <close> = assert(io.open(support.dir .. "/errors"))
    assert.equal("heapy: cannot write to standard output: No space left on device\n",
      file:read "a")
    for _, arguments in ipairs { "--exec slow", "--exec 1", "<'" .. support.dir .. "/errors'" } do
      local _, _, code = os.execute(
        ("HEAPY_DIR='%s' '%s' lua/bin/heapy monitor %s >/dev/full 2>/dev/null")
          :format(support.dir, support.lua, arguments))
      assert.equal(3, code, arguments)
    end
  end)

  it("does not take its connection for a stream that it was started without", function()
    support.fake()
    local full = "heapy: cannot write to standard output: Bad file descriptor\n"
    for streams, errors in pairs { [">&-"] = full, ["<&- >&-"] = full, ["<&- >/dev/null"] = "" } do
      local _, _, code = os.execute(("HEAPY_DIR='%s' timeout 20 '%s' lua/bin/heapy monitor "
        .. "--exec 1 %s 2>'%s/errors'"):format(support.dir, support.lua, streams, support.dir))
      local file <close> = assert(io.open(support.dir .. "/errors"))
      assert.equal(errors, (file:read "a":gsub("paused [^\n]*\n", "")), streams)
      assert.equal(errors == full and 3 or 0, code, streams)
    end
    local _, _, code = os.execute(("HEAPY_DIR='%s' timeout 20 '%s' lua/bin/heapy monitor <&- "
      .. ">/dev/null 2>&1"):format(support.dir, support.lua)) -- ends with its input
    assert.equal(0, code)
  end)

  it("prints all there is, however much, and though it is read late", function()
    support.fake()
    local pipe = assert(io.popen(("HEAPY_DIR='%s' '%s' lua/bin/heapy monitor --exec flood "
      .. "2>/dev/null | (sleep 1; wc -lc)"):format(support.dir, support.lua)))
    assert.equal("300000 16800000", (pipe:read("a"):match "^%s*(.-)%s*$":gsub("%s+", " ")))
    pipe:close()
  end)

  it("chooses between the states of a process", function()
    support.fake("pid=77", "state=1")
    support.fake("pid=77", "state=2", "name=second")
    local text, status = execute("--name", "second", "--state", "2", "--exec", "6 * 7")
    assert.equal("42\npaused 3.1 ms\n", text)
    assert.equal(0, status, text)
    assert.equal("heapy: there is no target in state 3 called 'second'\n",
      (execute("--name", "second", "--state", "3", "--exec", "1")))
  end)

  it("asks for one target where there are several", function()
    local one = support.fake()
    support.fake()
    local text, status = execute("--exec", "1")
    local first, second = text:match("^heapy: there are 2 targets: which%? "
      .. "%-%-pid (%d+), %-%-pid (%d+)\n$")
    assert(first and first ~= second, text)
    assert.truthy(tostring(one.pid) == first or tostring(one.pid) == second)
    assert.equal(3, status, text)
    assert.equal(0, select(2, execute("--pid", tostring(one.pid), "--exec", "1")))
  end)

  it("asks for one state where a process has several", function()
    support.fake("pid=77", "state=1")
    support.fake("pid=77", "state=2", "name=db")
    assert.equal("heapy: there are 2 targets: which? --state 1, --state 2 (db)\n",
      (execute("--exec", "1")))
  end)

  it("says so where there is no such directory", function()
    local text, status = execute("--dir", "/nowhere/at/all", "--exec", "1")
    assert.equal("heapy: there is no directory '/nowhere/at/all'\n", text)
    assert.equal(3, status, text)
  end)

  it("waits for no target that is silent", function()
    support.fake("silent")
    local text, status = execute("--timeout", "1.2", "--exec", "1")
    assert.equal("heapy: the target does not answer\n", text)
    assert.equal(3, status, text)
  end)
end)

describe("the heapy command", function()
  local function run(...)
    local status, text = support.piped({ support.lua, "lua/bin/heapy", ... }):wait()
    return text, status
  end

  it("shows its help and its version", function()
    local text, status = run "--help"
    assert.equal(0, status, text)
    assert.truthy(text:find("Usage: heapy ", 1, true))
    assert.truthy(text:find("monitor", 1, true))
    text, status = run("monitor", "-h")
    assert.equal(0, status, text)
    assert.truthy(text:find("--exec <code>", 1, true))
    assert.truthy(text:find("Exit status: 0 all is well", 1, true))
    text, status = run "--version"
    assert.equal(0, status, text)
    local file = assert(io.open "rockspec/heapy-scm-1.rockspec")
    local version = file:read("a"):match 'version = "(.-)"'
    file:close()
    assert.equal(("heapy %s for Lua 5.4\n"):format(version), text)
  end)

  it("says what is wrong with its arguments", function()
    for _, case in ipairs {
      { "a command is required" },
      { "unknown command 'bogus'", "bogus" },
      { "unknown option '--bogus'", "monitor", "--bogus" },
      { "'x' is no number of a process", "monitor", "--pid", "x" },
      { "'0' is no number of a state", "monitor", "--state", "0" },
      { "'-1' is no number of seconds", "monitor", "--timeout=-1" },
    } do
      local text, status = run(table.unpack(case, 2))
      assert.truthy(text:find("heapy: " .. case[1], 1, true), text)
      local usage = case[2] == "monitor" and "Usage: heapy monitor [-h]" or "Usage: heapy [-h]"
      assert.truthy(text:find(usage, 1, true), text)
      assert.equal(2, status, text)
    end
  end)

  it("says so where its modules are not, and where its help cannot be written", function()
    local path = { "LUA_PATH=/nowhere/?.lua", "LUA_PATH_5_4=/nowhere/?.lua" }
    local status, text = support.piped({ support.lua, "lua/bin/heapy" }, path):wait()
    assert.equal("heapy: its module 'heapy.command' is not where Lua looks: run make install, or "
      .. "in its sources eval \"$(make -s env)\"\n", text)
    assert.equal(2, status, text)
    local _, _, code = os.execute(("'%s' lua/bin/heapy --help 2>/dev/null >/dev/full")
      :format(support.lua))
    assert.equal(3, code)
  end)

  it("names the package of a module that is missing", function()
    for module, package in pairs { argparse = "lua-argparse", cjson = "lua-cjson",
      lfs = "lua-filesystem" } do
      local status, text = support.piped({ support.lua, "-e",
        ("package.preload[%q] = nil; package.searchers[2] = (function(find) return function(name) "
          .. "if name ~= %q then return find(name) end end end)(package.searchers[2]) "
          .. "package.searchers[3] = (function(find) return function(name) "
          .. "if name ~= %q then return find(name) end end end)(package.searchers[3])")
          :format(module, module, module),
        "lua/bin/heapy", "monitor" }):hang_up():wait()
      assert.equal(("heapy: the monitor needs the Lua module '%s' (Debian: apt install %s)\n")
        :format(module, package), text)
      assert.equal(3, status, text)
    end
  end)
end)
