-- Holds the size of every object against what was asked of the allocator at its address, in a state
-- of heapy_truth. Arguments: seed, how many random changes come first. Gives how many objects were
-- looked at; raises at the first that is wrong.

local seed, steps = ...

local core = require "heapy.core"
local mutations = require "spec.truth.mutations"
local truth = require "heapy_truth"

local claim, word = truth.claim, truth.word
local format = string.format

-- What precedes a lua_State in its block: LUA_EXTRASPACE, a pointer's size unless changed.
local EXTRA = 8

local TAGS = { string = 4, table = 5, ["function"] = 6, ["C function"] = 6, userdata = 7,
  thread = 8, upvalue = 9, prototype = 10 }

-- Where an object keeps pointers to its other blocks.
local PARTS = { table = { 16, 24 }, prototype = { 56, 64, 72, 80, 88, 96, 104 } }

local function block(type, address)
  local bytes, tag = claim(address)
  if not bytes then error(format("a %s at %x has no block of its own", type, address)) end
  if tag ~= TAGS[type] then error(format("a %s at %x was made as %d", type, address, tag)) end
  return bytes
end

-- The bytes of an object's blocks; each block belongs to one object only.
local function asked(type, address)
  local bytes = block(type, address)
  for _, at in ipairs(PARTS[type] or {}) do
    bytes = bytes + (claim(word(address, at)) or 0)
  end
  return bytes
end

local looked = 0
local threads, threads_claimed = 0, 0 -- their stacks and calls are found by elimination

local function look(set)
  local sum = 0
  for k = 0, core.count(set) - 1 do
    local object = core.describe(core.at(set, k))
    local type, size, address = object.type, object.size, object.address
    looked, sum = looked + 1, sum + size
    if type == "thread" then
      threads = threads + size
      threads_claimed = threads_claimed + block(type, address - EXTRA)
    else
      local bytes = asked(type, address)
      if size ~= bytes then
        error(format("a %s at %x has %d bytes, and not %d", type, address, bytes, size))
      end
    end
  end
  if sum ~= core.size(set) then error "a set's size is not the sum of its objects'" end
  return sum
end

math.randomseed(seed)
mutations.modes.default()
for _ = 1, steps do mutations[mutations.names[math.random(#mutations.names)]]() end
collectgarbage "stop"

local all = core.heap(false)
truth.note()
local a = core.accounting(all)
local reachable, unreachable = look(all), look(core.unreachable(all))
local blocks, rest = truth.rest()
local expected = a.heapy + a.vm + threads - threads_claimed

assert(reachable == a.reachable and unreachable == a.unreachable)
assert(blocks > 0)
if rest ~= expected then
  error(format("stacks, calls, heapy and the VM have %d bytes, and not %d", rest, expected))
end
return looked
