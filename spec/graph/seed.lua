-- Random numbers that can be had again: HEAPY_SEED=n repeats a run. HEAPY_ROUNDS=n is at most so
-- many rounds of each property, HEAPY_ROUNDS=xN so many times as many.

local M = {}

M.seed = tonumber(os.getenv "HEAPY_SEED") or os.time() % 1000000007

-- How many times slower things are: under the sanitizers, under valgrind.
local function slowness()
  local preloaded = os.getenv "LD_PRELOAD" or ""
  return preloaded:find("vgpreload", 1, true) and 60 or preloaded:find("asan", 1, true) and 8 or 1
end

local asked = os.getenv "HEAPY_ROUNDS" or ""

-- How many rounds a property is tried that has n of them.
function M.rounds(n)
  local most = tonumber(asked)
  if most then return math.min(most, n) end
  return math.ceil(n * (tonumber(asked:match "^x(%d+)$") or 1) / slowness())
end

-- A source of its own (xorshift64*): random(n) is from 1 to n.
function M.source(stream)
  local state = (M.seed * 0x9E3779B97F4A7C15 ~ (stream or 0) * 0xBF58476D1CE4E5B9) | 1
  local function random(n)
    state = state ~ state >> 12
    state = state ~ state << 25
    state = state ~ state >> 27
    return (state * 0x2545F4914F6CDD1D >> 33) % n + 1
  end
  for _ = 1, 8 do random(2) end
  return random
end

-- Runs f(random, round) so many times, with a source for each; a failure names what repeats it.
function M.property(n, f)
  for round = 1, M.rounds(n) do
    local ok, message = xpcall(f, debug.traceback, M.source(round), round)
    if not ok then
      error(("HEAPY_SEED=%d HEAPY_ROUNDS=%s, round %d: %s"):format(M.seed, asked, round,
        tostring(message)), 0)
    end
  end
end

print(("HEAPY_SEED=%d"):format(M.seed))

return M
