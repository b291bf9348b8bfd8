--- The monitor's fixed commands, as they run in the program.
-- @module heapy.console.verbs

local core = require "heapy.core"
local shown = require "heapy.console.shown"

local collectgarbage, pairs, type = collectgarbage, pairs, type
local format, sub = string.format, string.sub
local create = coroutine and coroutine.create

local M = {}

local heapy

--- @tparam table api heapy
function M.begin(api) heapy = api end

--- By name: functions of the session that print, and return whether it went well and, if not, what
-- was wrong.
M.known = {}

local known = M.known

--- Takes a snapshot as what the session's next difference is to; frees the one before.
-- @tparam table session
-- @param set a Set, or nil
function M.rebase(session, set)
  if session.base then core.close(session.base) end
  session.base = set
end

function known.heap(session)
  local heap, message = heapy.heap()
  if not heap then return false, message end
  M.rebase(session, heap)
  shown.print(heap)
  return true
end

function known.diff(session)
  local base = session.base
  local heap, message = heapy.heap()
  if not heap then return false, message end
  if base then
    shown.print(heap:diff(base))
  else
    shown.print "There was no snapshot yet to compare with: the next difference is to this one."
  end
  M.rebase(session, heap)
  return true
end

-- Objects of a kind that only the console refers to.
local function test_objects()
  local upvalue = {}
  local objects = { table = {}, ["function"] = function() return upvalue end, upvalue = upvalue }
  if create then objects.thread = create(objects["function"]) end
  return objects
end

--- Whether what the console holds is in the program's heap, where it does not belong.
function known.isolatest()
  local objects = test_objects()
  local heap <close>, message = heapy.heap()
  if not heap then return false, message end
  local leaked = 0
  for name, object in pairs(objects) do
    if heap:has(object) then
      leaked = leaked + 1
      shown.print(format("A %s of the monitor's is in the heap; it is referred to by:", name))
      shown.print(heap:iso(object).referrers)
    end
  end
  if leaked > 0 then return false, format("Isolation test failed: %d objects leaked.", leaked) end
  shown.print "Isolation test succeeded."
  return true
end

local WITH = " (heapy's own among them)"
local MOST = 1000 -- bytes of a place

local function line(name, value) return format("%-17s = %s\n", "target." .. name, value) end

--- Tells the listener how the VM is.
-- @tparam string place where the program is
function M.glance(place)
  local objects, more = core.remote_objects()
  local bytes = collectgarbage and collectgarbage "count" * 1024
  local lines = line("vm", sub(shown.text(place), 1, MOST))
  if objects then
    lines = line("objects", (more and "more than " or "") .. objects .. WITH) .. lines
  end
  if type(bytes) == "number" then
    lines = line("heap", format("%.0f bytes", bytes) .. WITH) .. lines
  end
  core.remote_tell(lines)
end

core.own(M)
core.own(known)
return M
