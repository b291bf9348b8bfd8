-- What the specs of truth share: states of their own, and heapy's memory outside the Lua heap.

local core = require "heapy.core"
local truth = require "heapy_truth"

local M = {}

--- The seed of all chance: HEAPY_SEED, or another each time. The specs' names tell it.
M.seed = math.tointeger(os.getenv "HEAPY_SEED") or os.time() % 1000000

--- Calls f with a new state; it has to leave nothing behind, in its own memory nor in heapy's.
-- @tparam function f
function M.in_state(f)
  local before = core.memory()
  local state = truth.state()
  local ok, problem = pcall(f, state)
  local left = state:close()
  assert(ok, problem)
  assert(left == 0, "the state leaves blocks behind")
  assert(core.memory() == before, "heapy leaves memory behind")
end

--- Runs a chunk in a state; an error there is one here.
-- @return what the chunk returns
function M.run(state, chunk, ...)
  local results = table.pack(state:run(chunk, ...))
  assert(results[1], results[2])
  return table.unpack(results, 2, results.n)
end

--- A name for a file that nothing has yet.
M.file = os.tmpname()
os.remove(M.file)

return M
