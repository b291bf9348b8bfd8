-- The module: what it exports and says of itself, its options, and that it keeps its hands off
-- the program.

local hp = require "heapy"
local core = require "heapy.core"
local doc = require "heapy.doc"
local diff = require "heapy.diff"
local set = require "heapy.set"
local support = dofile "spec/lua/support.lua"

local message = support.message

-- The names of a section of the documentation that are fields.
local function documented(section)
  local names = {}
  for _, entry in ipairs(doc.sections[section]) do
    if entry[1]:find("^%l+$") and entry[1] ~= "pairs" then names[#names + 1] = entry[1] end
  end
  table.sort(names)
  return names
end

local function exported(...)
  local names = {}
  for _, each in ipairs { ... } do
    for name in pairs(each) do names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- What hp.help(...) prints.
local function printed(...)
  local before, text = _G.print, nil
  _G.print = function(value) text = value end
  local ok, problem = pcall(hp.help, ...)
  _G.print = before
  assert(ok, problem)
  return text
end

describe("the module", function()
  after_each(function()
    hp.setref(false)
    support.close()
  end)

  it("documents what it exports, and nothing else", function()
    assert.same(exported(hp), documented(1))
    assert.same(exported(set.fields, set.methods), documented(2))
    assert.same(exported(diff.fields), documented(3))
    assert.same(exported(diff.row_fields), documented(4))
    local monitored = exported((require "heapy.RM"))
    assert.equal("environment", table.remove(monitored, 1)) -- for heapy itself
    assert.same(monitored, documented(7))
  end)

  it("has types for what it documents", function()
    local file <close> = assert(io.open("lua/heapy/types.d.lua"))
    local types = file:read "a"
    for section, class in ipairs { "heapy", "heapy.Set", "heapy.Diff", "heapy.DiffRow" } do
      local head = "---@class " .. class .. "\n"
      local from = select(2, assert(types:find(head, 1, true))) + 1
      local body = types:sub(from, (types:find("---@class", from, true)))
      for _, name in ipairs(documented(section)) do
        assert(body:find("@field " .. name .. " ", 1, true)
          or types:find("function heapy." .. name .. "(", 1, true)
          or types:find("function Set:" .. name .. "(", 1, true), class .. "." .. name)
      end
    end
  end)

  it("has lines of help that fit a terminal", function()
    for line in (printed() .. "\n"):gmatch("(.-)\n") do
      assert(#line <= 100, line)
      assert(not line:find("%s$"), line)
    end
    for _, section in ipairs(doc.sections) do
      for _, entry in ipairs(section) do
        for line in (printed(entry[1]) .. "\n"):gmatch("(.-)\n") do assert(#line <= 100, line) end
      end
    end
  end)

  it("helps", function()
    assert.equal(tostring(hp.doc), printed())
    assert.equal("set.referents  the objects that any of the Set refers to", printed "referents")
    assert.equal(printed "referrers", printed "set.referrers")
    assert.equal(printed "rows", printed "set:rows")
    for _, name in ipairs { "hp.heap", "heap{}", "heap()", "hp.heap{collect = false}" } do
      assert.equal(hp.doc.heap, printed(name))
    end
    for _, name in ipairs { "Set", "Diff", "row of a Diff", "Sites", "Timeline", "RM" } do
      local section = printed(name)
      assert.truthy(section:find("^An? " .. name .. "\n") or section:find("^" .. name .. "%f[%W]"))
      assert.truthy(printed():find("\n\n" .. section, 1, true))
    end
    assert.equal("a - b  the objects of a that are not in b; also across snapshots", printed "-")
    assert.equal(2, select(2, printed("iso"):gsub("iso%(v, ...%)", "")))
    for _, section in ipairs(require("heapy.doc").sections) do
      for _, entry in ipairs(section) do -- every form that it prints itself
        assert.truthy(printed(entry[2]):find(entry[2], 1, true), entry[2])
      end
    end
    assert.equal("heapy: no field 'referers' in heapy's help; did you mean 'referrers'?",
      message(function() hp.help "referers" end))
    assert.equal("heapy: bad argument #1 to 'help' (string expected, got table)",
      message(function() hp.help {} end))
    assert.equal("heapy: no field 'heep' in heapy.doc; did you mean 'heap'?",
      message(function() local _ = hp.doc.heep end))
    assert.equal("heapy: cannot assign to field 'heap' of heapy.doc",
      message(function() hp.doc.heap = 1 end))
  end)

  it("is not changed", function()
    for _, name in ipairs { "heap", "x" } do
      assert.equal(("heapy: cannot assign to field '%s' of heapy"):format(name),
        message(function() hp[name] = 1 end))
    end
    assert.equal("heapy: no field 'heep' in heapy; did you mean 'heap'?",
      message(function() local _ = hp.heep end))
    assert.equal("heapy: what is in the memory of this Lua state. "
      .. "Type hp.help() for what there is.", tostring(hp))
  end)

  it("makes no globals", function()
    local before = {}
    for name in pairs(_G) do before[name] = true end
    for name in pairs(package.loaded) do
      if name:find "^heapy" and name ~= "heapy.core" then
        local path = assert(package.searchpath(name, package.path))
        assert(loadfile(path))(name, path)
      end
    end
    for name in pairs(_G) do assert(before[name], name) end
  end)

  describe("heap", function()
    it("has options", function()
      local heap <close> = hp.heap { collect = true }
      assert.is_true(heap.count > 0)
      for _, case in ipairs {
        { 3, "bad argument #1 to 'heap' (table expected, got number)" },
        { heap, "bad argument #1 to 'heap' (table expected, got Set)" },
        { { colect = true }, "unknown option 'colect' to 'heap'; did you mean 'collect'?" },
        { { true }, "unknown option of type number to 'heap'" },
        { { collect = 1 }, "bad option 'collect' to 'heap' (boolean expected, got number)" },
      } do
        assert.equal("heapy: " .. case[2], message(function() hp.heap(case[1]) end))
      end
    end)

    it("has none for garbage", function()
      assert.equal("heapy: unknown option 'collect' to 'heapu'",
        message(function() hp.heapu { collect = true } end))
    end)

    it("collects only where it is told to", function()
      collectgarbage()
      collectgarbage "stop"
      local finalized = false
      setmetatable({}, { __gc = function() finalized = true end })
      hp.heap():close()
      local before = finalized
      hp.heap({ collect = true }):close()
      collectgarbage "restart"
      assert.is_false(before)
      assert.is_true(finalized)
    end)

    it("holds the program's objects", function()
      local t = {}
      local heap <close> = hp.heap()
      assert.is_true(heap:has(t))
      assert.is_true(heap:has(_G))
    end)
  end)

  it("finds garbage in heapu", function()
    collectgarbage()
    collectgarbage "stop"
    for _ = 1, 100 do support.instances("app.Garbage", 1) end
    local garbage <close> = hp.heapu()
    collectgarbage "restart"
    assert.equal(100, garbage:where { kind = "app.Garbage" }.count)
  end)

  describe("iso", function()
    it("is exactly the values", function()
      local a, b = {}, {}
      local both = support.set { a, b, a }
      assert.equal(2, both.count)
      assert.is_true(both:has(a) and both:has(b))
      assert.is_false(both:has(_G))
    end)

    it("refuses what is no object", function()
      assert.equal("heapy: bad argument #1 to 'iso' (value expected, got no value)",
        message(function() hp.iso() end))
      assert.truthy(message(function() hp.iso({}, 42) end)
        :find("^heapy: bad argument #2 to 'iso' %(.+%)$"))
      assert.truthy(message(function() hp.iso(nil) end)
        :find("^heapy: bad argument #1 to 'iso' %(.+%)$"))
      assert.equal("heapy: bad argument #1 to 'iso' (a value of the program expected, got heapy "
        .. "itself; 'iso' is called as hp.iso(v, ...))", message(function() hp:iso({}) end))
    end)
  end)

  describe("setref", function()
    it("hides what was born before, until it is taken back", function()
      local old = support.instances("app.Old", 3)
      hp.setref()
      local new = support.instances("app.New", 4)
      local since <close> = hp.heap()
      assert.is_false((since:has(old[1])))
      assert.equal(4, since:where { kind = "app.New" }.count)
      assert.equal(0, since:where { kind = "app.Old" }.count)
      hp.setref(false)
      local all <close> = hp.heap()
      assert.is_true(all:has(old[1]) and all:has(new[1]))
    end)

    it("does not hide anything from iso", function()
      local old = {}
      hp.setref()
      assert.equal(1, support.set({ old }).count)
    end)

    it("refuses arguments that mean nothing", function()
      assert.equal("heapy: bad argument #1 to 'setref' (boolean or nothing expected, got table)",
        message(function() hp.setref {} end))
    end)
  end)

  describe("keeps its hands off:", function()
    local function forbidden() error "a metamethod of the program was run" end

    local evil = {}
    for event in ("__index __newindex __call __tostring __len __eq __lt __le __concat __unm __add "
      .. "__sub __bor __band __bxor __pairs __close"):gmatch "%S+" do
      evil[event] = forbidden
    end
    evil.__name = "app.Evil"

    it("no metamethod of an object runs", function()
      local a, b = setmetatable({}, evil), setmetatable({}, evil)
      local s = support.set { a, b }
      assert.equal("app.Evil", s.kind)
      assert.equal(2, s:where { kind = "app.Evil" }.count)
      assert.truthy(tostring(s.byid):find("<app.Evil>", 1, true))
      assert.is_true(s:has(a))
      assert.is_true(s:iso(b) < s)
      assert.equal(2, #s:objects())
      assert.is_true(rawequal(s:iso(a).theone, a))
      assert.equal("heapy: bad argument #1 to 'diff' (Set expected, got table)",
        message(function() s:diff(a) end))
      assert.equal("heapy: no field of type table in a heapy.Set",
        message(function() local _ = s[a] end))
    end)

    it("no metamethod of a metatable runs", function()
      local object = setmetatable({}, setmetatable({ __name = "app.Meta" }, evil))
      local s = support.set { object }
      assert.equal("app.Meta", s.kind)
      assert.equal("heapy: bad argument #1 to 'diff' (Set expected, got table)",
        message(function() s:diff(object) end))
    end)

    it("options and criteria are read as they are", function()
      hp.heap(setmetatable({ collect = false }, evil)):close()
      local s = support.set { {} }
      assert.equal(1, s:where(setmetatable({ type = setmetatable({ "table" }, evil) }, evil)).count)
    end)

    it("strings may have another metatable", function()
      local strings = getmetatable ""
      local index, s = strings.__index, support.set { "spec string", {} }
      strings.__index = forbidden
      local ok, problem = pcall(function()
        return tostring(s) .. tostring(s.byid) .. tostring(s:diff(s)) .. tostring(hp.doc)
          .. tostring(s:where { type = "string" }) .. tostring(s.accounting)
      end)
      strings.__index = index
      assert(ok, problem)
    end)
  end)

  it("hides what it is made of", function()
    local s = support.set(support.classes(12))
    local made = { s.more, s.all, s:diff(s - s), s:diff(s - s)[0], s.accounting, s.diff }
    local heap <close> = hp.heap()
    local function hidden(value)
      local one = core.iso(heap, value)
      return not core.compare("<=", one, heap)
    end
    for i = 1, #made do assert(hidden(made[i]), "number " .. i) end
    for name in pairs(package.loaded) do
      if name:find "^heapy" then assert(hidden(package.loaded[name]), name) end
    end
    for kind in pairs { heapy = 1, ["heapy.Set"] = 1, ["heapy.View"] = 1, ["heapy.Diff"] = 1 } do
      assert.equal(0, heap:where { kind = kind }.count, kind)
    end
  end)
end)
