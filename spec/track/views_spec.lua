-- What tracking shows: sites, tracebacks, ages, samples, the timeline.

local core = require "heapy.core"
local hp = require "heapy"
local seeds = dofile "spec/graph/seed.lua"
local support = dofile "spec/lua/support.lua"

local here = support.here

-- The row of what a line of this file makes itself; or nil.
local function row_at(rows, line)
  for _, row in pairs(rows) do
    if row.name:find(("views_spec.lua:%d "):format(line), 1, true)
      and not row.name:find("[C", 1, true) then return row end
  end
end

local Class = { __name = "track.Class" }
Class.__index = Class
function Class.new() return setmetatable({}, Class) end
local new_line = here() - 1
function Class.more() return (Class.new()) end -- a call of its own

describe("hp.track", function()
  after_each(function() hp.untrack() end)

  it("refuses what it does not know", function()
    assert.has_error(function() hp.track { frame = 1 } end)
    assert.has_error(function() hp.track { frames = 0 } end)
    assert.has_error(function() hp.track { frames = 65 } end)
    assert.has_error(function() hp.track { sample = "x" } end)
    assert.has_error(function() hp.track(1) end)
    assert.has_error(function() hp.track { frames = false } end)
    assert.equal(0, hp.track { sample = false }.sample)
    assert.has_error(function() hp.track() end)
  end)

  it("knows which figures there are, and what was meant", function()
    local message = support.message
    local status = hp.track { timeline = 100 }
    local row, points = hp.sites()[0], hp.timeline()
    for text, f in pairs {
      ["'csv' is called on a Timeline, as timeline:csv(...), not on a string"] =
        function() local _ = points.csv "file" end,
      ["cannot assign to field 'x' of a heapy.Timeline"] = function() points.x = 1 end,
      ["no field 'missd' in hp.tracking(); did you mean 'missed'?"] =
        function() return status.missd end,
      ["no field 'peeksize' in a row of heapy.Sites; did you mean 'peaksize'?"] =
        function() return row.peeksize end,
      ["no field of type number in a row of heapy.Sites"] = function() return row[1] end,
      ["no field 'strings' in a point of a heapy.Timeline; did you mean 'string'?"] =
        function() return points[1].strings end,
      [("no point 0: there are %d, from 1"):format(#points)] = function() return points[0] end,
      [("no point 1000000: there are %d, from 1"):format(#points)] =
        function() return points[1000000] end,
      ["no field 'reachble' in an accounting; did you mean 'reachable'?"] =
        function() return hp.heap().accounting.reachble end,
    } do
      assert.equal("heapy: " .. text, message(f))
    end
    assert.equal(row.name, row.site)
    assert.is_nil(row.shown)
    assert.is_nil(hp.heap().accounting.note)
    local n = 0
    for _ in ipairs(points) do n = n + 1 end
    assert.equal(#points, n)
  end)

  it("says what it is and holds", function()
    assert.is_nil(hp.tracking())
    assert.is_nil(hp.sites())
    local status = hp.track { frames = 3 }
    assert.equal(3, status.frames)
    assert.equal(0, status.missed)
    assert.is_true(status.bytes > 0 and status.objects > 0)
    assert.truthy(tostring(status):find("Tracking every object", 1, true))
    assert.is_true((hp.untrack()))
    assert.is_false((hp.untrack()))
  end)

  it("calls what heapy makes heapy's, in each view", function()
    hp.track { frames = 3 }
    collectgarbage()
    collectgarbage "stop"
    for _ = 1, 5 do tostring(hp.sites()) end
    local garbage <close> = hp.heapu()
    collectgarbage "restart"
    local mine = garbage:where { site = "(heapy)" }
    assert.is_true(mine.count > 100, tostring(garbage.bysite))
    assert.equal("(heapy)", mine.bytraceback.kind)
    assert.same({ "(heapy)" }, mine.traceback)
    for _, row in pairs(garbage.bysite) do assert.falsy(row.kind:find "lua/heapy") end
  end)

  it("tells sites, tracebacks and names", function()
    hp.track { frames = 3 }
    local kept = {}
    for i = 1, 10 do kept[i] = Class.more() end
    local h <close> = hp.heap()
    local set = h:where { kind = "track.Class" }
    assert.equal(10, set.count)
    assert.truthy(set.site:find(("views_spec.lua:%d in field 'new'"):format(new_line), 1, true))
    local frames = h:iso(kept[1]).traceback
    assert.equal(3, #frames)
    local caller = ("views_spec.lua:%d in field 'more'"):format(new_line + 2)
    assert.truthy(frames[2]:find(caller, 1, true))
    assert.equal(table.concat(frames, " < "), set.bytraceback.kind)
    assert.same(frames, set.traceback)
    assert.equal("heapy: 'traceback' needs a set of exactly one object, this one has 2",
      select(2, pcall(function() return h:iso(kept, kept[1]).traceback end)):match "heapy: .*")
    assert.equal(10, h:where { site = set.site }:where { type = "table" }.count)
  end)

  it("counts what is made, freed and most", function()
    hp.track()
    local before = hp.sites()
    for _ = 1, 50 do Class.new() end
    collectgarbage()
    local kept = {}
    for i = 1, 7 do kept[i] = Class.new() end
    local row = row_at(hp.sites(), new_line)
    assert.equal(7, row.count)
    assert.equal(57, row.made)
    assert.equal(50, row.freed)
    assert.is_true(row.peak >= 7 and row.peak <= 57)
    assert.equal(7 * 56, row.size)
    local growth = hp.sites():diff(before)
    assert.equal(7, row_at(growth, new_line).count)
    assert.truthy(tostring(growth.all):find("views_spec.lua:" .. new_line, 1, true))
    assert.equal(7, #kept)
  end)

  it("knows ages, and what was there before", function()
    local old = {}
    hp.track()
    local kept = {}
    for i = 1, 100 do kept[i] = { i } end
    local passing = { {} }
    local h1 = hp.heap()
    passing[1] = nil
    assert.same({}, passing)
    collectgarbage()
    local young = {}
    for i = 1, 100 do young[i] = { i } end
    local h2 = hp.heap()
    assert.equal("(before tracking)", h2:iso(old).site)
    local ages = h2:iso(table.unpack(kept)) | h2:iso(table.unpack(young))
    assert.equal(10, #ages.byage)
    for _, row in pairs(ages.byage) do assert.equal(20, row.count) end
    local by_age = (h2:iso(old) | ages).byage
    assert.equal("1st tenth (oldest)", by_age[1].kind)
    assert.same({ 20, 1, 20 * 72 }, { by_age[1].count, #by_age[1], by_age[1].size })
    assert.equal("2nd tenth", by_age:rows(1, 3)[1].kind)
    local last
    for _, row in pairs(by_age:rows(1, 3)) do last = row.kind end
    assert.equal("3rd tenth", last)
    assert.matches("\n +0 +20 +33 .*\n +1 +20 +33 +%d+ +33 +%d+ +67 2nd tenth\n",
      tostring(by_age:rows(1, 3)))
    assert.equal("table (no owner)", by_age[1].bykind.kind)
    local text = tostring(by_age.all)
    assert.matches("%(before tracking%)\n.*1st tenth %(oldest%)\n.*2nd tenth\n.*9th tenth\n.*"
      .. "10th tenth %(newest%)$", text)
    assert.equal(20, ages:where { age = "1st tenth (oldest)" }.count)
    assert.equal(ages:where { age = "1st tenth (oldest)" },
      ages:where { age = "1st tenth (oldest)", type = "table", size = 72 })
    local first = h2:where { age = "1st tenth (oldest)" }
    assert.equal(first & h2:where { type = "table" },
      h2:where { age = "1st tenth (oldest)", type = "table" })
    local both = h1 | h2:iso(young[1])
    local one = "needs a set that one snapshot has all of, this one is of 2"
    assert.equal("heapy: 'byage' " .. one, support.message(function() local _ = both.byage end))
    assert.equal("heapy: 'age' " .. one,
      support.message(function() local _ = both:where { age = "2nd tenth" } end))
    local since = h2:where { born_after = h1 }
    assert.is_true(since:has(young[1]))
    assert.is_false((since:has(kept[1])))
    assert.has_error(function() return h1:where { born_after = h2 } end)
    h1:close()
    h2:close()
  end)

  it("keeps what a snapshot knew", function()
    hp.track()
    local kept = Class.new()
    local h <close> = hp.heap()
    hp.untrack()
    hp.track()
    assert.truthy(h:iso(kept).site:find(":" .. new_line .. " ", 1, true))
    assert.equal("(not tracked)", (function()
      hp.untrack()
      local other <close> = hp.heap()
      return other.site
    end)())
  end)

  it("tells of one moment, whatever comes in between", function()
    local function anew()
      hp.untrack()
      hp.track { timeline = 512 }
    end
    for _, what in ipairs { "sites", "timeline", "tracking" } do
      local between = 0
      for count = 1, 3000, 101 do
        anew()
        local inside = true
        for i = 1, 100 do assert(load("return {}", "=" .. i))() end -- sites
        debug.sethook(function()
          debug.sethook()
          anew()
          if inside then between = between + 1 end
        end, "", count)
        local now = hp[what]()
        inside = false
        debug.sethook()
        assert.is_true(now == nil or tostring(now) ~= "")
      end
      assert.is_true(between > 0)
    end
  end)

  it("may end in a finalizer, at any time", function()
    local mode = collectgarbage("incremental", 100, 1000, 40) -- a whole cycle in one step
    for _, what in ipairs { "tracking", "sites", "timeline", "heap" } do
      for _ = 1, 5 do
        hp.track { timeline = 1024 }
        collectgarbage()
        collectgarbage "stop"
        local ended = false
        do
          setmetatable({}, { __gc = function()
            ended = hp.untrack()
          end })
        end
        collectgarbage "restart"
        local now = hp[what]()
        assert.is_true(ended)
        if what == "heap" then assert.equal("(not tracked)", now.site) else assert.is_nil(now) end
      end
    end
    collectgarbage("incremental", 200, 100, 13)
    collectgarbage(mode)
  end)

  it("is not led astray by code that lies where other code lay", function()
    hp.track()
    for round = 1, 200 do
      local chunk = ("\n"):rep(round % 20) .. "local a = {} return {a, function() return a end}"
      local made = assert(load(chunk, "=loaded"))()
      if round % 7 == 0 then
        local h <close> = hp.iso(made, made[1], made[2])
        local line = ("^loaded:%d in"):format(1 + round % 20)
        for _, object in ipairs { made, made[1], made[2] } do
          assert.truthy(h:iso(object).site:find(line), h:iso(object).site .. " " .. line)
        end
      end
      collectgarbage()
    end
  end)

  it("is not led astray by code that comes to lie where other code lay as it is parsed", function()
    hp.track()
    local function go(f) return f() end
    for i = 1, 2000 do -- one prototype each, and strings for which the collector steps
      local text = "local t = {'s%da', 's%db', x%d = 1, y%d = 2, z%d = 3} return t"
      go(load(text:format(i, i, i, i, i), "=chunk" .. i))
    end
    local made = {}
    for _, row in pairs(hp.sites()) do
      local i = row.name:match "^chunk(%d+):1 in "
      if i then made[tonumber(i)] = (made[tonumber(i)] or 0) + row.made end
    end
    for i = 1, 2000 do assert.equal(1, made[i], i) end
  end)

  it("says where a timeline is an estimate", function()
    local note = "\nAll but bytes is estimated from a sample: an object in every 2000 bytes on "
      .. "average."
    for sample, expected in pairs { [false] = false, [2000] = note } do
      hp.track { timeline = 10000, sample = sample }
      for _ = 1, 1000 do local _ = {} end
      local line = hp.timeline()
      assert.equal(sample or 0, line.sample)
      assert.equal(expected or nil, tostring(line):match "\nAll but.*$")
      hp.untrack()
    end
  end)

  it("draws a timeline", function()
    collectgarbage() -- what goes meanwhile is this program's, and nobody else's
    hp.track { timeline = 10000 }
    local kept = {}
    for i = 1, 3000 do kept[i] = { tostring(i) } end
    local line = hp.timeline()
    assert.is_true(#line > 10 and #line <= 512)
    assert.is_true(line[#line].asked > line[1].asked)
    assert.is_true(line[#line].table > line[1].table + 2000)
    assert.truthy(tostring(line):find "█")
    assert.equal(3000, #kept)
    local csv = line:csv()
    assert.equal(#line + 1, select(2, csv:gsub("\n", "")))
    assert.equal("asked,bytes,string,table", csv:sub(1, 24))
    assert.is_nil((line:csv "/no/such/place"))
  end)
end)

describe("the timeline", function()
  after_each(function() hp.untrack() end)

  it("has bytes by kind, which sum to what is held", function()
    collectgarbage()
    collectgarbage "stop"
    hp.track { timeline = 10000 }
    local kept = {}
    for i = 1, 2000 do kept[i] = { ("x"):rep(50) .. i } end
    local line = hp.timeline()
    collectgarbage "restart"
    local last = line[#line]
    assert.is_true(last.string_bytes > line[1].string_bytes + 1900 * 75)
    assert.is_true(last.table_bytes > line[1].table_bytes + 1900 * 56)
    local sum = last.parts_bytes
    for _, kind in ipairs { "string", "table", "function", "userdata", "thread", "upvalue",
      "prototype" } do sum = sum + last[kind .. "_bytes"] end
    assert.equal(last.bytes, sum)
    assert.equal(2000, #kept)
  end)

  it("goes down where objects go", function()
    hp.track { timeline = 10000 }
    local kept = {}
    for i = 1, 5000 do kept[i] = { tostring(i) } end
    local before = hp.timeline()
    for i = 1, 5000 do kept[i] = nil end
    collectgarbage()
    for i = 1, 500 do kept[i] = {} end -- there is a point when something is asked for
    local line = hp.timeline()
    local most, last = before[#before], line[#line]
    assert.is_true(last.table_bytes < most.table_bytes - 4000 * 56)
    assert.is_true(last.string_bytes < most.string_bytes - 4000 * 25)
    assert.equal(500, #kept)
  end)

  it("goes on where only arrays grow", function()
    hp.track { timeline = 1 << 16 }
    local array = {}
    for i = 1, 1 << 18 do array[i] = i end
    local line = hp.timeline()
    assert.equal(1 << 18, #array)
    assert.is_true(#line > 4)
    assert.is_true(line[#line].parts_bytes > line[1].parts_bytes + (1 << 20))
    assert.is_true(line[#line].parts_bytes > line[#line].table_bytes)
  end)

  it("keeps its beginning, however long it gets", function()
    hp.track { timeline = 100 }
    local first = hp.timeline()[1]
    for _ = 1, 5000 do assert.is_table({}) end
    local line = hp.timeline()
    assert.is_true(line.interval > 100)
    assert.same({ first.asked, first.bytes }, { line[1].asked, line[1].bytes })
    assert.truthy(tostring(line):find("at least " .. line.interval .. " bytes apart", 1, true))
  end)
end)

describe("rows of sites", function()
  after_each(function() hp.untrack() end)

  it("contradict neither themselves nor what lives", function()
    hp.track()
    local grown, line = {}, here()
    for i = 1, 10000 do grown[i] = i end
    assert.equal(10000, #grown)
    local row = row_at(hp.sites(), line)
    assert.is_true(row.size > 100000)
    assert.is_true(row.madesize >= row.size and row.peaksize >= row.size)
  end)

  it("are of one session", function()
    hp.track()
    local before = hp.sites()
    assert.equal(0, #before:diff(before))
    hp.untrack()
    hp.track { sample = 1000 }
    local ok, problem = pcall(function() local _ = hp.sites():diff(before) end)
    assert.is_false(ok)
    assert.truthy(problem:find("is of another hp.track()", 1, true))
    assert.truthy(problem:find("views_spec", 1, true))
  end)

  it("of one name show the calls that differ", function()
    local kept = {}
    local function make() kept[#kept + 1] = {} end
    local line = here() - 1
    local function one() make() make = make end
    local function two() make() make = make end
    hp.track { frames = 4 }
    one() two()
    local shown = {}
    for _, row in pairs(hp.sites()) do
      if row.name:find(":" .. line .. " ", 1, true) then shown[#shown + 1] = row.shown end
    end
    table.sort(shown)
    assert.equal(2, #shown)
    assert.truthy(shown[1]:find("< [^<]*views_spec.lua:" .. line + 2 .. " in"))
    assert.truthy(shown[2]:find("< [^<]*views_spec.lua:" .. line + 3 .. " in"))
    local text = tostring(hp.sites().all):gsub("\n +", " ")
    assert.truthy(text:find(shown[1], 1, true), text)
  end)
end)

describe("sites of one name", function()
  after_each(function() hp.untrack() end)

  -- What is shown, found the slow way: each call is counted with all those before it.
  local function naive(rows)
    local seen, first = {}, math.huge
    for _, row in ipairs(rows) do
      for k = 1, #row.traceback do
        local prefix = table.concat(row.traceback, "\n", 1, k)
        seen[prefix] = (seen[prefix] or 0) + 1
      end
    end
    for _, a in ipairs(rows) do
      for _, b in ipairs(rows) do
        local k = 1
        while a.traceback[k] and a.traceback[k] == b.traceback[k] do k = k + 1 end
        if a ~= b then first = math.min(first, k) end
      end
    end
    for _, row in ipairs(rows) do
      local shown = { row.name }
      if first > 2 and row.traceback[first] then shown[2] = "..." end
      for k = math.max(2, first), #row.traceback do
        shown[#shown + 1] = row.traceback[k]
        if seen[table.concat(row.traceback, "\n", 1, k)] == 1 then break end
      end
      assert.equal(table.concat(shown, " < "), row.shown)
    end
  end

  it("are told apart by their calls, as a comparison of each with each does", function()
    seeds.property(20, function(random)
      local kept, functions = {}, {}
      for i = 1, 5 do
        functions[i] = assert(load([[
          local functions, kept, random = ...
          return function(n)
            if n == 0 then kept[#kept + 1] = {} else functions[random(5)](n - 1) end
            return n
          end]], "=f" .. i))(functions, kept, random)
      end
      hp.track { frames = 8 }
      for _ = 1, 40 do functions[random(5)](random(10)) end
      local by_name = {}
      for _, row in pairs(hp.sites()) do
        by_name[row.name] = by_name[row.name] or {}
        table.insert(by_name[row.name], row)
      end
      local compared = 0
      for _, rows in pairs(by_name) do
        if #rows == 1 then
          assert.is_nil(rows[1].shown)
        else
          naive(rows)
          compared = compared + 1
        end
      end
      assert.is_true(compared > 0)
      hp.untrack()
    end)
  end)
end)

describe("sites by line", function()
  after_each(function() hp.untrack() end)

  it("are the sums of all calls, as tracking without callers has them", function()
    local kept = {}
    local function make(i) kept[#kept + 1] = { i } end
    local line = here() - 1
    local function one(i) make(i) make = make end
    local function two(i) make(i) make = make end
    local function work(from)
      for i = from, from + 99 do one(i) two(i) end
      for i = #kept, #kept - 49, -1 do kept[i] = nil end
      collectgarbage()
    end
    hp.track { frames = 4 }
    work(1)
    local before = hp.sites()
    work(101)
    local now = hp.sites()
    local split = 0
    for _, row in pairs(now) do split = split + (row.name:find(":" .. line .. " ") and 1 or 0) end
    assert.equal(4, split)
    for _, case in ipairs { { now.byline, 300, 400 }, { now:diff(before).byline, 150, 200 },
      { now.byline:diff(before.byline), 150, 200 } } do
      local sites, row = case[1], row_at(case[1], line)
      assert.same({ case[2], case[3], case[3] - case[2] }, { row.count, row.made, row.freed })
      assert.equal(case[2] * 72, row.size)
      assert.same({ row.name }, row.traceback)
      assert.is_nil(row.peak)
      assert.is_nil(row.shown)
      assert.is_nil(tostring(sites):find("Peak", 1, true))
    end
    assert.same({ now.count, now.size }, { now.byline.count, now.byline.size })
    assert.equal("heapy: bad argument #1 to 'diff' (both are to be by line, or neither)",
      support.message(function() now.byline:diff(before) end))
    assert.is_nil(tostring(now.byline:diff(now.byline)):find("views_spec", 1, true))
  end)
end)

describe("a sample", function()
  after_each(function() hp.untrack() end)

  it("has no peaks: the most of estimates is no estimate of the most", function()
    hp.track { sample = 64 }
    local kept = {}
    for i = 1, 1000 do kept[i] = {} end
    local sites = hp.sites()
    assert.equal(1000, #kept)
    for _, row in pairs(sites) do
      assert.is_nil(row.peak)
      assert.is_nil(row.peaksize)
    end
    assert.is_nil(tostring(sites):find("Peak", 1, true))
  end)

  it("knows how far its growth may be wrong #novalgrind", function()
    local function growth(seed)
      core.track(1, 4096, 0, seed)
      local kept, line = {}, nil
      local function make(i) kept[i] = { 1 } line = here() end
      for i = 1, 20000 do make(i) end
      local before = hp.sites()
      for i = 20001, 21000 do make(i) end
      local row = row_at(hp.sites():diff(before), line)
      hp.untrack()
      assert.equal(21000, #kept)
      return row and row.count or 0, row and row.error or 0, row and row.sizeerror or 0
    end
    local sum, squares, variance, n = 0, 0, 0, 40
    for seed = 1, n do
      local count, err = growth(seed * 7919)
      sum, squares, variance = sum + count, squares + (count - 1000) ^ 2, variance + err ^ 2
    end
    assert.is_true(math.abs(sum / n - 1000) < 4 * (variance / n / n) ^ 0.5, sum / n)
    local ratio = (variance / squares) ^ 0.5 -- of what it says to what it is
    assert.is_true(ratio > 0.6 and ratio < 1.7, ratio)
  end)

  it("knows what was there before", function()
    local old = {}
    for i = 1, 20000 do old[i] = { i } end
    local function before(sites)
      for _, row in pairs(sites) do if row.name == "(before tracking)" then return row end end
    end
    hp.track()
    local all = before(hp.sites())
    assert.is_true(all.count > #old)
    hp.untrack()
    hp.track { sample = 2048 }
    local some = before(hp.sites())
    assert.is_true(math.abs(some.count - all.count) < 5 * some.error, some.count)
    old = nil
    collectgarbage()
    local left = before(hp.sites())
    assert.is_true(left.count < some.count - 10000)
    assert.is_nil(old)
    assert.truthy(tostring(hp.sites()):find("sampled as they are made", 1, true))
  end)

  it("is said to be one where a Set is printed by site, and only there", function()
    local NOTE <const> = "Only a sample of objects was recorded, the others are (not recorded); "
      .. "hp.sites() has estimates."
    hp.track { sample = 2048 }
    local some <close> = hp.heap()
    hp.untrack()
    for _, field in ipairs { "bysite", "bytraceback", "byage" } do
      assert.truthy(tostring(some[field]):find("\n" .. NOTE, 1, true))
      assert.truthy(tostring(some[field].all):find("(not recorded)", 1, true))
    end
    hp.track()
    local all <close> = hp.heap()
    for _, set in ipairs { some, some.byid, all.bysite, all.bytraceback, all.byage } do
      assert.is_nil(tostring(set):find("sample", 1, true))
    end
  end)

  -- Objects at two lines: small ones in numbers, and larger ones.
  local function work(kept)
    for i = 1, 20000 do
      kept[i] = { i }
      kept[-i] = ("x"):rep(100) .. i
    end
    return here() - 3, here() - 3 + 1
  end

  it("estimates what tracking every object counts, within its own error #novalgrind", function()
    local function figures(options)
      core.track(1, options.sample or 0, 0, options.seed or 1)
      local kept = {}
      local first, second = work(kept)
      collectgarbage() -- the numbers' texts
      local sites = hp.sites()
      hp.untrack()
      return row_at(sites, first), row_at(sites, second)
    end
    local tables, strings = figures {}
    assert.equal(20000, tables.count)
    local sum, outside, n = 0, 0, 20
    for seed = 1, n do
      local some, others = figures { sample = 4096, seed = seed * 7919 }
      sum = sum + some.count
      if math.abs(some.count - tables.count) > 3 * some.error then outside = outside + 1 end
      if math.abs(others.size - strings.size) > 3 * others.sizeerror then outside = outside + 1 end
      assert.is_true(some.error > 0 and some.error < tables.count / 4)
    end
    assert.is_true(outside <= 2, "outside of three standard errors: " .. outside)
    assert.is_true(math.abs(sum / n / tables.count - 1) < 0.06, "biased: " .. sum / n)
  end)
end)
