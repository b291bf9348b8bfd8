-- A program that is tracked, whose first blocks may lie below 32 MiB.

local hp = require "heapy"
for frames = 1, 2 do
  assert(hp.track { frames = frames })
  local kept = {}
  for i = 1, 1000 do kept[i] = { tostring(i) } end
  collectgarbage()
  assert(hp.iso(kept[7]).site:find("low.lua:7 ", 1, true))
  assert(hp.sites().count > 1000)
  assert(hp.heap().accounting.difference == 0)
  hp.untrack()
end
