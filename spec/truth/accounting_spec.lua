-- Every byte that the VM says it holds is accounted for: wherever a snapshot is taken from, in
-- whatever state the collector is, after any change to the heap.
-- HEAPY_SEED=n repeats a run of the random changes.

local hp = require "heapy"
local support = require "spec.truth.support"

local in_state, run, seed = support.in_state, support.run, support.seed
local MODES = { "default", "eager", "generational", "slow", "stopped", "young" }

-- Runs a chunk in a state of its own, with 'check' and 'verdict'; fails with what it says.
local function judged(chunk)
  in_state(function(state)
    assert.is_nil(run(state, [[
      local ledger = require "spec.truth.ledger"
      local check, verdict = ledger.check, ledger.verdict
      math.randomseed(]] .. seed .. ")\n" .. chunk))
  end)
end

-- Random changes; the places that no look was taken from.
local function random(mode, steps, every)
  local unseen
  in_state(function(state)
    if every then state:every(every) end
    local problem, checks, places = run(state,
      'return assert(loadfile "spec/truth/random.lua")(...)', seed, mode, steps, every ~= nil)
    assert.is_nil(problem)
    assert.is_true(checks >= (every and steps * 0.8 or steps))
    unseen = places
  end)
  return unseen
end

describe("random changes with HEAPY_SEED=" .. seed .. ":", function()
  for _, mode in ipairs(MODES) do
    it("1000 of them, the collector " .. mode .. " #noasan #novalgrind", function()
      assert.equal("", random(mode, 1000))
    end)

    it("50 of them, the collector " .. mode, function() random(mode, 50) end)
  end

  it("and memory short: every 20th growth is refused at first #novalgrind", function()
    random("default", 200, 20)
  end)
end)

describe("the accounting is exact", function()
  it("after every step of incremental cycles", function()
    judged [[
      local kept, cycles = {}, 0
      for i = 1, 300 do kept[i] = setmetatable({ {}, "s" .. i }, i % 9 == 0 and
        { __gc = function() check "a finalizer" end } or i % 7 == 0 and { __mode = "k" } or nil) end
      collectgarbage("incremental", 100, 1, 1)
      collectgarbage "stop"
      for i = 1, 2000 do
        kept[i % 300 + 1] = { i }
        if collectgarbage("step", i % 3) then cycles = cycles + 1 end
        check("step " .. i)
        if cycles == 2 then break end
      end
      assert(cycles == 2 and ledger.checks > 20, ledger.checks)
      return verdict() ]]
  end)

  it("with garbage that nobody collects", function()
    judged [[
      collectgarbage "stop"
      for i = 1, 2000 do local _ = { ("x"):rep(i), function() return i end } end
      check "garbage"
      return verdict() ]]
  end)

  it("in a handler of stack overflow, and of an error in that #novalgrind", function()
    judged [[
      local function endless() return 1 + endless() end
      xpcall(endless, function() check "overflow" end)
      xpcall(endless, function() check "overflow" return endless() end)
      local function in_c() return (string.gsub("x", "x", in_c)) end
      xpcall(in_c, function() check "C overflow" end)
      assert(ledger.checks >= 3)
      return verdict() ]]
  end)

  it("deep in a recursion, and when it is over", function()
    judged [[
      local function down(n) if n == 0 then return check "deep" end return (down(n - 1)) end
      for i = 1, 5 do
        down(30 * i)
        check "after"
      end
      local co = coroutine.wrap(function() down(150) coroutine.yield() down(150) end)
      co() check "between" co()
      return verdict() ]]
  end)

  it("in __concat", function()
    judged [[
      collectgarbage "stop" -- the stack must not move under it
      local function down(n) if n == 0 then return 0 end return 1 + down(n - 1) end
      down(100)
      local object = setmetatable({}, { __concat = function() check "concat" return "" end })
      local _ = "a" .. object, object .. "b"
      assert(ledger.checks == 2)
      return verdict() ]]
  end)

  it("while a large buffer is open", function()
    judged [[
      local text = ("x"):rep(3000)
      text:gsub("x", function()
        if math.random(100) == 1 then check("gsub", { buffer = true }) end
      end)
      local object = setmetatable({}, { __tostring = function()
        check("format", { buffer = true })
        return ("y"):rep(3000)
      end })
      local _ = ("%s%s%s"):format(object, object, object)
      assert(ledger.checks > 3)
      return verdict() ]]
  end)

  it("with many short strings, and after they went", function()
    judged [[
      local t = {}
      for i = 1, 20000 do t[i] = "string " .. i end
      check "many"
      t = nil
      for i = 1, 4 do collectgarbage() check "fewer" end
      return t, verdict() ]]
  end)

  it("when the creation of a coroutine or a table failed", function()
    in_state(function(state)
      run(state, 'require "spec.truth.ledger"')
      for n = 1, 15 do
        assert.is_nil(run(state, [[
          local ledger = require "spec.truth.ledger"
          local n = ...
          collectgarbage "stop"
          pcall(function()
            truth.limit(n)
            local t, co = { {}, x = {} }, coroutine.wrap(function() coroutine.yield {} end)
            co()
            for i = 1, 50 do t[i] = i end
          end)
          truth.limit(0)
          ledger.check("refused from growth " .. n)
          collectgarbage()
          ledger.check("and collected " .. n)
          return ledger.verdict()]], n))
      end
    end)
  end)
end)

describe("in this very program the accounting is exact", function()
  local function exact()
    local h <close> = hp.heap()
    local a = h.accounting
    assert.equal(0, a.difference)
    assert.equal(a.count, a.reachable + a.unreachable + a.heapy + a.vm)
    assert.equal(h.size, a.reachable)
    assert.is_nil(a.note)
  end

  local places = require "spec.truth.places"
  for _, place in ipairs(places.names) do
    it("in place: " .. place, function()
      local ok, problem = true, nil
      local function look()
        ok, problem = pcall(exact)
      end
      math.randomseed(seed)
      collectgarbage()
      collectgarbage()
      assert.is_true(places[place](look))
      assert(ok, problem)
    end)
  end

  it("with the collector in each mode", function()
    for _, mode in ipairs { "generational", "incremental" } do
      collectgarbage(mode)
      exact()
      collectgarbage "step"
      exact()
    end
  end)
end)

describe("while a chunk is being read", function()
  local text = "local a, b, c; local d = { 'a string', b, c, 1.5 }; goto over; ::over::; return "
    .. "function() return a, b, c, d end"

  -- Loads the text in pieces, and gives the accounting each time one is asked for.
  local function readings(n)
    local found, i = {}, 1
    assert(load(function()
      local h <close> = hp.heap()
      found[#found + 1] = h.accounting
      local piece = text:sub(i, i + n - 1)
      i = i + n
      return piece
    end))
    return found
  end

  it("what the parser holds is the difference, and a note says so", function()
    local found = readings(7)
    local last = found[#found]
    assert.is_true(last.difference > 0)
    for _, a in ipairs(found) do
      assert.is_true(a.difference >= 0)
      assert.equal(a.count, a.reachable + a.unreachable + a.heapy + a.vm + a.difference)
      assert.equal(a.difference > 0 and "The difference is the buffers of the parser: "
        .. "a chunk is being loaded." or nil, a.note)
    end
    assert.matches("difference +" .. last.difference, tostring(last))
    assert.matches("\nThe difference is the buffers of the parser", tostring(last), 1, true)
  end)

  it("and no other difference is there", function()
    in_state(function(state)
      local problem, grew = run(state, [[
        local ledger = require "spec.truth.ledger"
        local text, i, most = ..., 0, 0
        assert(load(function()
          i = i + 1
          most = math.max(most, ledger.check("reader", { parser = true }) or 0)
          return i <= #text and text:sub(i, i) or nil
        end))
        ledger.check "after"
        return ledger.verdict(), most]], text)
      assert.is_nil(problem)
      assert.is_true(grew > 100)
    end)
  end)
end)
