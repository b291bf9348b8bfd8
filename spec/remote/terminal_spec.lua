-- The monitor in a terminal: what is typed, edited, completed and interrupted there.

local client = require "heapy.client"
local lfs = require "lfs"
local support = dofile "spec/remote/support.lua"

local CTRL_C <const>, CTRL_D <const>, UP <const> = "\3", "\4", "\27[A"

local ATTACHED <const> = "To return to Monitor, type <Ctrl-C> or .<RETURN>\r\n"

describe("the monitor in a terminal #noasan", function()
  before_each(support.directory)
  after_each(support.clean)

  -- A monitor at the prompt "> " of the console of a fake target, and the target.
  local function at_console()
    local target = support.fake()
    local monitor = support.monitor()
    monitor:expect "*** Connection 1 opened ***\r\n<Monitor> "
    monitor:enter "sc 1"
    monitor:expect(ATTACHED .. "<Annex> ")
    monitor:enter "int"
    monitor:expect "type '-'.\r\n> "
    return monitor, target
  end

  -- Gives what was typed time to be read.
  local function pause(seconds) client.poll({}, {}, seconds or 0.1) end

  it("tells of targets that come and go, and prompts again", function()
    local monitor = support.monitor()
    monitor:expect "<Monitor> "
    local target = support.fake()
    monitor:expect "\r\n*** Connection 1 opened ***\r\n<Monitor> "
    target:stop()
    monitor:expect "\r\n*** Connection 1 closed ***\r\n<Monitor> "
    monitor:enter "q"
    monitor:ends()
  end)

  it("does not disturb a line that is being typed", function()
    local monitor = support.monitor()
    monitor:expect "<Monitor> "
    monitor:type "l"
    monitor:expect "l"
    support.fake()
    client.poll({}, {}, 0.5)
    monitor:type "c\n"
    assert.equal("", (monitor:expect "c\r\n*** Connection 1 opened ***\r\nCID PID"))
  end)

  it("says that the user's target has ended, and is the Monitor again", function()
    local monitor, target = at_console()
    target:stop()
    monitor:expect "\r\n*** Connection 1 closed ***\r\n<Monitor> "
    monitor:enter "sc 1"
    monitor:expect "Connection 1 is closed.\r\n<Monitor> "
  end)

  it("returns to the Monitor at Ctrl-C, and from there to where it was", function()
    local monitor = at_console()
    monitor:enter "x = 41"
    monitor:expect "> "
    monitor:type "not this"
    monitor:expect "not this"
    monitor:type(CTRL_C)
    monitor:expect "KeyboardInterrupt\r\nUse the ki command to interrupt a remote process.\r\n"
    monitor:expect "<Monitor> "
    monitor:enter "sc"
    monitor:expect(ATTACHED .. "> ")
    monitor:enter "x + 1"
    monitor:expect "x + 1\r\n42\r\npaused"
  end)

  it("breaks off what runs in the Monitor's own console", function()
    local monitor = support.monitor()
    monitor:expect "<Monitor> "
    monitor:enter "int"
    monitor:expect "type '-'.\r\n> "
    monitor:enter "while true do pcall(function() while true do end end) end"
    client.poll({}, {}, 0.3)
    monitor:type(CTRL_C)
    monitor:expect "interrupted\r\n> "
    monitor:enter "coroutine.wrap(function() while true do end end)()"
    client.poll({}, {}, 0.3)
    monitor:type(CTRL_C)
    monitor:expect "interrupted\r\n> "
    monitor:enter "40 + 2"
    monitor:expect "42\r\n> "
  end)

  it("goes from target to target, each as it was left", function()
    local monitor = at_console()
    support.fake()
    monitor:expect "*** Connection 2 opened ***\r\n> "
    monitor:enter "who = 'first'"
    monitor:expect "> "
    monitor:enter ".sc 2"
    monitor:expect("Remote connection 2. " .. ATTACHED .. "<Annex> ")
    monitor:enter "int"
    monitor:expect "\r\n> "
    monitor:enter "who"
    monitor:expect "who\r\nnil\r\npaused"
    monitor:enter ".sc 1"
    monitor:expect(ATTACHED .. "> ")
    monitor:enter "who"
    monitor:expect "who\r\nfirst\r\npaused 3.1 ms\r\n> "
    monitor:enter ".lc"
    monitor:expect "CID PID"
    monitor:expect "> "
    monitor:enter "-"
    monitor:expect "\r\nnow exiting Console...\r\n<Annex> "
    monitor:enter "."
    monitor:expect "<Monitor> "
  end)

  it("drops a line of Lua that was begun, at Ctrl-C", function()
    local monitor = at_console()
    monitor:enter "x = ("
    monitor:expect ">> "
    monitor:enter "1 +"
    monitor:expect ">> "
    monitor:type(CTRL_C)
    monitor:expect "<Monitor> "
    monitor:enter "sc"
    monitor:expect(ATTACHED .. "> ")
    monitor:enter "2"
    monitor:expect "2\r\n2\r\n"
  end)

  it("breaks off a long command at Ctrl-C, and shows meanwhile what it waits for", function()
    local monitor = at_console()
    monitor:enter "slow"
    monitor:expect "begun\r\n"
    monitor:expect "waiting for the VM: in C since 3 s"
    monitor:type(CTRL_C)
    monitor:expect "interrupted!\r\n> "
    monitor:enter "6 * 7"
    monitor:expect "42"
  end)

  it("leaves alone what does not let itself be broken off", function()
    local monitor = at_console()
    monitor:enter "deaf"
    monitor:expect "deaf\r\n"
    pause()
    monitor:type(CTRL_C)
    monitor:expect "interrupted; Ctrl-C again leaves it alone"
    monitor:type(CTRL_C)
    monitor:expect "Connection 1 goes on with it: sc waits for it, ki interrupts it.\r\n<Monitor> "
    monitor:enter "lc"
    monitor:expect "fake.lua"
  end)

  it("interrupts with ki what was left alone", function()
    local monitor = at_console()
    monitor:enter "deaf"
    monitor:expect "deaf\r\n"
    pause()
    monitor:type(CTRL_C)
    pause()
    monitor:type(CTRL_C)
    monitor:expect "<Monitor> "
    monitor:enter "ki"
    monitor:expect "Sending an interrupt to connection 1.\r\n<Monitor> "
    monitor:enter "ki 1"
    monitor:expect "Sending an interrupt to connection 1.\r\n<Monitor> "
  end)

  it("ends at Ctrl-D", function()
    local monitor = at_console()
    monitor:type(CTRL_D)
    monitor:expect "\r\n*** End Of File - Exiting Monitor ***\r\n*** Connection 1 closed ***\r\n"
    monitor:ends()
  end)

  it("completes commands, and in the console what the target knows", function()
    local monitor = at_console()
    monitor:type "print(h.re\t"
    monitor:expect "print(h.refer"
    monitor:type "\t\t"
    monitor:expect "referents"
    monitor:expect "referrers"
    monitor:type "r\t"
    monitor:expect "print(h.referrers"
    monitor:type(CTRL_C)
    monitor:expect "<Monitor> "
    monitor:enter "sc"
    monitor:expect "> "
    monitor:enter "-"
    monitor:expect "<Annex> "
    monitor:type "iso\t"
    monitor:expect "isolatest"
    monitor:type "\n"
    monitor:expect "<Annex> "
    monitor:type ".l\t"
    monitor:expect ".lc"
  end)

  it("takes from a target no completion that is none", function()
    local monitor = at_console()
    for _, word in ipairs { "far", "table", "word", "before" } do
      monitor:type(word .. "\t" .. "= 1\n")
      monitor:expect(word .. "= 1\r\n")
      monitor:expect "> "
    end
    monitor:type "mixed\t= 1\n"
    monitor:expect "mixed_up= 1\r\n"
    monitor:expect "> "
  end)

  it("does not leave a completion behind that was given up", function()
    local monitor = at_console()
    monitor:type "hang\t"
    pause(1.5)
    monitor:type " = 1\n"
    monitor:expect "hang = 1\r\npaused 3.1 ms\r\n> "
    monitor:enter "interrupts"
    monitor:expect "interrupts\r\n1\r\n"
  end)

  it("keeps the lines typed, for the user alone", function()
    local monitor = at_console()
    monitor:enter "'remember me'"
    monitor:expect "remember me\r\npaused 3.1 ms\r\n> "
    monitor:enter ".q"
    monitor:ends()
    assert.equal("rw-------", lfs.attributes(support.dir .. "/.heapy_history", "permissions"))
    monitor = support.monitor()
    monitor:expect "<Monitor> "
    monitor:type(UP .. UP)
    monitor:expect "'remember me'"
  end)

  it("is plain where the terminal is", function()
    support.fake()
    local monitor = support.terminal({ support.lua, "lua/bin/heapy", "monitor" }, { "TERM=dumb" })
    monitor:expect "<Monitor> \r\n*** Connection 1 opened ***\r\n<Monitor> "
    monitor:enter "sc 1"
    assert.equal("", (monitor:expect("sc 1\r\nRemote connection 1. " .. ATTACHED .. "<Annex> ")))
    monitor:type(CTRL_C)
    monitor:expect "KeyboardInterrupt\r\n"
    monitor:expect "<Monitor> "
    monitor:type(CTRL_D)
    monitor:expect "\r\n*** End Of File - Exiting Monitor ***\r\n"
    monitor:ends()
  end)

  it("leaves the terminal as it was", function()
    local shell = support.terminal { "sh", "-c", "stty -a; '" .. support.lua
      .. "' lua/bin/heapy monitor; echo; stty -a" }
    local before = shell:expect "<Monitor> "
    shell:enter "q"
    local _, after = shell:wait()
    assert.equal(before, (after:gsub("^q\r\n\r\n", "")))
  end)

  it("is entered from a program too, and left to it", function()
    local repl = support.terminal { support.lua, "-i", "-e", "hp = require 'heapy'" }
    repl:expect "\n> "
    repl:enter "hp.monitor()"
    repl:expect "<Monitor> "
    repl:enter "lc"
    repl:expect "CID PID ARGV\r\n<Monitor> "
    repl:enter "q"
    repl:expect "\n> "
    repl:enter "hp.heap():where{kind = function(name) return name:find 'heapy' end}.count"
    repl:expect "\n0\r\n> "
    repl:enter "while true do end"
    pause()
    repl:type(CTRL_C)
    repl:expect "interrupted!"
    repl:expect "> "
    repl:enter "hp.monitor()"
    repl:expect "<Monitor> "
    repl:enter "exit"
    repl:ends()
  end)

  it("leaves the marking of pasted text, which is Readline's default, as often as it begins it",
    function()
      local monitor = support.monitor()
      monitor:expect "<Monitor> "
      support.fake()
      monitor:expect "*** Connection 1 opened ***\r\n<Monitor> "
      monitor:type(CTRL_C)
      monitor:expect "<Monitor> "
      monitor:enter "q"
      monitor:ends()
      assert.equal(3, monitor.pastes.on)
      assert.equal(3, monitor.pastes.off)
    end)

  it("is entered before an interpreter has read a line of its own", function()
    local repl = support.terminal { support.lua, "-i", "-e", "require('heapy').monitor()" }
    repl:expect "<Monitor> "
    repl:enter "q"
    repl:expect "\n> "
    repl:enter "6 * 7"
    repl:expect "42\r\n"
  end)

  it("edits lines in a program that has no Readline of its own", function()
    local host, is_there = dofile "spec/built.lua" "target_host"
    if not is_there then return pending "there is no such program here" end
    local script = support.dir .. "/script.lua"
    local file = assert(io.open(script, "w"))
    file:write "os.exit(require('heapy.command'){'monitor'}, true)"
    file:close()
    local monitor = support.terminal { host, "events", script }
    monitor:expect "<Monitor> "
    monitor:type "l\t"
    monitor:expect "lc"
    monitor:type "\n"
    monitor:expect "CID PID ARGV\r\n<Monitor> "
    monitor:type(CTRL_D)
    monitor:expect "Exiting Monitor"
    monitor:ends()
  end)
end)
