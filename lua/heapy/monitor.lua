--- The monitor: from this terminal into the heaps of running programs.
-- A program is a target once it has called `require("heapy.RM").on()`. The modules below this one
-- are loaded when they are needed, for they need modules of others.
-- @module heapy.monitor

local core = require "heapy.core"
local needs = require "heapy.monitor.needs"
local render = require "heapy.render"

local format = string.format

local M = {}

-- Seconds that a target may take to greet: the first client of a program that is in a C function
-- waits until that is over.
local GREETING <const> = 30
local SOON <const> = 0.05
local KEPT <const> = 64 * 1024 * 1024 -- bytes of output that standard output has no room for yet
local SILENCE <const> = 1 -- seconds of waiting that need no word

-- A session on the targets that the options leave.
local function begin(options, screen, input)
  local places, targets = require "heapy.monitor.places", require "heapy.monitor.targets"
  local session
  local found = targets.new(places.directories(options.dir, options.pid),
    function(...) session:hear(...) end)
  session = require("heapy.monitor.session").new(found, screen, input)
  session.wanted = function(socket)
    return (not options.pid or socket.pid == options.pid)
      and (not options.state or socket.number == options.state)
  end
  return session
end

-- ---- one target ------------------------------------------------------------------------------

local function matches(connection, options)
  return (not options.pid or connection.greeting.pid == options.pid)
    and (not options.state or connection.greeting.state == options.state)
    and (not options.name or connection.greeting.name == options.name)
end

-- " in process 4451", or what else was asked for.
local function where(options)
  return (options.state and format(" in state %d", options.state) or "")
    .. (options.pid and format(" %s process %d", options.state and "of" or "in", options.pid) or "")
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

-- "--pid 4451 (web)"
local function choice(option, number, name)
  return format("--%s %d", option, number) .. (name and format(" (%s)", render.name(name)) or "")
end

-- What would leave one of several targets: their processes, or, in one process, their states.
local function choices(found)
  local pids, states, seen = {}, {}, {}
  table.sort(found, function(a, b)
    a, b = a.greeting, b.greeting
    if a.pid ~= b.pid then return a.pid < b.pid end
    return a.state < b.state
  end)
  for i, connection in ipairs(found) do
    local greeting = connection.greeting
    if not seen[greeting.pid] then
      pids[#pids + 1] = choice("pid", greeting.pid, greeting.name)
    end
    seen[greeting.pid] = true
    states[i] = choice("state", greeting.state, greeting.name)
  end
  return table.concat(#pids > 1 and pids or states, ", ")
end

-- Where the targets were to be looked for, if there is no such place.
local function misplaced(options)
  if not options.dir or require("lfs").attributes(options.dir) then return nil end
  return format("there is no directory '%s'", options.dir)
end

-- That the process is none that this user may look into.
local function foreign(options)
  local places = require "heapy.monitor.places"
  local owner, own = options.pid and places.owner(options.pid), require("heapy.client").uid()
  if not owner or owner == own or own == 0 then return nil end
  return format("process %d is not yours, as far as the system tells: only its user and root may "
    .. "look into it", options.pid)
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
    return nil, format("there are %d targets%s: which? %s", #found, where(options),
      choices(found))
  end
  if silent then return nil, format("the target%s does not answer", where(options)) end
  return nil, session.trouble or misplaced(options) or foreign(options)
    or format("there is no target%s", where(options))
end

-- ---- a script --------------------------------------------------------------------------------

-- What the program was about, where it never came to the code.
local function unheard(asked)
  local progress = asked.progress
  return progress and progress:find "^waiting for the VM" and ", " .. progress or ""
end

-- Why it is not known what the code gave, or would have given; nil if it is.
local function trouble(session, asked, done, limit)
  if session.screen.failed then return session.screen.failed end
  if asked.late and not asked.ok then
    return format("the code timed out after %g s%s%s", limit, unheard(asked),
      done and "" or ", and could not be broken off")
  end
  if not done then return "the code could not be broken off" end
  if asked.cut then return "the target's output came faster than it could be written" end
  if asked.gone then return session.problem(asked) end
end

-- Evaluates one piece of code; what is wrong comes back.
local function evaluate(session, connection, code, limit)
  local asked = connection:request("eval", code)
  asked.most = KEPT
  local done = session:await(connection, asked, limit)
  local wrong = trouble(session, asked, done, limit)
  if wrong then return nil, wrong, "failure" end
  if asked.paused then io.stderr:write(format("paused %.1f ms\n", asked.paused)) end
  if asked.more then return nil, "the code is incomplete", "fault" end
  if asked.ok then return true end
  return nil, session.problem(asked), "fault"
end

local function execute(options)
  local screens = require "heapy.monitor.screen"
  local session = begin(options, screens.new())
  local connection, why = find(session, options)
  if not connection then return nil, why, "failure" end
  for _, other in ipairs(session.targets:open()) do
    if other ~= connection then session.targets:close(other) end
  end
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
  return readline and require("heapy.monitor.editor").new(screen, readline, options.history)
    or require("heapy.monitor.plain").new(screen)
end

-- Runs the session with its input, which is closed whatever happens.
local function run(session, input, options)
  if options.pid or options.name or options.state then
    local connection, why = find(session, options)
    if not connection then return nil, why end
    session:tell()
    session:attach(connection)
  end
  session:run()
  if session.screen.failed then return nil, session.screen.failed end
  return { faults = not input.terminal and session.faults or 0, exit = session.exit }
end

local function converse(options)
  local screens = require "heapy.monitor.screen"
  local screen = screens.new(io.stdout, screens.columns(1))
  local input = input_of(screen, options)
  local session = begin(options, screen, input)
  local wrong = misplaced(options)
  if wrong then session:hear("trouble", wrong) end
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
-- @tparam table options `pid`, `state`, `name`: the target to go to at once; `dir`: where the
--   sockets are; `history`: a file that keeps the lines typed
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
-- @treturn[2] string "fault": the code failed; "failure": what it gave is not known
function M.execute(options)
  return catching(execute, options)
end

core.own(M)
return M
