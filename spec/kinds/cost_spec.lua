-- What naming costs where a program has very many of something: as much as of anything else, not
-- its square. Measured against a snapshot of as many plain objects.

local hp = require "heapy"

local function seconds(f)
  local best = math.huge
  for _ = 1, 2 do
    collectgarbage()
    local start = os.clock()
    local set <close> = f()
    best = math.min(best, os.clock() - start)
    assert.is_true(set.count > 0)
  end
  return best
end

local function usually(n)
  local plain = {}
  for i = 1, n do plain[i] = { ["k" .. i] = i .. "" } end
  local best = seconds(hp.heap)
  assert(#plain == n)
  return best
end

-- A snapshot with 'build's objects takes at most so many times what one with n tables and strings
-- does; what 'build' gives undoes it.
local function costs_little(n, build, f)
  local usual = usually(n)
  local undo = build()
  local cost = seconds(f or hp.heap)
  undo()
  assert.is_true(cost < 12 * usual + 0.02, ("%.3f s, usually %.3f s"):format(cost, usual))
end

describe("naming costs little #novalgrind", function()
  it("with twenty thousand modules", function()
    costs_little(20000, function()
      for i = 1, 20000 do package.loaded["spec_m" .. i] = {} end
      return function()
        for i = 1, 20000 do package.loaded["spec_m" .. i] = nil end
      end
    end)
  end)

  it("with a large table that many metatables have for __index", function()
    costs_little(50000, function()
      local big, all = setmetatable({}, { __index = function() end }), {}
      for i = 1, 50000 do big["k" .. i] = {} end
      for i = 1, 2000 do all[i] = setmetatable({}, { __index = big }) end
      return function() return all end
    end)
  end)

  it("with a large class that many modules export", function()
    costs_little(50000, function()
      local C = setmetatable({}, { __index = function() end })
      C.__index = C
      for i = 1, 50000 do C["k" .. i] = i .. "" end
      for i = 1, 2000 do package.loaded["spec_m" .. i] = { C = C, f = function() end } end
      return function()
        for i = 1, 2000 do package.loaded["spec_m" .. i] = nil end
      end
    end)
  end)

  it("with many closures of a function that has many constants", function()
    costs_little(20000, function()
      local C, all, constants = {}, {}, {}
      C.__index = C
      all.C = setmetatable({}, C)
      for i = 1, 4000 do constants[i] = ("'spec%d', %d.5"):format(i, i) end
      assert(load("local C, all = ... for i = 1, 20000 do all[i] = function() local t = {"
        .. table.concat(constants, ",") .. "} return C, i, t end end"))(C, all)
      return function() return all end
    end)
  end)

  it("with large classes that one function makes", function()
    local all = {}
    costs_little(20, function()
      for i = 1, 20 do
        local class = {}
        class.__index = class
        for k = 1, 1000 do class["m" .. k] = function() return class end end
        class.own = load("return function() end", "=own" .. i)()
        all[i] = setmetatable({}, class)
      end
      return function() for i = #all, 1, -1 do all[i] = nil end end
    end)
  end)

  it("with many classes, by module", function()
    costs_little(20000, function()
      local all = {}
      for i = 1, 20000 do
        local class = { __name = "Spec_class" .. i }
        class.__index = class
        all[i] = setmetatable({ held = {} }, class)
      end
      return function() return all end
    end, function()
      local h = hp.heap()
      assert.is_true(#h.bymodule > 0)
      return h
    end)
  end)
end)
