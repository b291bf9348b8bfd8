--- The console: runs lines of Lua in the program's state.
-- Each client has variables of its own in front of the program's globals.
-- @module heapy.console.eval

local core = require "heapy.core"
local check = require "heapy.check"
local own = require "heapy.own"
local render = require "heapy.render"
local shown = require "heapy.console.shown"

local globals = _G
local collect = collectgarbage or function() end -- a program may have taken it away
local find, gsub, sub = string.find, string.gsub, string.sub
local load, next, pcall, rawget, select, setmetatable, xpcall =
  load, next, pcall, rawget, select, setmetatable, xpcall
local getinfo = debug and debug.getinfo -- luacheck: std lua54
local traceback = debug and debug.traceback

local M = {}

local CHUNK = "=console"

local heapy

--- @tparam table api heapy
function M.begin(api) heapy = api end

--- The console's variables: made on first need.
-- @tparam table session
-- @treturn table
function M.environment(session)
  if not session.env then
    session.env = setmetatable({ hp = heapy, print = shown.print }, { __index = globals })
  end
  return session.env
end

--- Forgets the console's variables. Snapshots that they are sets of are freed.
-- @tparam table session
function M.reset(session)
  for _, value in next, session.env or {} do
    local set = check.set_of(value)
    if set then core.close(set) end
  end
  session.env = nil
end

--- Compiles a line: an expression, whose values it returns, or statements.
-- @tparam string code
-- @tparam string name of the chunk
-- @tparam table env
-- @treturn[1] function
-- @treturn[2] nil
-- @treturn[2] string what is wrong
-- @treturn[2] boolean whether the code is the beginning of something
function M.compile(code, name, env)
  local f = load("return " .. gsub(code, "^%s*=", "", 1) .. "\n", name, "t", env)
  if f then return f end
  local message
  f, message = load(code, name, "t", env)
  return f, message, not f and find(message, "<eof>$") ~= nil
end

local MEMORY = "not enough memory" -- the VM's own error, with no position and no traceback
local LET_GO = "not enough memory: this console's variables were let go, for the program's sake"

local function is_own(info)
  return info and sub(info.source, 1, 1) == "@" and own.is(sub(info.source, 2))
end

-- What heapy finds wrong is not in its own code: from the level of what raised it to the one that
-- a traceback is to begin with, seen from the caller.
local function below_own(level)
  local from = level + 2 -- seen from here, and behind 'error'
  if not is_own(getinfo(from, "S")) then return level end
  repeat from = from + 1 until not is_own(getinfo(from, "S"))
  return from - 1
end

-- From what the console itself called on, a traceback says nothing.
local function trace(problem)
  local message = shown.problem(problem)
  if not traceback then return message end
  local text = traceback("", getinfo and below_own(2) or 2)
  local ours = find(text, "\n%s+%[C%]: in function 'xpcall'")
  if ours then text = sub(text, 1, ours - 1) end
  if not find(text, "\n.*\n.*\n") then return message end -- the line itself and nothing else
  return message .. shown.text(text)
end

-- The first value is '_' from then on, and where it is all, its next page '_.more'.
local function print_values(env, n, ...)
  if n == 0 then return end
  env._ = ...
  render.remote_page = n == 1 and "_.more" or nil
  local print = rawget(env, "print") or shown.print -- never the program's, which prints there
  print(...)
end

-- Whether what a line has added fills the memory: it may have caught the error that said so.
local function is_short()
  if not core.remote_is_short() then return false end
  collect()
  return core.remote_is_short()
end

-- What a line gives is shown; one that is a set, a difference or a page whole: it bounds itself.
local function finish(env, ok, ...)
  if is_short() then return false, MEMORY end
  if not ok then return false, (...) end
  local shows, problem = pcall(print_values, env, select("#", ...), ...)
  if shows then return true end
  return false, shown.problem(problem)
end

local function run(session, code)
  local env = M.environment(session)
  local f, message, incomplete = M.compile(code, CHUNK, env)
  if incomplete then return true, nil, true end
  if not f then return false, shown.text(message) end
  return finish(env, xpcall(f, trace))
end

-- Those of pcall(run, ...). A variable that holds what has filled the memory would starve the
-- program, which goes on; garbage that fills it, what is not Lua in it.
local function outcome(session, ran, ok, message, incomplete)
  if not ran then ok, message = false, ok end
  if not ok and message == MEMORY then
    M.reset(session)
    collect()
    message = LET_GO
  end
  return ok, message, incomplete
end

--- Runs a line, or several. Where the VM runs out of memory, or nearly, as what the line has added
-- is more than twice what is left, the console's variables are gone.
-- @tparam table session
-- @tparam string code
-- @treturn boolean whether it went well
-- @treturn ?string what was wrong
-- @treturn ?boolean whether the code is the beginning of something: nothing was run
function M.run(session, code)
  return outcome(session, pcall(run, session, code))
end

core.own(M)
return M
