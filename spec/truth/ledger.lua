-- Holds a snapshot's accounting against what the VM and its allocator say at that very moment.
-- For states made by heapy_truth. Between the snapshot and the two questions nothing is allocated:
-- all three are calls of C functions from one frame, in which the stack has room for them.

local core = require "heapy.core"
local truth = require "heapy_truth"

local collectgarbage, heap, live, pcall = collectgarbage, core.heap, truth.live, pcall

local M = { checks = 0, failures = {} }

local function fail(place, ...)
  M.failures[#M.failures + 1] = place .. ": " .. string.format(...)
end

local function sum(a)
  return a.reachable + a.unreachable + a.heapy + a.vm
end

--- Takes a snapshot and judges it. It never raises: it is called where errors are swallowed.
-- @tparam string place what a failure is called
-- @tparam[opt] table allowed `parser`: a chunk is being read; `buffer`: a luaL_Buffer is open,
-- whose box is asked of the allocator and counted nowhere
-- @treturn ?integer the difference
function M.check(place, allowed)
  M.checks = M.checks + 1
  live(nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil)
  local ok, set, message = pcall(heap, false)
  local kilobytes = collectgarbage "count" -- nil in a finalizer, from 5.4.4 on
  local bytes = live()
  if not ok then return fail(place, "an error: %s", tostring(set)) end
  if not set then return fail(place, "no snapshot: %s", message) end
  local a = core.accounting(set)
  core.close(set)
  local parser, buffer = allowed and allowed.parser, allowed and allowed.buffer
  if kilobytes and kilobytes >= 0 and kilobytes * 1024 ~= a.count then
    fail(place, "the count is %d, collectgarbage says %.17g", a.count, kilobytes * 1024)
  end
  if bytes ~= a.count and not (buffer and bytes > a.count) then
    fail(place, "the count is %d, the allocator says %d", a.count, bytes)
  end
  if a.difference ~= 0 and not (parser and a.difference > 0) then
    fail(place, "the difference is %d", a.difference)
  end
  if a.difference ~= a.count - sum(a) then
    fail(place, "the difference is %d, and not %d", a.difference, a.count - sum(a))
  end
  for name, n in next, a do
    if n < 0 then fail(place, "%s is %d", name, n) end
  end
  return a.difference
end

--- What went wrong, or nil.
-- @treturn ?string
function M.verdict()
  if #M.failures == 0 then return nil end
  return ("%d of %d checks failed:\n"):format(#M.failures, M.checks)
    .. table.concat(M.failures, "\n", 1, math.min(10, #M.failures))
end

return M
