--- The commands that a target answers, behind "<Annex> ".
-- @module heapy.monitor.annex

local core = require "heapy.core"
local shell = require "heapy.monitor.shell"

local commands = {}
local M = shell.new(commands)

local function has_no_console(session)
  return not session.current.greeting.console
end

-- The fixed verbs stand in the list where there is no console to do the same.
local function has_console(session)
  return session.current.greeting.console
end

local function ask(verb)
  return function(session) session:ask(verb) end
end

commands.stat = {
  text = "stat\n  The target in a few lines: what runs where, how large, and what it is doing now.",
  run = ask "stat",
}

commands.heap = {
  text = "heap\n  Print the target's heap, as hp.heap() does.",
  run = ask "heap",
  hidden = has_console,
}

commands.diff = {
  text = "diff\n"
    .. "  Print what the target's heap has gained since this connection's last heap or diff.",
  run = ask "diff",
  hidden = has_console,
}

commands.int = {
  text = "int\n"
    .. "  A Lua console inside the target, with heapy in hp. Its variables stay until reset.",
  run = function(session) session:console() end,
  hidden = has_no_console,
}

commands.isolatest = {
  text = "isolatest\n  Test that the target's heap is shown without what heapy itself keeps there.",
  run = ask "isolatest",
  hidden = has_no_console,
}

commands.reset = {
  text = "reset\n  Forget the variables of the console.",
  run = ask "reset",
  hidden = has_no_console,
}

commands.close = {
  text = "close\n  Close this connection. The target goes on.",
  run = function(session) session.targets:close(session.current) end,
}

commands.q = {
  text = "q\n  Say how to leave.",
  run = function(session)
    session.screen:line "To return to Monitor, type <Ctrl-C> or ."
    session.screen:line "To close this connection ('permanently'), type close"
  end,
}

core.own(M)
core.own(commands)
return M
