-- heapy is not in what it shows: not its modules, functions, sets or snapshots, nor the frames it
-- runs in; and what it does leaves no trace in the program's heap.

local hp = require "heapy"
local core = require "heapy.core"
local support = require "spec.truth.support"

local in_state, run = support.in_state, support.run

-- In a state with 'hp', 'core' and a global 'program' that is the program's.
local function inside(chunk)
  in_state(function(state)
    run(state, [[
      hp, core = require "heapy", require "heapy.core"
      program = { list = {}, f = function() return hp end }
      for i = 1, 50 do program.list[i] = setmetatable({ i }, { __name = "app.Thing" }) end
      assert(hp.heap()[0].referrers.count > 0)
      collectgarbage()]])
    run(state, chunk)
  end)
end

describe("heapy's own objects", function()
  -- The values that there are of heapy: modules, what is in them, metatables.
  local OWN = [[
    local own, n = setmetatable({}, { __mode = "k" }), 0
    local function add(v)
      if type(v) ~= "table" and type(v) ~= "function" or own[v] then return end
      own[v], n = true, n + 1
    end
    for name, module in pairs(package.loaded) do
      if name:find "^heapy" and name ~= "heapy_truth" then
        add(module)
        if type(module) == "table" and name ~= "heapy" then
          for _, v in next, module do add(v) end
        end
      end
    end
    add(getmetatable(hp))
    local h = hp.heap()
    h2, diff, view, row = hp.heap(), h:diff(h), h.all, h[0]
    rows = core.partition(h, "kind")
    for _, v in ipairs { h, h2, diff, view, row, rows, getmetatable(h), core.Partition } do
      own[v], n = true, n + 1
    end
    local standard = setmetatable({}, { __mode = "k" })
    for _, library in ipairs { _G, string, table, math, debug, coroutine, io, os, utf8, package } do
      for _, v in pairs(library) do standard[v] = true end
    end
    for v in pairs(own) do if standard[v] then own[v], n = nil, n - 1 end end
    local function has(set, v) -- as set:has, but sets are values, too
      local one = core.iso(set, v)
      return one and core.compare("<=", one, set)
    end
    collectgarbage() ]]

  it("are in no heap", function()
    inside(OWN .. [[
      assert(n > 60, n)
      local now = hp.heap()
      for v in pairs(own) do
        assert(not has(now, v), tostring(v) .. " is shown")
      end ]])
  end)

  it("are no referrers and no referents of the program's", function()
    inside(OWN .. [[
      local now = hp.heap()
      local referrers, referents = now.referrers, now.referents
      for v in pairs(own) do
        assert(not has(referrers, v), "a referrer")
        assert(not has(referents, v), "a referent")
      end
      assert(referrers <= now and referents <= now) ]])
  end)

  it("are not among the garbage, when they are garbage", function()
    inside [[
      collectgarbage()
      collectgarbage "stop"
      for _ = 1, 10 do
        local h = hp.heap()
        local _ = tostring(h), h.bytype[0], h.byid, h.referrers, h:diff(h[0])
      end
      local garbage = hp.heapu()
      assert(garbage:where { type = "userdata" }.count == 0, tostring(garbage))
      assert(garbage:where { type = { "function", "C function" } }.count == 0, tostring(garbage)) ]]
  end)

  it("are all the same accounted for", function()
    inside [[
      local before = hp.heap().accounting.heapy
      kept = {}
      for i = 1, 100 do kept[i] = hp.heap() end
      local after = hp.heap().accounting.heapy
      assert(after - before > 100 * 200, after - before) ]]
  end)

  it("hide nothing of the program's that only goes through them", function()
    inside [[
      local h = hp.heap()
      assert(h:where { kind = "app.Thing" }.count == 50)
      assert(h:has(program) and h:has(program.f) and h:has(program.list[1])) ]]
  end)
end)

describe("snapshots one after the other", function()
  it("show the same, where the program does nothing", function()
    inside [[
      local function same(a, b)
        assert((a - b).count == 0, "less:\n" .. tostring((a - b).byid))
        assert((b - a).count == 0, "more:\n" .. tostring((b - a).byid))
      end
      local h1, h2, h3
      h1 = hp.heap() h2 = hp.heap() h3 = hp.heap()
      same(h1, h2) same(h2, h3) same(h1, h3)
      assert(h1.count == h2.count and h1.size == h2.size and h1 == h2)
      for _ = 1, 20 do
        h2 = hp.heap()
        same(h1, h2)
      end
      collectgarbage()
      same(h1, hp.heap()) ]]
  end)

  it("show the same while the sets are asked and printed", function()
    inside [[
      local h1, h2 = hp.heap()
      local _ = tostring(h1), tostring(h1.bytype), h1.referrers.count, h1[0].referents.count
      _ = tostring(h1:diff(h1)), h1:where { type = "table" }.count, tostring(h1.more), h1.accounting
      _ = h1.byid[0].address
      _ = tostring(h1.byid.all) -- longer than a buffer of the C library's
      _ = nil
      h2 = hp.heap()
      local more, less = h2 - h1, h1 - h2
      assert(less.count == 0, tostring(less.byid))
      assert(more.count == 0, tostring(more.byid))
      for _, row in pairs(h2:diff(h1)) do assert(row.kind == "thread", row.kind) end -- its stack ]]
  end)

  it("differ by what the program made and dropped, to the object", function()
    inside [[
      local h1, h2, h3
      h1 = hp.heap()
      local new = { {}, {}, {} }
      h2 = hp.heap()
      assert((h2 - h1).count == 4 and (h2 - h1):has(new) and (h1 - h2).count == 0)
      new = nil
      collectgarbage()
      h3 = hp.heap()
      assert((h2 - h3).count == 4 and (h3 - h2).count == 0 and h3 == h1) ]]
  end)

  it("are freed when they were dropped", function()
    in_state(function(state)
      run(state, 'hp, core = require "heapy", require "heapy.core" hp.heap() collectgarbage()')
      local before, during, after, again = run(state, [[
        local before = core.memory()
        for _ = 1, 10 do local _ = hp.heap() end
        local h = hp.heap().bytype
        local _ = h[0].referrers
        local during = core.memory()
        h, _ = nil, nil
        collectgarbage() collectgarbage()
        local after = core.memory()
        hp.heap():close()
        return before, during, after, core.memory() ]])
      assert.is_true(during > before)
      assert.same({ before, before }, { after, again })
    end)
  end)

  it("are freed by the next one where the collector is stopped", function()
    inside [[
      collectgarbage() collectgarbage()
      collectgarbage "stop"
      local base, most = core.memory(), 0
      for _ = 1, 50 do
        local h = hp.heap()
        local _ = h.bytype, h[0].referrers
        h, _ = nil, nil
        most = math.max(most, (core.memory()))
      end
      local one = hp.heap()
      local held = core.memory() - base
      assert(held < 2 * core.bytes(one), held .. " of " .. core.bytes(one))
      assert(most - base < 4 * core.bytes(one), most - base) ]]
  end)

  it("are not freed under those who may ask them still", function()
    inside [[
      collectgarbage "stop"
      local count
      do
        local h = hp.heap()
        setmetatable({ h }, { __gc = function(self) count = self[1].count end })
      end
      local cache = setmetatable({ hp.heap(), { hp.heap() } }, { __mode = "v" })
      local keys = setmetatable({ [hp.heap()] = true }, { __mode = "k" })
      local co = coroutine.wrap(function()
        local h = hp.heap()
        coroutine.yield()
        return h.count
      end)
      co()
      hp.heap()
      hp.heap()
      assert(cache[1].count > 0 and cache[2][1].count > 0 and next(keys).count > 0 and co() > 0)
      collectgarbage()
      assert(count and count > 0) ]]
  end)

  it("are not freed by the next one, but closed, where somebody says so", function()
    local before = core.memory()
    local h = hp.heap()
    local row <const> = h[0]
    assert.is_true(core.memory() > before)
    h:close()
    assert.equal(before, core.memory())
    assert.has_error(function() return row.count end)
    do
      local again <close> = hp.heap()
      assert.is_true(again.count > 0 and core.memory() > before)
    end
    assert.equal(before, core.memory())
  end)
end)

describe("a snapshot taken by a finalizer while another is being taken", function()
  it("knows what was born since, and so does the other", function()
    in_state(function(state)
      local met, wrong = run(state, [[
        local core, hp = require "heapy.core", require "heapy"
        local Late = { __name = "app.Late" }
        local function late()
          local list = {}
          for i = 1, 300 do list[i] = setmetatable({}, Late) end
          return list
        end
        local taking, nested = false, nil
        local function finalized() if taking then nested = core.heap(false) end end
        local met, wrong = 0, 0
        collectgarbage "generational"
        for r = 0, 1600, 16 do
          local old, new = late()
          nested = nil
          collectgarbage "step"
          setmetatable({}, { __gc = finalized })
          -- So much, and the next collection comes r bytes later.
          local _ = ("x"):rep(truth.live() // 100 * 20 - r)
          taking = true
          local outer = core.heap(false)
          taking = false
          if nested then
            met = met + 1
            old = nil
            collectgarbage() collectgarbage()
            new = late() -- where the old ones were
            local now <close> = hp.heap()
            for _, before in ipairs { nested, outer } do
              if (now - before):where { kind = "app.Late" }.count ~= #new then wrong = wrong + 1 end
            end
            nested:close()
          end
          outer:close()
        end
        return met, wrong]])
      assert.is_true(met > 5, "hardly ever did it happen")
      assert.equal(0, wrong)
    end)
  end)
end)
