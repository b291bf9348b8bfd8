--- The target's side of the monitor's commands: who asked, what for, and what comes back.
-- Runs in the program's Lua state at a safe point, in a Lua thread of heapy's own. What is printed
-- goes to the client piece by piece.
-- @module heapy.console

local core = require "heapy.core"
local complete = require "heapy.console.complete"
local eval = require "heapy.console.eval"
local output = require "heapy.output"
local render = require "heapy.render"
local shown = require "heapy.console.shown"
local verbs = require "heapy.console.verbs"

local pairs = pairs

local M = {}

local sessions = {} -- by connection: { env = the console's variables, base = diff's base }

local function session_of(connection)
  local session = sessions[connection]
  if not session then
    session = {}
    sessions[connection] = session
  end
  return session
end

local function end_session(session)
  verbs.rebase(session, nil)
  eval.reset(session)
end

local answers = {}

function answers.eval(session, code) return eval.run(session, code) end

function answers.complete(session, code)
  core.remote_candidates(complete.of(eval.environment(session), code))
  return true
end

function answers.reset(session)
  end_session(session)
  return true
end

for name, verb in pairs(verbs.known) do answers[name] = verb end

output.show = shown.print

--- Does what a client asked.
-- @tparam string verb
-- @tparam integer connection its number; 0 where nobody in particular asked
-- @tparam ?string code what the verb is about
-- @tparam ?string place where the program is
-- @treturn boolean whether it went well
-- @treturn ?string what was wrong
-- @treturn ?boolean whether the code is the beginning of something
function M.answer(verb, connection, code, place)
  if verb == "forget" then
    local session = sessions[connection]
    sessions[connection] = nil
    if session then end_session(session) end
    return true
  elseif verb == "glance" then
    verbs.glance(place)
    return true
  end
  render.remote_page = nil
  return answers[verb](session_of(connection), code)
end

--- What is needed of heapy later, when the program may have taken away whatever it likes.
-- @tparam table heapy
-- @tparam table set `heapy.set`
function M.begin(heapy, set)
  verbs.begin(heapy)
  eval.begin(heapy)
  complete.begin(heapy, set)
end

--- Forgets all connections.
function M.forget()
  for connection, session in pairs(sessions) do
    sessions[connection] = nil
    end_session(session)
  end
end

core.own(M)
core.own(sessions)
core.own(answers)
return M
