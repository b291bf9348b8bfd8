--- The monitor: from this terminal into the heaps of running programs.
-- A program is a target once it has called `require("heapy.RM").on()`. The modules below this one
-- are loaded when they are needed, for they need modules of others.
-- @module heapy.monitor

local core = require "heapy.core"
local needs = require "heapy.monitor.needs"

local format = string.format

local M = {}

-- Seconds that a target may take to greet: the first client of a program that is in a C function
-- waits until that is over.
local GREETING <const> = 30
local SOON <const> = 0.05
local SILENCE <const> = 1 -- seconds of waiting that need no word

-- A session on the targets that the options leave.
local function begin(options, screen, input)
  local places, targets = require "heapy.monitor.places", require "heapy.monitor.targets"
  local session
  local found = targets.new(places.directories(options.dir), function(...) session:hear(...) end)
  session = require("heapy.monitor.session").new(found, screen, input)
  if options.pid then
    session.wanted = function(socket) return socket.pid == options.pid end
  end
  return session
end

-- ---- one target ------------------------------------------------------------------------------

local function matches(connection, options)
  return (not options.pid or connection.greeting.pid == options.pid)
    and (not options.name or connection.greeting.name == options.name)
end

-- " in process 4451", or what else was asked for.
local function where(options)
  return (options.pid and format(" in process %d", options.pid) or "")
    .. (options.name and format(" called '%s'", options.name) or "")
end

-- The targets that have greeted and match.
local function matching(session, options)
  local found = {}
  for _, connection in ipairs(session.targets:open()) do
    if matches(connection, options) then found[#found + 1] = connection end
  end
  return found
end

-- The one target that was asked for; waits for its greeting.
local function find(session, options)
  local now = require("heapy.client").now
  local begun = now()
  local found, silent, waited
  repeat
    session:settle()
    found = matching(session, options)
    silent = #session.targets.links > #session.targets:open()
    waited = now() - begun
    if silent and waited > SILENCE then
      session.screen:progress(format("waiting for the target%s, %d s", where(options), waited // 1))
    end
  until #found > 0 or not silent or waited > (options.timeout or GREETING) or session:turn(SOON)
  session.screen:clear()
  if #found == 1 then return found[1] end
  if #found > 1 then
    return nil, format("there are %d targets%s: which?", #found, where(options))
  end
  if silent then return nil, format("the target%s does not answer", where(options)) end
  return nil, session.trouble or format("there is no target%s", where(options))
end

-- ---- a script --------------------------------------------------------------------------------

-- Evaluates one piece of code; what is wrong comes back.
local function evaluate(session, connection, code, limit)
  local asked = connection:request("eval", code)
  if not session:await(connection, asked, limit) then
    return nil, format("process %d did not answer in time", connection.greeting.pid), "failure"
  end
  if asked.paused then io.stderr:write(format("paused %.1f ms\n", asked.paused)) end
  if asked.ok then return true end
  local why = asked.more and "the code is incomplete" or session.problem(asked)
  return nil, why, asked.gone and "failure" or "fault"
end

local function execute(options)
  local screens = require "heapy.monitor.screen"
  local session = begin(options, screens.new())
  local connection, why = find(session, options)
  if not connection then return nil, why, "failure" end
  for _, code in ipairs(options.exec) do
    local done, problem, kind = evaluate(session, connection, code, options.timeout)
    if not done then return nil, screens.plain(problem), kind end
  end
  session.targets:close(connection)
  return true
end

-- ---- a conversation --------------------------------------------------------------------------

-- The input that suits standard input and output.
local function input_of(screen, options)
  local terminal = screen.columns and require("heapy.client").columns(0)
  local readline = terminal and os.getenv "TERM" ~= "dumb" and needs.module "readline"
  if readline then
    return require("heapy.monitor.editor").new(screen, readline, options.history)
  end
  return require("heapy.monitor.plain").new(screen)
end

-- Runs the session with its input, which is closed whatever happens.
local function run(session, input, options)
  if options.pid or options.name then
    local connection, why = find(session, options)
    if not connection then return nil, why end
    session:tell()
    session:attach(connection)
  end
  session:run()
  return { faults = not input.terminal and session.faults or 0, exit = session.exit }
end

local function converse(options)
  local screens = require "heapy.monitor.screen"
  local screen = screens.new(io.stdout, screens.columns(1))
  local input = input_of(screen, options)
  local session = begin(options, screen, input)
  input.complete = function(line) return session:complete(line) end
  local results = table.pack(xpcall(run, debug.traceback, session, input, options))
  input:close()
  if not results[1] then error(results[2], 0) end
  return results[2], results[3]
end

-- ---- both ------------------------------------------------------------------------------------

-- With Ctrl-C noted instead of obeyed.
local function catching(f, options)
  local there, missing = needs.check()
  if not there then return nil, missing, "failure" end
  local client = require "heapy.client"
  assert(client.catch(true))
  local results = table.pack(pcall(f, options))
  client.catch(false)
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

--- Runs the monitor until the user leaves it.
-- @tparam table options `pid`, `name`: the target to go to at once; `dir`: where the sockets are;
--   `history`: a file that keeps the lines typed
-- @treturn[1] table `faults`: how many commands failed, where they came from a script; `exit`:
--   whether the process is to end
-- @treturn[2] nil
-- @treturn[2] string what is missing
function M.converse(options)
  return catching(converse, options)
end

--- Evaluates code in one target and prints what it gives.
-- @tparam table options as for `converse`, and `exec`: an array of code; `timeout`: seconds that
--   each may take
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string why not
-- @treturn[2] string "fault": the code failed; "failure": the target could not be asked
function M.execute(options)
  return catching(execute, options)
end

core.own(M)
return M
