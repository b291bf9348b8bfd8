-- Run by the program that embeds Lua: a session, and accounts that agree. An error is a failure.

local hp = require "heapy"
local core = require "heapy.core"

local base = core.memory()
for _, mode in ipairs { "incremental", "generational" } do
  collectgarbage(mode)
  local kept = {}
  for i = 1, 200 do kept[i] = setmetatable({ i, {} }, { __name = "host.Thing" }) end
  local h1 = hp.heap()
  local kilobytes = collectgarbage "count"
  local a = h1.accounting
  assert(a.difference == 0 and a.note == nil)
  assert(a.count <= kilobytes * 1024)
  assert(h1:where { kind = "host.Thing" }.count == 200 and h1:has(kept[1]))
  for i = 1, 100 do kept[i] = nil end
  collectgarbage()
  local h2 = hp.heap()
  assert((h1 - h2):where { kind = "host.Thing" }.count == 100)
  assert(h2:iso(kept[200]).theone == kept[200])
  assert(tostring(h2:diff(h1)):find("host.Thing", 1, true))
  h1:close()
  h2:close()
end
collectgarbage()
assert(core.memory() == base)
rawset(_G, "last", hp.heap()) -- goes with the state
