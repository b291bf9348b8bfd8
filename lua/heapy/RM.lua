--- The remote monitor's end in the program that is looked at.
-- `require("heapy.RM").on()` is all a program needs; then `heapy monitor`, in another terminal,
-- finds it.
-- @module heapy.RM
-- @usage
-- require("heapy.RM").on()

local core = require "heapy.core"
local check = require "heapy.check"
local console = require "heapy.console"

local error, pairs, pcall = error, pairs, pcall
local rawget, setmetatable, tostring, type = rawget, setmetatable, tostring, type
local format, huge = string.format, math.huge

local M = {}

local USUAL = "URG" -- ignored by programs that do not know it
local LIMIT = 60

local OPTIONS = {
  name = { "string" }, dir = { "string" }, log = { "string", "boolean" },
  signal = { "string", "number", "boolean" }, console = { "boolean" }, limit = { "number" },
}

local settings = {} -- the options that it was turned on with

local function check_options(options, level)
  check.options(options, "on", OPTIONS, level + 1)
  local limit = rawget(options, "limit")
  if limit and not (limit > 0 and limit < huge) then
    check.fail(level + 1, "bad option 'limit' to 'on' (a number of seconds above 0 expected)")
  end
end

local function copy(options)
  local all = {}
  for name in pairs(OPTIONS) do all[name] = rawget(options, name) end
  return all
end

local function are_set(options)
  for name in pairs(OPTIONS) do
    if rawget(options, name) ~= settings[name] then return false end
  end
  return true
end

-- The command line as the standalone interpreter tells it, or nil in another host.
local function command_line()
  local arg = rawget(_G, "arg")
  return type(arg) == "table" and type(rawget(arg, 0)) == "string" and arg or nil
end

-- The script, and what is behind it.
local function arguments()
  local list = {}
  local arg = command_line()
  if not arg or not rawget(arg, -1) then return list end
  for i = 0, #arg do list[i + 1] = tostring(rawget(arg, i)) end
  return list
end

-- signal = nil or true: the usual one; false: none.
local function signal_of(value)
  if value == nil or value == true then return USUAL, true end
  return value and tostring(value) or nil, false
end

-- It is off.
local function begin(options)
  local signal, usual = signal_of(options.signal)
  local log = options.log
  return core.remote_on(console.answer, arguments(), options.dir, options.name, signal, usual,
    options.console ~= false, options.limit or LIMIT,
    log == false and "" or log ~= true and log or nil, command_line() ~= nil or not usual)
end

--- Lets this user's monitors (and root's) look into the program.
-- On already, it says where, and makes a socket that was removed again; with other options than it
-- is on with, it begins anew: who is connected is told that it was turned off. If it cannot be on
-- with them, it is on as before.
-- Where the standalone interpreter runs a program of one thread, the thread that serves monitors is
-- started when the first one connects, for which the signal is needed; without it, or with another
-- than URG and WINCH, it is started now. So it is in other hosts, which may come to take the usual
-- signal for themselves, unless it is asked for by name.
-- @tparam[opt] table options
--   `name`: what the monitor calls the program;
--   `dir`: where the socket is to lie, instead of `$XDG_RUNTIME_DIR/heapy`;
--   `signal`: what wakes the program's thread, `"URG"` by default, `false` for nothing;
--   `console = false`: no code can be run, only `stat`, `heap` and `diff` be asked;
--   `limit`: seconds that one command may take, 60 by default;
--   `log`: a file that gets a line for each attach instead of standard error, or `false`
-- @treturn[1] string path of the socket
-- @treturn[2] nil
-- @treturn[2] string why it cannot be
-- @usage require("heapy.RM").on{name = "worker 3", console = false}
function M.on(options)
  if options ~= nil then check_options(options, 2) end
  console.begin(require "heapy", require "heapy.set") -- now: later they may be out of reach
  local path, message = core.remote_path()
  if path and (options == nil or are_set(options)) then return path end
  if message and options == nil then return nil, message end
  local before, wanted = path and settings, copy(options or {})
  if path or message then M.off() end
  local ran
  ran, path, message = pcall(begin, wanted) -- it may want for memory
  if core.remote_path() then
    settings = wanted
  elseif before then
    pcall(begin, before)
  end
  if not ran then error(path, 0) end
  if path then return path end
  return nil, message
end

--- Ends it: connections are closed, the socket is removed.
-- @treturn boolean whether it was on
function M.off()
  local was = core.remote_off()
  console.forget()
  return was
end

--- Does what monitors wait for, now. For programs that sleep in an event loop of their own: call
-- it when `fd` is readable.
-- @treturn integer how many commands were run
function M.poll()
  return core.remote_poll()
end

--- A file descriptor that is readable while a monitor waits for the program.
-- It is never to be read or closed by the program. The thread that serves monitors is started, if
-- it is not there yet: so the program need not let the signal through.
-- @treturn ?integer nil where the monitor is off
function M.fd()
  return core.remote_fd()
end

--- Turns it on where the environment says so (HEAPY_MONITOR=1).
function M.environment()
  local getenv = os and os.getenv
  local value = getenv and getenv "HEAPY_MONITOR"
  if not value or value == "" or value == "0" then return end
  local path, message = M.on()
  if not path and io and io.stderr then
    io.stderr:write(format("heapy: the monitor is not on: %s\n", message))
  end
end

local metatable = {}

function metatable.__index(_, key) check.field(key, "heapy.RM", { M }, 2) end

function metatable.__newindex(_, key) check.assignment(key, "heapy.RM", 2) end

core.own(metatable)
core.own(M)
return setmetatable(M, metatable)
