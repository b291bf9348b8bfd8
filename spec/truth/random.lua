-- The property: after any change, anywhere, every byte is accounted for. Runs in a state of
-- heapy_truth. Arguments: seed, mode of the collector, how many changes, whether memory is short.
-- Gives what went wrong or nil, how many looks were taken, and the places that none was taken from.

local seed, mode, steps, short = ...

local ledger = require "spec.truth.ledger"
local mutations = require "spec.truth.mutations"
local places = require "spec.truth.places"

math.randomseed(seed)

local seen = {}

local function one_of(names) return names[math.random(#names)] end

-- Calls f in up to three places, one inside the other; where a place is not to be had, without it.
local function somewhere(f, trail)
  local inside, path = f, {}
  for _ = 1, math.random(0, 3) do
    local place, call = one_of(places.names), inside
    table.insert(path, 1, place)
    inside = function()
      if places[place](call) then seen[place] = true else call() end
    end
  end
  trail[#trail + 1] = table.concat(path, " > ")
  local before = ledger.checks
  inside()
  if ledger.checks == before then f() end -- 5.4.2 may lose its way in a hook in a coroutine's close
end

local function change(step)
  local name = one_of(mutations.names)
  local trail = { ("seed %d, %s, step %d, %s"):format(seed, mode, step, name) }
  local early = math.random(2) == 1 -- the change is made where the look is taken
  if not early then mutations[name]() end
  somewhere(function()
    if early then mutations[name]() end
    -- Where memory is short, a coroutine may end with a luaL_Buffer open.
    ledger.check(table.concat(trail, ", in "), { buffer = short })
  end, trail)
end

mutations.modes[mode]()
for step = 1, steps do
  local ok, problem = pcall(change, step)
  if not ok and short and tostring(problem):find "not enough memory$" then
    ok = true -- a luaL_Buffer asks the allocator itself, and only once
  end
  if not ok then
    return ("seed %d, %s, step %d: %s"):format(seed, mode, step, tostring(problem)), ledger.checks
  end
  -- A stopped collector would let the heap grow without end.
  if mode == "stopped" and step % 100 == 0 then collectgarbage() end
end

local unseen = {}
for _, place in ipairs(places.names) do
  if not seen[place] then unseen[#unseen + 1] = place end
end
return ledger.verdict(), ledger.checks, table.concat(unseen, " ")
