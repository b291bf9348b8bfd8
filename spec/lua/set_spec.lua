-- Sets: what they print, their rows, and algebra.

local hp = require "heapy"
local support = dofile "spec/lua/support.lua"

local plain = support.plain
local T = support.table_size

local HEADER = " Index  Count   %     Size   % Cumulative  % Kind (class / table of class)"

describe("a set", function()
  local objects, h

  before_each(function()
    objects = support.classes(12)
    h = support.set(objects)
  end)

  after_each(support.close)

  it("knows its count, its size and its rows", function()
    assert.equal(78, h.count)
    assert.equal(78 * T, h.size)
    assert.equal(12, #h)
  end)

  describe("printed", function()
    -- The rows of classes K<first> down to K<last>, of n classes in all.
    local function rows(n, first, last)
      local total, cumulative, lines = n * (n + 1) // 2, 0, {}
      for k = n, last, -1 do
        cumulative = cumulative + k
        local share, sum = k * 100 / total, cumulative * 100 / total
        if k <= first then
          lines[#lines + 1] = ("%6d %6d %3.0f %8d %3.0f %9d %3.0f app.K%02d"):format(n - k, k,
            share, k * T, share, cumulative * T, sum, k)
        end
      end
      return table.concat(lines, "\n")
    end

    local function label(count)
      return ("Partition of a set of %d objects. Total size = %d bytes."):format(count, count * T)
    end

    it("shows ten rows and says how many more there are", function()
      assert.equal(table.concat({ label(78), HEADER, rows(12, 12, 3),
        "<2 more rows. Type e.g. 'h.more' to view.>" }, "\n"), tostring(h))
    end)

    it("shows the rest with more, and nothing after that", function()
      assert.equal(HEADER .. "\n" .. rows(12, 2, 1), tostring(h.more))
      assert.equal("", tostring(h.more.more))
      assert.equal("", tostring(h.more.more.more))
    end)

    it("shows everything with all", function()
      local all = table.concat({ label(78), HEADER, rows(12, 12, 1) }, "\n")
      assert.equal(all, tostring(h.all))
      assert.equal(all, tostring(h.more.all))
      assert.equal("", tostring(h.all.more))
    end)

    it("shows ten rows of ten", function()
      local ten = support.set(support.classes(10))
      assert.equal(table.concat({ label(55), HEADER, rows(10, 10, 1) }, "\n"), tostring(ten))
      assert.equal("", tostring(ten.more))
    end)

    it("shows eleven rows of eleven", function()
      local eleven = support.set(support.classes(11))
      assert.equal(table.concat({ label(66), HEADER, rows(11, 11, 1) }, "\n"), tostring(eleven))
      assert.equal("", tostring(eleven.more))
    end)

    it("goes on by ten, and by eleven at the end", function()
      local many = support.set(support.classes(32))
      assert.equal(HEADER .. "\n" .. rows(32, 22, 13) .. "\n"
        .. "<12 more rows. Type e.g. 'h.more' to view.>", tostring(many.more))
      assert.equal(HEADER .. "\n" .. rows(32, 12, 3) .. "\n"
        .. "<2 more rows. Type e.g. 'h.more' to view.>", tostring(many.more.more))
      local fewer = support.set(support.classes(31))
      assert.equal(HEADER .. "\n" .. rows(31, 11, 1), tostring(fewer.more.more))
    end)

    it("shows a row taken by index as a set of its own", function()
      assert.equal(([[
Partition of a set of 11 objects. Total size = %d bytes.
 Index  Count   %%     Size   %% Cumulative  %% Kind (class / table of class)
     0     11 100 %8d 100 %9d 100 app.K11]]):format(11 * T, 11 * T, 11 * T), tostring(h[1]))
    end)

    it("says object where there is one", function()
      assert.equal(([[
Partition of a set of 1 object. Total size = %d bytes.
 Index  Count   %%     Size   %% Cumulative  %% Kind (class / table of class)
     0      1 100 %8d 100 %9d 100 app.K01]]):format(T, T, T), tostring(h[-1]))
    end)

    it("is one line where it is empty", function()
      local empty = "Partition of a set of 0 objects. Total size = 0 bytes."
      assert.equal(empty, tostring(h - h))
      assert.equal(empty, tostring((h - h).byid))
      assert.equal(empty, tostring((h - h).all))
      assert.equal("", tostring((h - h).more))
    end)

    it("wraps long names under their column", function()
      local name = "syncdaemon.a_rather_long_module_name.Class"
      local long = support.set(support.instances(name .. ", " .. name, 1))
      local line = tostring(long):match("[^\n]+\n[^\n]+$")
      assert.equal(("     0      1 100 %8d 100 %9d 100 %s,\n%s%s"):format(T, T, name, (" "):rep(45),
        name), line)
    end)

    it("escapes names", function()
      local evil = support.set(support.instances("x\27[2J\ny\xFF", 1))
      assert.equal("x\\x1B[2J\\ny\\xFF", tostring(evil):match("100 (x.*)$"))
      assert.equal("x\27[2J\ny\xFF", evil.kind)
    end)
  end)

  describe("by another classifier", function()
    it("has its heading and the same objects", function()
      for field, heading in pairs {
        bykind = "Kind (class / table of class)", bytype = "Type", bysize = "Individual Size",
        bysource = "Source (file:line)", bymodule = "Module", byvia = "Referred Via:",
        byunity = "<unclassified>",
      } do
        local set = h[field]
        assert.equal(" Index  Count   %     Size   % Cumulative  % " .. heading,
          tostring(set):match("\n([^\n]*)"))
        assert.equal(78, set.count)
        assert.is_true(set == h)
      end
      assert.equal(" Index  Count   %     Size   % Cumulative  % "
        .. "Referrers by Kind (class / table of class)", tostring(h.byrcs):match("\n([^\n]*)"))
    end)

    it("keeps it when rows are taken", function()
      assert.equal(([[
Partition of a set of 78 objects. Total size = %d bytes.
 Index  Count   %%     Size   %% Cumulative  %% Type
     0     78 100 %8d 100 %9d 100 table]]):format(78 * T, 78 * T, 78 * T), tostring(h.bytype[0]))
      assert.truthy(tostring(h.bytype:rows(0, 0)):find("%% Type\n"))
      assert.truthy(tostring(h.bytype:where { size = T }):find("%% Type\n"))
    end)

    it("falls back to the kind after algebra and steps along edges", function()
      local t = h.bytype
      for _, set in ipairs { t | t, t & t, t - h[0], t ~ h[0], t.referrers, t[0].referrers } do
        assert.truthy(tostring(set):find(HEADER, 1, true))
      end
    end)

    it("names its only row", function()
      assert.equal("table", h.bytype[0].kind)
      assert.equal(tostring(T), h.bysize[0].kind)
      assert.equal("<Anything>", h.byunity.kind)
      assert.equal("app.K12", h[0].kind)
      assert.equal("app.K12", h[0].byid.kind)
      assert.is_nil(h.kind)
      assert.is_nil((h - h).kind)
      assert.equal("table", h.type)
    end)
  end)

  describe("by identity", function()
    it("shows addresses, of the kind if there is one", function()
      local two = h[10].byid
      assert.equal(([[
Set of 2 <app.K02> objects. Total size = %d bytes.
 Index     Size   %%   Cumulative  %%   Address
     0 %8d  50.0 %9d  50.0 <address>
     1 %8d  50.0 %9d 100.0 <address>]]):format(2 * T, T, T, T, 2 * T), plain(two))
      assert.equal(("Set of 1 <app.K02> object. Total size = %d bytes."):format(T),
        tostring(two[0]):match("[^\n]+"))
    end)

    it("prints the address that Lua prints", function()
      local t = {}
      local address = ("%p"):format(t)
      local set = support.set { t }
      assert.equal(tonumber(address), set.address)
      assert.equal(address, tostring(set.byid):match("0x%x+"))
    end)

    it("shows strings by value", function()
      local escape, long = "spec \"one\"\n\27", ("spec two "):rep(100)
      local set = support.set { escape, long }
      local lines = {}
      for line in tostring(set.byid):gmatch("[^\n]+") do lines[#lines + 1] = line end
      assert.equal("Set of 2 <string> objects. Total size = " .. set.size .. " bytes.", lines[1])
      assert.equal(" Index     Size   %   Cumulative  %   Value", lines[2])
      assert.equal('"' .. long:sub(1, 40) .. '"... (900 bytes)', lines[3]:match('".*$'))
      assert.equal([["spec \"one\"\n\x1B"]], lines[4]:match('".*$'))
    end)

    it("shows functions by source and line", function()
      local function f() return f end
      local line = debug.getinfo(f, "S").linedefined
      local set = support.set { f }
      assert.equal(" Index     Size   %   Cumulative  %   Source:Line at Address",
        tostring(set.byid):match("\n([^\n]*)"))
      assert.equal(("set_spec.lua:%d at <address>"):format(line),
        plain(set.byid):match("set_spec.*"))
    end)

    it("says of each what it is where they are mixed", function()
      local set = support.set { support.instances("app.A", 1)[1], "spec short" }
      assert.equal(([[
Set of 2 <mixed> objects. Total size = %d bytes.
 Index     Size   %%   Cumulative  %%   Brief]]):format(set.size),
        tostring(set.byid):match("^.-Brief"))
      assert.truthy(plain(set.byid):find(" app.A: <address>\n", 1, true))
      assert.truthy(plain(set.byid):find(' string: "spec short"', 1, true))
    end)

    it("has pages", function()
      local page = plain(h.byid.more)
      assert.equal(" Index     Size   %   Cumulative  %   Brief", page:match("[^\n]+"))
      assert.equal("    10", page:match("\n(%s*%d+)"))
      assert.equal("<58 more rows. Type e.g. 'h.more' to view.>", page:match("[^\n]+$"))
    end)
  end)

  describe("has rows", function()
    it("by index, from 0 or from the end", function()
      assert.equal("app.K12", h[0].kind)
      assert.equal("app.K01", h[11].kind)
      assert.equal("app.K01", h[-1].kind)
      assert.equal("app.K12", h[-12].kind)
      assert.equal("app.K11", h[1.0].kind)
    end)

    it("in order, with pairs", function()
      local seen = {}
      for i, row in pairs(h) do seen[#seen + 1] = i .. row.kind end
      assert.equal(12, #seen)
      assert.equal("0app.K12", seen[1])
      assert.equal("11app.K01", seen[12])
    end)

    it("by ranges, both ends included", function()
      assert.equal(12 + 11, h:rows(0, 1).count)
      assert.equal(1 + 2, h:rows(-2, -1).count)
      assert.equal(78, h:rows(0).count)
      assert.equal(11, h:rows(1, 1).count)
      assert.equal(0, h:rows(3, 2).count)
    end)
  end)

  describe("in algebra", function()
    local a, b

    before_each(function() a, b = h:rows(0, 3), h:rows(2, 5) end)

    it("is joined, met, taken away and exclusive", function()
      assert.equal(h:rows(0, 5).count, (a | b).count)
      assert.is_true(h:rows(2, 3) == (a & b))
      assert.is_true(h:rows(0, 1) == a - b)
      assert.is_true((h:rows(0, 1) | h:rows(4, 5)) == a ~ b)
    end)

    it("is compared", function()
      assert.is_true(h[0] <= a and h[0] < a and a >= h[0] and a > h[0])
      assert.is_true(a <= a)
      assert.is_false(a < a)
      assert.is_false(a <= b)
      assert.is_false(a == b)
      assert.is_true(a ~= b)
    end)

    it("knows its members", function()
      assert.is_true(h:has(objects[1]))
      assert.is_false(a:has(objects[1]))
      assert.is_false(h:has(objects))
      local known, reason = h:has({})
      assert.is_false(known)
      assert.equal("string", type(reason))
      assert.is_false((h:has(42)))
    end)

    it("holds for the same objects in two snapshots", function()
      local again = support.set(objects)
      assert.is_true(again == h)
      assert.equal(0, (again - h).count)
      assert.equal(78, (again & h).count)
    end)

    it("joins sets of two snapshots", function()
      local newer = {}
      local later = support.set { newer, objects[1] }
      assert.equal(79, (h | later).count)
      assert.equal(79, (later | h).count)
      assert.equal(78, (h ~ later).count)
      objects[1] = nil
      collectgarbage()
      local without = support.set { newer, objects[2] }
      assert.equal(79, (h | without).count)
      assert.equal(78, (h ~ without).count)
    end)

    it("is unequal to what is no set", function()
      assert.is_false(h == io.stdout)
      assert.is_false(io.stdout == h)
    end)
  end)

  describe("goes along edges", function()
    it("to referrers and referents", function()
      local leaf = { }
      local holder = setmetatable({ leaf = leaf }, { __name = "app.Holder" })
      local set = support.set { leaf, holder }
      local leaves = set:iso(leaf)
      assert.is_true(leaves.referrers >= set:iso(holder))
      assert.is_true(set:iso(holder).referents >= leaves)
      assert.equal("table of app.Holder", leaves.kind)
    end)
  end)

  describe("of one object", function()
    it("gives it", function()
      local t = {}
      local one = support.set { t }
      assert.equal(t, one.theone)
      assert.is_nil(one.why)
    end)

    it("has its text, source and line where they apply", function()
      local text = support.set { "spec text" }
      assert.equal("spec text", text.text)
      assert.equal(9, text.length)
      assert.is_nil(text.source)
      local f = load("\n\nreturn function() end", "@some.lua")()
      local chunk = support.set { f }
      assert.equal("some.lua", chunk.source)
      assert.equal(3, chunk.line)
      assert.is_nil(chunk.text)
    end)
  end)

  it("gives its objects", function()
    local values = h[10]:objects()
    assert.equal(2, #values)
    assert.equal("app.K02", getmetatable(values[1]).__name)
    assert.same({}, (h - h):objects())
  end)

  it("gives a reason instead of objects that Lua never sees", function()
    local heap <close> = hp.heap()
    local prototypes = heap:where { type = "prototype" }
    assert.is_true(prototypes.count > 0)
    local values, reason = prototypes:objects()
    assert.is_nil(values)
    assert.equal("string", type(reason))
    local one = prototypes.byid[0]
    assert.is_nil(one.theone)
    assert.equal("string", type(one.why))
  end)

  it("accounts for the whole snapshot", function()
    local accounting = h.accounting
    assert.equal(0, accounting.difference)
    assert.equal(accounting.count, accounting.reachable + accounting.unreachable + accounting.heapy
      + accounting.vm)
    assert.equal("Accounting of the VM's memory, in bytes.", tostring(accounting):match("[^\n]+"))
    assert.equal(("  reachable   %14d"):format(accounting.reachable),
      tostring(accounting):match("\n([^\n]+)"))
  end)

  describe("closed", function()
    before_each(function() h:close() end)

    it("says so, and stays closed", function()
      assert.equal("heapy.Set (closed)", tostring(h))
      h:close()
      assert.equal("heapy.Set (closed)", tostring(h))
    end)

    it("refuses everything else", function()
      for _, f in ipairs {
        function() local _ = h.count end, function() local _ = h[0] end,
        function() local _ = #h end, function() pairs(h) end,
        function() h:has {} end, function() h:rows(0) end,
        function() local _ = h | h end, function() local _ = h.more end,
        function() local _ = h < h end,
      } do
        assert.equal("heapy: this set is closed", support.message(f))
      end
      local other = support.set { {} }
      assert.equal("heapy: bad argument #1 to 'diff' (this set is closed)",
        support.message(function() other:diff(h) end))
      assert.equal("heapy: this set is closed",
        support.message(function() local _ = other == h end))
    end)

    it("takes its pages along", function()
      local set = support.set(support.classes(12))
      local more = set.more
      set:close()
      assert.equal("heapy.View (closed)", tostring(more))
    end)
  end)

  it("is closed where its scope ends", function()
    local kept
    do
      local heap <close> = hp.heap()
      kept = heap
    end
    assert.equal("heapy.Set (closed)", tostring(kept))
  end)

  describe("page", function()
    it("answers as its set", function()
      local more = h.more
      assert.equal(78, more.count)
      assert.equal("app.K12", more[0].kind)
      assert.equal(12, #more)
      assert.equal(1, more:where { kind = "app.K01" }.count)
      assert.equal(78, (more | h[0]).count)
      assert.equal(12, (h & more[0]).count)
      assert.is_true(h[0] <= more)
      assert.is_true(more:has(objects[1]))
      local n = 0
      for _ in pairs(more) do n = n + 1 end
      assert.equal(12, n)
      assert.equal(0, #more:diff(h))
      assert.equal(0, #h:diff(more))
    end)
  end)
end)
