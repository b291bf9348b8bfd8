-- The clock of births when it is full: all births are halved, and no two objects become one.

local core = require "heapy.core"
local hp = require "heapy"
local seed = dofile "spec/graph/seed.lua"

local function final(t) return setmetatable(t, { __gc = function() end }) end

local function guesses(set) return tostring(set):find("may be others", 1, true) ~= nil end

describe("identity when the clock of births is full", function()
  after_each(function() core.untrack() end)

  it("stays exact, or says that it is not", function()
    seed.property(40, function(random)
      core.track()
      core.advance((1 << 36) - random(3000))
      local old, all = {}, {}
      for i = 1, 300 do
        old[i] = {}
        all[i] = {}
      end
      for _ = 1, random(300) do all[#all + 1] = {} end -- the moment may be anywhere in a unit
      local h1 = hp.heap()
      for i = 1, #all do all[i] = nil end
      collectgarbage()
      for i = 1, 300 do
        final(old[i])
        all[i] = final {}
      end
      if random(2) == 1 then core.advance((1 << 36) - 2000) end
      for i = 301, 1500 do all[i] = {} end
      local h2 = hp.heap()
      local since = h2 - h1
      for i = 1, 1500 do assert(since:has(all[i]), "a new object is old") end
      local wrong = 0
      for i = 1, 300 do wrong = wrong + (since:has(old[i]) and 1 or 0) end
      assert(wrong < 64 and (wrong == 0 or guesses(since)), "old objects are new")
      h1:close()
      h2:close()
      core.untrack()
    end)
  end)
end)
