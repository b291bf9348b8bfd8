--- The `heapy` command: a function of its arguments that returns the exit status.
-- 0 all is well, 1 a command failed in the target, 2 wrong usage, 3 it is not known what the target
-- would have said, or nobody could be told.
-- @module heapy.command

local core = require "heapy.core"
local needs = require "heapy.monitor.needs"

local format = string.format

local FINE <const>, FAULT <const>, USAGE <const>, FAILURE <const> = 0, 1, 2, 3

local VERSION <const> = "scm-1"

local EPILOG <const> = "Exit status: 0 all is well, 1 a command failed in the target or is "
  .. "incomplete, 2 wrong usage, 3 there is no such target, it went away or did not answer in "
  .. "time, or standard output cannot be written."

local function fail(message, status)
  io.stderr:write("heapy: ", message, "\n")
  return status
end

-- ---- monitor ---------------------------------------------------------------------------------

local COMMANDS = {}

local function execute(options)
  local done, why, kind = require("heapy.monitor").execute(options)
  if done then return FINE end
  return fail(why, kind == "fault" and FAULT or FAILURE)
end

local function converse(options)
  local outcome, why = require("heapy.monitor").converse(options)
  if not outcome then return fail(why, FAILURE) end
  return outcome.faults > 0 and FAULT or FINE
end

function COMMANDS.monitor(chosen)
  local home = os.getenv "HOME"
  chosen.history = home and home .. "/.heapy_history"
  return (#chosen.exec > 0 and execute or converse)(chosen)
end

-- ---- arguments -------------------------------------------------------------------------------

local function number_of(what)
  return function(word)
    local number = math.tointeger(tonumber(word))
    if number and number > 0 then return number end
    return nil, format("'%s' is no number of a %s", word, what)
  end
end

local function seconds(word)
  local number = tonumber(word)
  if number and number > 0 and number < math.huge then return number end
  return nil, format("'%s' is no number of seconds", word)
end

-- Help ends the parsing, wherever it stands; the text is that of the command it stands behind.
local function add_help(parser, asked)
  parser:add_help(false)
  parser:flag("-h --help", "Show this and exit."):action(function()
    asked.text = parser:get_help()
    error(asked, 0)
  end)
end

local function add_monitor(parser, asked)
  local monitor = parser:command "monitor"
  monitor:summary("Look into running programs, from this terminal.")
  monitor:description("Lists the running programs that have called require(\"heapy.RM\").on(), "
    .. "connects to one of them, and looks into its heap. Type h for the commands.")
  monitor:epilog(EPILOG)
  add_help(monitor, asked)
  monitor:option("--pid", "Go to the program with this process number.")
    :convert(number_of "process")
  monitor:option("--state", "Where a process has several Lua states: go to the one of this number.")
    :convert(number_of "state")
  monitor:option("--name", "Go to the program with this name, as given to RM.on{name = ...}.")
  monitor:option("--exec", "Evaluate this Lua code in the program, print what it gives, and end. "
    .. "May be given several times."):argname("<code>"):count("*")
  monitor:option("--timeout", "Give up on each code after so many seconds."):argname("<seconds>")
    :convert(seconds)
  monitor:option("--dir", "Where the programs have their sockets, if not in the usual place.")
end

local function build(argparse, asked)
  local parser = argparse("heapy", "What is in the Lua heap, how much of it, and what holds it.")
  parser:epilog(EPILOG):command_target("command"):help_max_width(80)
  add_help(parser, asked)
  parser:flag("--version", "Show the version and exit."):action(function()
    asked.text = format("heapy %s for %s", VERSION, _VERSION)
    error(asked, 0)
  end)
  add_monitor(parser, asked)
  return parser
end

-- Prints a text that was asked for.
local function show(text)
  local ok, why = io.stdout:write(text, "\n")
  if ok then ok, why = io.stdout:flush() end
  if ok then return FINE end
  return fail(format("cannot write to standard output: %s", why), FAILURE)
end

-- What was chosen; or nil and the status, where all is said already. What is wrong is said with the
-- usage of the command that it is wrong for.
local function parse(argparse, arguments)
  local asked = {}
  local parser = build(argparse, asked)
  function parser.error(command, message)
    asked.wrong = message .. "\n" .. command:get_usage()
    error(asked, 0)
  end
  local ok, chosen = pcall(parser.parse, parser, arguments)
  if ok then return chosen end
  if asked.text then return nil, show(asked.text) end
  if asked.wrong then return nil, fail(asked.wrong, USAGE) end
  error(chosen, 0)
end

--- Runs the command.
-- @tparam {string,...} arguments as the global `arg` has them
-- @treturn integer exit status
local function command(arguments)
  local client = needs.module "heapy.client"
  if client then client.standard() end
  local argparse, missing = needs.module "argparse"
  if not argparse then return fail(missing, FAILURE) end
  local chosen, status = parse(argparse, { table.unpack(arguments) })
  if not chosen then return status end
  return COMMANDS[chosen.command](chosen)
end

core.own(command)
core.own(COMMANDS)
return command
