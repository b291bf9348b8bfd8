-- Every classifier on small heaps, against what can be worked out by hand.

local hp = require "heapy"
local name_of = dofile "spec/graph/name.lua"
local support = dofile "spec/kinds/support.lua"
local run = support.run

after_each(support.unload)

-- The rows of a set: name -> count, and the set's sizes by name.
local function rows(set)
  local counts = {}
  for _, row in pairs(set) do
    assert.is_nil(counts[name_of(row)], "two rows of one name")
    counts[name_of(row)] = row.count
  end
  return counts
end

describe("bytype", function()
  it("tells the types apart", function()
    local function f() return hp end
    local t, c = {}, string.gmatch("", "")
    local h <close> = hp.heap()
    local set = h:iso(t, f, "a string of the spec", io.stdout, (coroutine.running()), c)
      | h:iso(f).referents
    assert.same({ table = 1, ["function"] = 1, string = 1, userdata = 1, thread = 1,
      ["C function"] = 1, prototype = 1, upvalue = 1 }, rows(set.bytype))
    assert.equal("Type", tostring(set.bytype):match "%% (%u%a+)\n")
  end)
end)

describe("bysize", function()
  it("has the bytes for names, and each row's size is their sum", function()
    local empty = hp.iso({}).size
    local texts = {}
    for i = 1, 30 do texts[i] = ("%02d"):format(i) .. ("s"):rep(48) end
    local a, b, c = {}, {}, {}
    local h <close> = hp.heap()
    local set = h:iso(a, b, c, table.unpack(texts))
    local one = h:iso(texts[1]).size
    assert.same({ [tostring(empty)] = 3, [tostring(one)] = 30 }, rows(set.bysize))
    for _, row in pairs(set.bysize) do
      assert.equal(row.count * math.tointeger(name_of(row)), row.size)
    end
  end)

  it("has a row for each large size", function()
    local a, b, c = ("a"):rep(70000), ("b"):rep(70001), ("c"):rep(70000)
    local h <close> = hp.heap()
    local set = h:iso(a, b, c)
    assert.equal(70001, h:iso(b).size - (h:iso(a).size - 70000))
    assert.same({ [tostring(h:iso(a).size)] = 2, [tostring(h:iso(b).size)] = 1 },
      rows(set.bysize))
  end)
end)

describe("bysource", function()
  local CHUNK = [[
    local function f() return 1 end
    local function g()
      return f
    end
    return f, g]]

  it("has functions and prototypes by file and line", function()
    local f, g = run("dir/file.lua", CHUNK)
    local again, t = run("dir/file.lua", CHUNK), {}
    local h <close> = hp.heap()
    local set = h:iso(f, g, again, t)
    assert.same({ ["dir/file.lua:1"] = 2, ["dir/file.lua:2"] = 1, ["(no source)"] = 1 },
      rows(set.bysource))
    local prototypes = h:iso(f, g, again).referents:where { type = "prototype" }
    assert.same({ ["dir/file.lua:1"] = 2, ["dir/file.lua:2"] = 1 }, rows(prototypes.bysource))
  end)

  local function place(text, name, mode)
    local f = assert(load(text, name, mode))
    local h <close> = hp.heap()
    return name_of(h:iso(f).bysource)
  end

  it("calls main chunks so", function()
    assert.equal("file.lua (main chunk)", place("return 1", "@file.lua"))
    assert.equal("stdin (main chunk)", place("return 1", "=stdin"))
    assert.equal("@ (main chunk)", place("return 1", "=@"))
  end)

  it("shows the first line of chunks given as text", function()
    assert.equal('[string "return 1"] (main chunk)', place("return 1", "return 1"))
    assert.equal('[string "return 1..."] (main chunk)', place("return 1", "return 1\nnext line"))
    assert.equal('[string ""] (main chunk)', place("return 1", ""))
  end)

  it("cuts the text of a chunk where Lua does", function()
    for n = 40, 50 do
      for _, name in ipairs { ("x"):rep(n), ("x"):rep(n) .. "\n", ("x"):rep(n) .. "\ny" } do
        local lua = debug.getinfo(load("return 1", name), "S").short_src
        assert.equal(lua .. " (main chunk)", place("return 1", name))
      end
    end
  end)

  it("keeps the end of a file's name", function()
    local long = ("dir/"):rep(300)
    assert.equal(("dir/"):rep(50) .. "file.lua (main chunk)",
      place("return 1", "@" .. ("dir/"):rep(50) .. "file.lua"))
    assert.equal("..." .. (long .. "file.lua"):sub(-250) .. " (main chunk)",
      place("return 1", "@" .. long .. "file.lua"))
    assert.equal("..." .. (("dir/"):rep(100) .. "file.lua"):sub(-250) .. " (main chunk)",
      place("return 1", "@" .. ("dir/"):rep(100) .. "file.lua"))
    local name = "@" .. long .. "file.lua"
    local loaded <const> = { [name] = load("return 1", name) } -- a key as well
    local h <close> = hp.heap()
    assert.equal("..." .. (long .. "file.lua"):sub(-250) .. " (main chunk)",
      name_of(h:iso(loaded[name]).bysource))
    assert.equal(name:sub(1, 512), h:iso(name).text)
  end)

  it("has a mark for stripped functions", function()
    local text = "local function f() end\n\nlocal function g() end return f, g"
    local stripped = string.dump(assert(load(text, "@secret.lua")), true)
    assert.matches("^[?=]", (place(stripped, "ignored", "b")))
    local f, g = load(stripped, "ignored", "b")()
    local h <close> = hp.heap()
    local set = h:iso(f, g)
    for _, row in pairs(set.bysource) do assert.is_nil(name_of(row):find "secret") end
    assert.equal(2, set.count)
  end)

  it("knows a set of one by source and line", function()
    local _, g = run("dir/file.lua", CHUNK)
    local h <close> = hp.heap()
    assert.equal("dir/file.lua", h:iso(g).source)
    assert.equal(2, h:iso(g).line)
  end)
end)

describe("bymodule", function()
  local CHUNK = [[
    local M = {}
    M.Marker = {}
    M.Marker.__index = M.Marker
    function M.Marker.new() return setmetatable({ items = {} }, M.Marker) end
    function M.make() return function() return M end end
    return M
  ]]

  it("has code by the module whose chunk wrote it", function()
    local made = support.module("spec_module", CHUNK)
    local closure, marker = made.make(), made.Marker.new()
    local other, t = run("other/file.lua", "return function() end"), {}
    local h <close> = hp.heap()
    local set = h:iso(made, made.make, closure, made.Marker, made.Marker.new, marker,
      marker.items, other, t, "a string of the spec")
    assert.same({ spec_module = 7, ["other/file.lua"] = 1, ["(no module)"] = 2 },
      rows(set.bymodule))
  end)

  it("has a module's prototypes with its functions", function()
    local made = support.module("spec_module", CHUNK)
    local h <close> = hp.heap()
    local prototype = h:iso(made.make).referents:where { type = "prototype" }
    assert.same({ spec_module = 1 }, rows(prototype.bymodule))
  end)
end)

describe("byrcs", function()
  it("has the kinds of all referrers in one name", function()
    local function class(name, t) return setmetatable(t, { __name = name }) end
    local a, b, c, lone = {}, {}, {}, coroutine.create(function() end)
    local holder = { class("A", { a, b }), class("B", { b, c, c }), class("A", { c, 1 }) }
    local h <close> = hp.heap()
    local set = h:iso(holder[1][1], holder[2][1], holder[2][2], lone)
    local function only(name) return (name:gsub(", thread", ""):gsub(", upvalue", "")) end
    local counts = {}
    for _, row in pairs(set.byrcs) do counts[only(name_of(row))] = row.count end
    assert.same({ A = 1, ["A, B"] = 2, thread = 1 }, counts)
  end)

  it("has a name for what nothing refers to: some of the roots", function()
    local h <close> = hp.heap()
    local nothing = h:where { rcs = "<Nothing>" }
    assert.is_true(nothing.count > 0)
    assert.equal(0, nothing.referrers.count)
    assert.equal(0, (nothing & h.referents).count)
    assert.equal(h, nothing | h.referents)
  end)

  it("agrees with referrers", function()
    local h <close> = hp.heap()
    local seen = 0
    for _, row in pairs(h.byrcs) do
      local some = row.byid
      for i = 0, math.min(2, #some - 1) do
        local kinds = {}
        for _, referrer in pairs(some[i].referrers.bykind) do kinds[#kinds + 1] = referrer.kind end
        table.sort(kinds)
        local name = #kinds == 0 and "<Nothing>" or table.concat(kinds, ", ")
        if #name < 500 then assert.equal(name, name_of(row)) end
        seen = seen + 1
      end
    end
    assert.is_true(seen > 50)
  end)
end)

describe("byvia", function()
  it("has the edges of all referrers in one name", function()
    local a, b, c = {}, {}, {}
    local holder = { { a, x = b }, { x = c }, { y = c } }
    local h <close> = hp.heap()
    local counts = {}
    for _, row in pairs(h:iso(holder[1][1], holder[1].x, holder[2].x).byvia) do
      counts[name_of(row)] = row.count
    end
    assert.same({ ["[1], local a"] = 1, [".x, local b"] = 1, [".x, .y, local c"] = 1 }, counts)
  end)

  it("names the roots", function()
    local registry = debug.getregistry()
    local h <close> = hp.heap()
    assert.matches("registry", name_of(h:iso(registry).byvia))
    assert.matches("main thread", name_of(h:iso(registry[1]).byvia))
    assert.matches("metatable of string", name_of(h:iso(debug.getmetatable("")).byvia))
  end)

  it("leaves nothing out that is reachable", function()
    local h <close> = hp.heap()
    local nothing = h:where { via = "<Nothing>" }
    assert.equal(0, nothing.count)
  end)
end)

describe("byid", function()
  it("has each object by itself, the largest first", function()
    local values = { ("x"):rep(200), ("y"):rep(100), {}, ("z"):rep(300) }
    local h <close> = hp.heap()
    local set = h:iso(table.unpack(values)).byid
    assert.equal(4, #set)
    local sizes = {}
    for i, row in pairs(set) do
      assert.equal(1, row.count)
      sizes[i + 1] = row.size
    end
    for i = 2, 4 do assert.is_true(sizes[i - 1] >= sizes[i]) end
    assert.equal(values[4], set[0].theone)
    assert.equal(values[3], set[3].theone)
  end)

  it("has objects of one size in the order of what is shown, page by page", function()
    local texts = {}
    for i = 1, 100 do texts[i] = ("%03d"):format(i * 37 % 100) end
    local h <close> = hp.heap()
    local set = h:iso(table.unpack(texts)).byid
    local page, seen = set, {}
    for left = 90, 0, -10 do
      local text = tostring(page)
      for value in text:gmatch '"(%d+)"' do seen[#seen + 1] = value end
      assert.equal(left > 0 and tostring(left) or nil, text:match "<(%d+) more rows")
      page = page.more
    end
    table.sort(texts)
    assert.same(texts, seen)
    for i, row in pairs(set) do assert.equal(texts[i + 1], row.text) end
  end)

  it("has objects of several kinds and one size by kind", function()
    local empty = hp.iso({}).size
    local values = {}
    for i = 1, 20 do
      values[i] = i % 2 == 0 and setmetatable({}, { __name = "Zq" }) or
        ("%02d"):format(i):rep((empty - 25) // 2 + 1):sub(1, empty - 25)
    end
    local h <close> = hp.heap()
    local set, last = h:iso(table.unpack(values)).byid, ""
    for _, row in pairs(set) do
      assert.equal(empty, row.size)
      local shown = row.kind .. (row.text or ("%016x"):format(row.address))
      assert.is_true(last < shown)
      last = shown
    end
  end)
end)

describe("byunity", function()
  it("has everything in one row", function()
    local h <close> = hp.heap()
    assert.equal(1, #h.byunity)
    assert.equal("<Anything>", name_of(h.byunity))
    assert.equal(h, h.byunity[0])
    assert.equal(h.size, h.byunity[0].size)
  end)
end)
