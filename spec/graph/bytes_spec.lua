-- Which of 64 bytes are what is looked for: both ways to find out, beside one byte after the other.

local bytes = require "heapy_bytes"
local seed = dofile "spec/graph/seed.lua"

local function one_by_one(s, mask, value)
  local found = 0
  for i = 1, #s do
    if s:byte(i) & mask == value then found = found | 1 << i - 1 end
  end
  return found
end

local function random_bytes(random, below)
  local all = {}
  for i = 1, 64 do all[i] = string.char(random(below) - 1) end
  return table.concat(all)
end

describe("64 bytes", function()
  for way, where in pairs(bytes) do
    it("are told apart by what is in a mask: " .. way, function()
      seed.property(3, function(random)
        for mask = 0, 255 do
          local s = random_bytes(random, random(2) == 1 and 256 or 4)
          local first, last = s:byte(1), s:byte(64)
          for _, value in ipairs { 0, first & mask, last & mask, mask, random(256) - 1 } do
            assert.equal(one_by_one(s, mask, value), where(s, mask, value))
          end
        end
      end)
    end)
  end
end)
