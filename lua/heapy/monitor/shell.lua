--- Commands by name: what they are called, what is said of them, how one is found.
-- @module heapy.monitor.shell

local core = require "heapy.core"
local render = require "heapy.render"

local concat, sort = table.concat, table.sort
local match, rep = string.match, string.rep

local M = {}

local HEADER <const> = "Documented commands (type help <topic>):"

local Shell = { __name = "heapy.Shell" }
Shell.__index = Shell

--- A shell.
-- @tparam table commands name -> {text, run, hidden = function(session)}; `run` is given the
--   session and what follows the name; `h` and `help` come with every shell
function M.new(commands)
  local shell = setmetatable({ commands = commands }, Shell)
  commands.h = {
    text = "h, help [topic]\n  What there is; or what there is to say of one command.",
    run = function(session, topic) session.screen:write(shell:help(session, topic)) end,
  }
  commands.help = commands.h
  return shell
end

--- The names of the commands that are shown.
function Shell:names(session)
  local names = {}
  for name, command in pairs(self.commands) do
    if not (command.hidden and command.hidden(session)) then names[#names + 1] = name end
  end
  sort(names)
  return names
end

--- The list of commands.
-- @treturn string
function Shell:list(session)
  return concat({ "", HEADER, rep("=", #HEADER), concat(self:names(session), "  "), "", "" }, "\n")
end

--- What there is to say of a topic; the list without one.
-- @tparam ?string topic
-- @treturn string
function Shell:help(session, topic)
  if topic == nil or topic == "" then return self:list(session) end
  local command = self.commands[topic]
  if not command then return "*** No help on " .. render.name(topic, 60) .. "\n" end
  return command.text .. "\n"
end

--- The command a line begins with, and what follows it.
-- @treturn ?table
-- @treturn string
function Shell:find(line)
  local name, rest = match(line, "^%s*(%S*)%s*(.-)%s*$")
  return self.commands[name], rest
end

--- Does what a line says.
function Shell:run(session, line)
  local command, rest = self:find(line)
  if command then return command.run(session, rest) end
  session.screen:line("*** Unknown syntax: " .. render.name(line, 60))
  session.screen:write(self:list(session))
  session:fault()
end

core.own(M)
core.own(Shell)
return M
