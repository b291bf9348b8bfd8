-- Uses snapshots that a finalizer closes in the middle of whatever allocates. Argument: rounds.
-- A program of its own, for a small heap: every round takes a snapshot.

local hp = require "heapy"

local uses = {
  tostring,
  function(h) return h[0], h:rows(0, 1) end,
  function(h) return h[0].byid[0].text end,
  function(h) return tostring(h.byrcs) end,
  function(h) return tostring(h.byvia) end,
  function(h) return h.referrers, h.referents end,
  function(h) return h - h[0], h & h[0] end,
  function(h) return h:objects() end,
  function(h) return h.accounting.count > 0 or error "no bytes at all" end,
}

collectgarbage("incremental", 10, 1000)
local closed = 0
for _ = 1, tonumber(arg[1]) do
  for _, use in ipairs(uses) do
    local h = hp.heap()
    setmetatable({}, { __gc = function() h:close() end })
    local ok, message = pcall(use, h)
    message = ok or tostring(message)
    assert(ok or message:find "heapy: this set is closed$" and not message:find "lua/heapy/",
      message)
    if not ok then closed = closed + 1 end
    h:close()
  end
end
print(closed > 0 and "some were closed in the middle" or "none was closed in the middle")
