-- The monitor in a terminal and a real target in another: a plain interpreter at its prompt, and
-- the sync daemon.

local client = require "heapy.client"
local support = dofile "spec/remote/support.lua"

local CTRL_C <const> = "\3"

describe("the monitor and a real program #noasan", function()
  before_each(support.directory)
  after_each(support.clean)

  local function pause(seconds) client.poll({}, {}, seconds or 0.1) end

  -- An interpreter that waits for a line, in a terminal of its own.
  local function interpreter(options)
    local repl = support.terminal { support.lua, "-i", "-e",
      ("assert(require('heapy.RM').on{log = false, %s})"):format(options or "") }
    repl:expect "> "
    return repl
  end

  -- A monitor at the console of connection 1.
  local function at_console()
    local monitor = support.monitor()
    monitor:expect "*** Connection 1 opened ***\r\n<Monitor> "
    monitor:enter "sc 1"
    monitor:expect "<Annex> "
    monitor:enter "int"
    monitor:expect "type '-'.\r\n> "
    return monitor
  end

  -- What a line gives, but for how long it took.
  local function answer(monitor, line)
    monitor:enter(line)
    monitor:expect(line .. "\r\n")
    local text = monitor:expect "> "
    return (text:gsub("paused [%d.]+ ms\r\n", ""))
  end

  it("looks into an interpreter that sleeps at its prompt, and leaves it there", function()
    local repl = interpreter()
    repl:enter "Card = {__name = 'Card'} cards = {setmetatable({}, Card), setmetatable({}, Card)}"
    repl:expect "> "
    repl:type "half = 'a li"
    local monitor = at_console()
    assert.equal("2\r\n", answer(monitor, "#cards"))
    local text = answer(monitor, "hp.heap():where{kind = 'Card'}")
    assert.truthy(text:find("Partition of a set of 2 objects.", 1, true), text)
    assert.truthy(text:find(" Card\r\n", 1, true), text)
    answer(monitor, "cards[3] = setmetatable({}, Card)")
    monitor:enter "."
    monitor:enter "q"
    monitor:ends()
    repl:enter "ne'"
    repl:expect "> "
    repl:enter "half, #cards"
    repl:expect "a line\t3\r\n"
    repl:enter "os.exit(5)"
    repl:ends(5)
  end)

  it("reaches an interpreter in an endless loop, which it can still end itself", function()
    local repl = interpreter()
    repl:enter "n = 0 while true do n = n + 1 end"
    pause()
    local monitor = at_console()
    local before = tonumber((answer(monitor, "n")))
    pause()
    assert.is_true(tonumber((answer(monitor, "n"))) > before)
    repl:type(CTRL_C)
    repl:expect "interrupted!"
    repl:expect "> "
    assert.truthy(answer(monitor, "n"):find "^%d+\r\n$")
  end)

  it("breaks off an endless loop of its own, and both go on", function()
    local repl = interpreter()
    local monitor = at_console()
    monitor:enter "while true do x = (x or 0) + 1 end"
    pause(0.3)
    monitor:type(CTRL_C)
    monitor:expect "interrupted"
    monitor:expect "> "
    assert.truthy(answer(monitor, "x"):find "^%d+\r\n$")
    repl:enter "x"
    repl:expect "nil\r\n"
  end)

  it("completes fields, of sets too, without asking for them", function()
    interpreter "name = 'repl'"
    local monitor = at_console()
    answer(monitor, "markers = hp.heap()")
    monitor:type "markers.referrer\t"
    monitor:expect "markers.referrers"
    monitor:type ".referen\t"
    monitor:expect "ts"
    monitor:type ".count < 0\n"
    monitor:expect "false\r\n"
    monitor:expect "> "
    monitor:type "string.for\t"
    monitor:expect "string.format"
  end)

  it("has variables for each monitor, kept until they are reset", function()
    interpreter()
    local one, two = at_console(), at_console()
    answer(one, "who = 'one'")
    answer(two, "who = 'two'")
    assert.equal("one\r\n", answer(one, "who"))
    assert.equal("two\r\n", answer(two, "who"))
    two:enter "-"
    two:expect "<Annex> "
    two:enter "reset"
    two:expect "<Annex> "
    two:enter "int"
    two:expect "\r\n> "
    assert.equal("nil\r\n", answer(two, "who"))
    assert.equal("one\r\n", answer(one, "who"))
  end)

  it("shows all that is printed, however much, and however slow the terminal is", function()
    interpreter()
    local monitor = at_console()
    monitor:enter "for i = 1, 20000 do print(i, ('x'):rep(60)) end"
    pause(1.5) -- longer than a target waits for its clients
    monitor:expect "20000\tx"
    monitor:expect "> "
    assert.equal("2\r\n", answer(monitor, "1 + 1"))
  end)

  it("has all that is printed in the output of a script, though it is read late", function()
    interpreter()
    local pipe = assert(io.popen(("HEAPY_DIR='%s' '%s' lua/bin/heapy monitor --exec "
      .. "'for i = 1, 3e5 do print(i) end' 2>/dev/null | (sleep 1; wc -lc)")
      :format(support.dir, support.lua)))
    assert.equal("300000 1988895", (pipe:read("a"):match "^%s*(.-)%s*$":gsub("%s+", " ")))
    pipe:close()
  end)

  it("says what a stopped program is waited for, and lets it be left", function()
    local repl = interpreter()
    local monitor = at_console()
    repl:signal "STOP"
    monitor:enter "1 + 1"
    monitor:expect "waiting"
    monitor:type(CTRL_C)
    pause()
    monitor:type(CTRL_C)
    monitor:expect "<Monitor> "
    repl:signal "CONT"
    monitor:enter "sc"
    monitor:expect "> "
    repl:enter "6 * 7"
    repl:expect "42"
  end)

  it("survives a target that exits under a command", function()
    interpreter()
    local monitor = at_console()
    monitor:enter "os.exit(0)"
    monitor:expect "*** Connection 1 closed ***\r\n<Monitor> "
    monitor:enter "sc 1"
    monitor:expect "Connection 1 is closed.\r\n"
  end)

  it("goes from one program to another", function()
    interpreter "name = 'first'"
    local monitor = at_console()
    interpreter "name = 'second'"
    monitor:expect "*** Connection 2 opened ***\r\n> "
    monitor:enter ".lc"
    monitor:expect " (first)\r\n"
    monitor:expect " (second)\r\n"
    monitor:enter ".sc 2"
    monitor:expect "<Annex> "
    monitor:enter "stat"
    monitor:expect "Target overview\r\n------------------------------------\r\n"
    monitor:expect "<Annex> "
    monitor:enter "isolatest"
    monitor:expect "Isolation test succeeded.\r\n"
  end)

  it("has fixed verbs alone where there is no console", function()
    interpreter "console = false"
    local monitor = support.monitor()
    monitor:expect "*** Connection 1 opened ***\r\n<Monitor> "
    monitor:enter "sc 1"
    monitor:expect "<Annex> "
    monitor:enter "int"
    monitor:expect "This target has no console"
    monitor:enter "heap"
    monitor:expect "Partition of a set of "
    monitor:expect "<Annex> "
    monitor:enter "diff"
    monitor:expect "Summary of difference operation"
    monitor:expect "<Annex> "
  end)

  it("attaches to the program it runs in", function()
    local repl = interpreter()
    repl:enter "require('heapy').monitor()"
    repl:expect "*** Connection 1 opened ***\r\n<Monitor> "
    repl:enter "sc 1"
    repl:expect "<Annex> "
    repl:enter "int"
    repl:expect "\r\n> "
    repl:enter "6 * 7"
    repl:expect "42\r\npaused"
    repl:expect "> "
    repl:enter ".q"
    repl:expect "\n> "
    repl:enter "'back'"
    repl:expect "back\r\n"
  end)
end)
