--- The Monitor's own commands, behind "<Monitor> ".
-- @module heapy.monitor.prompt

local core = require "heapy.core"
local render = require "heapy.render"
local shell = require "heapy.monitor.shell"

local format, gsub, rep = string.format, string.gsub, string.rep
local concat, max, tointeger = table.concat, math.max, math.tointeger

local commands = {}
local M = shell.new(commands)

local CID <const> = 3 -- columns

-- {'bin/target.lua', '--x'}
local function argv(greeting)
  local words = {}
  for i, word in ipairs(greeting.argv) do
    words[i] = "'" .. gsub(render.name(word), "'", "\\'") .. "'"
  end
  return "{" .. concat(words, ", ") .. "}"
end

-- What tells a target from others of the same process, or of the same command.
local function remark(greeting)
  local list = {}
  if greeting.name then list[1] = render.name(greeting.name) end
  if greeting.state > 1 then list[#list + 1] = format("state %d", greeting.state) end
  return #list > 0 and format(" (%s)", concat(list, ", ")) or ""
end

--- The table that lc prints.
-- @tparam {table,...} connections
-- @treturn string
function M.table(connections)
  local width = #"PID"
  for _, connection in ipairs(connections) do
    width = max(width, #tostring(connection.greeting.pid))
  end
  local lines = { "CID PID" .. rep(" ", width - #"PID") .. " ARGV" }
  for i, connection in ipairs(connections) do
    local greeting = connection.greeting
    lines[i + 1] = format("%" .. CID .. "d %" .. width .. "d %s%s", connection.cid, greeting.pid,
      argv(greeting), remark(greeting))
  end
  return concat(lines, "\n")
end

-- The connection that a command is given, or the last one used, or the last one opened.
local function choose(session, word)
  local targets = session.targets
  if word == "" then
    local open = targets:open()
    local chosen = session.used and not session.used.closed and session.used or open[#open]
    if not chosen then return nil, "There is no connection." end
    return chosen
  end
  local cid = tointeger(tonumber(word))
  local chosen = cid and targets.byid[cid]
  if not chosen then
    return nil, format("There is no connection %s: lc lists them.", render.name(word, 20))
  end
  if chosen.closed then return nil, format("Connection %d is closed.", cid) end
  return chosen
end

-- Does something with the connection that is chosen.
local function chosen(f)
  return function(session, word)
    local connection, why = choose(session, word)
    if not connection then return session:fault(why) end
    f(session, connection)
  end
end

commands.lc = {
  text = "lc\n  List the connections: number, process and command line of each target.",
  run = function(session) session.screen:line(M.table(session.targets:open())) end,
}

commands.sc = {
  text = "sc [CID]\n"
    .. "  Set the connection: talk to the target of that number; without one, to the last.",
  run = chosen(function(session, connection) session:attach(connection) end),
}

commands.ki = {
  text = "ki [CID]\n"
    .. "  Interrupt what the target of that number does for this monitor; the program goes on.",
  run = chosen(function(session, connection)
    session.screen:line(format("Sending an interrupt to connection %d.", connection.cid))
    connection:interrupt()
  end),
}

commands.int = {
  text = "int\n  A Lua console in the monitor itself, not in a target.",
  run = function(session) session:local_console() end,
}

commands.q = {
  text = "q\n  Leave the monitor, as Ctrl-D does wherever you are. The targets go on.",
  run = function(session) session:quit() end,
}

commands.exit = {
  text = "exit\n  End the process that the monitor runs in. The targets go on.",
  run = function(session) session:quit(true) end,
}

core.own(M)
core.own(commands)
return M
