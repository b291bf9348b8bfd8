--- heapy: what is in the memory of this Lua state, and who keeps it there.
-- @module heapy
-- @usage
-- local hp = require "heapy"
-- local h1 = hp.heap()
-- ... the program runs ...
-- local h2 = hp.heap()
-- print(h2:diff(h1))

-- Here, as others could not load the core; hosts may say what they like.
local version = type(_VERSION) == "string" and _VERSION:match "^Lua %d+%.%d+$"
if version and version ~= "Lua 5.4" then
  error("heapy is for Lua 5.4, and this is " .. version, 0)
end

local core = require "heapy.core"
local check = require "heapy.check"
local help = require "heapy.help"
local output = require "heapy.output"
local set = require "heapy.set"
local track = require "heapy.track"

local next, rawequal, rawget, setmetatable, type = next, rawequal, rawget, setmetatable, type

local api = { doc = help.doc }
local heapy = {}

local OPTIONS = { collect = { "boolean" } }

local reference -- the moment that setref marked

--- A snapshot: the objects that are reachable now, heapy's own hidden.
-- After `setref` only what was born since.
-- @tparam[opt] table options `collect = true` runs a full collection first
-- @treturn[1] Set
-- @treturn[2] nil
-- @treturn[2] string why this VM cannot be read
-- @usage hp.heap{collect = true}
function api.heap(options)
  if options ~= nil then check.options(options, "heap", OPTIONS, 2) end
  local all, message = core.heap(options ~= nil and rawget(options, "collect") or false)
  if not all then return nil, message end
  return reference and core.since(all, reference) or all
end

--- Garbage: the objects that are unreachable now but not yet swept away.
-- @treturn[1] Set
-- @treturn[2] nil
-- @treturn[2] string why this VM cannot be read
function api.heapu(options)
  if options ~= nil then check.options(options, "heapu", {}, 2) end -- it has none
  local all, message = core.heap(false)
  if not all then return nil, message end
  return core.unreachable(all)
end

--- Exactly these values, in a fresh snapshot.
-- @param ... tables, strings, functions, userdata or coroutines
-- @treturn[1] Set
-- @treturn[2] nil
-- @treturn[2] string why this VM cannot be read
-- @usage hp.iso(queue).referents
function api.iso(...)
  if rawequal((...), heapy) then
    check.fail(2, "bad argument #1 to 'iso' (a value of the program expected, got heapy itself; "
      .. "'iso' is called as hp.iso(v, ...))")
  end
  local all, message = core.heap(false)
  if not all then return nil, message end
  local values = set.iso(all, 2, ...)
  return values
end

--- From now on `heap` shows only what was born since.
-- @tparam[opt] boolean on `false`: from now on it shows everything again
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string why this VM cannot be read
function api.setref(on)
  if on ~= nil and type(on) ~= "boolean" then
    check.argument(1, "setref", "boolean or nothing", on, 2)
  end
  local readable, message = core.check()
  if not readable then return nil, message end
  reference = on ~= false and core.mark() or nil
  return true
end

api.track, api.untrack = track.track, track.untrack
api.tracking, api.sites, api.timeline = track.status, track.sites, track.timeline

--- Prints what there is, with a line each; or what there is to say of one name.
-- @tparam[opt] string name
-- @usage hp.help("referrers")
function api.help(name)
  if name ~= nil and type(name) ~= "string" then check.argument(1, "help", "string", name, 2) end
  local text = name == nil and help.all() or help.of(name, 2)
  output.print(text)
end

--- The monitor, in this terminal: lists the programs that are targets, and looks into one.
-- Returns when the user leaves it; `exit` ends the process.
-- @treturn[1] nothing
-- @treturn[2] nil
-- @treturn[2] string what it needs and is not there
-- @usage hp.monitor()
function api.monitor()
  if core.remote_busy() then
    return nil, "a monitor needs a terminal, and a command has none"
  end
  local outcome, message = require("heapy.monitor").converse {}
  if not outcome then return nil, message end
  if outcome.exit then os.exit(true, true) end
end

local metatable = { __name = "heapy" }

function metatable.__index(_, key)
  local value = api[key]
  if value == nil then check.field(key, "heapy", { api }, 2) end
  return value
end

function metatable.__newindex(_, key)
  check.assignment(key, "heapy", 2)
end

function metatable.__pairs()
  return next, api, nil
end

function metatable.__tostring()
  return "heapy: what is in the memory of this Lua state. Type hp.help() for what there is."
end

for _, own in ipairs { api, heapy, metatable } do core.own(own) end

setmetatable(heapy, metatable)

-- For a program that one cannot edit. The monitor's end asks for this module: it is there then.
local getenv = os and os.getenv
if getenv and getenv "HEAPY_MONITOR" then
  package.loaded["heapy"] = heapy
  require("heapy.RM").environment()
end

return heapy
