-- Differences: what they print, their rows, and what they refuse.

local support = dofile "spec/lua/support.lua"

local T = support.table_size

local function lines(value)
  local list = {}
  for line in (tostring(value) .. "\n"):gmatch("(.-)\n") do list[#list + 1] = line end
  return list
end

describe("a difference", function()
  local old, new, h

  before_each(function()
    old, new = support.classes(5), support.instances("app.New", 7)
    local all = table.move(new, 1, #new, #old + 1, table.move(old, 1, #old, 1, {}))
    h = support.set(all)
  end)

  after_each(support.close)

  it("prints the sums and the rows that differ", function()
    local a, b = h, h:iso(table.unpack(old))
    assert.equal(([[
Summary of difference operation (A-B).
        Count     Size
  A        22 %8d
  B        15 %8d
  A-B       7 %8d  =      46.7 %% of B

Differences by kind, largest absolute size diffs first.
 Index  Count     Size  Cumulative  %% of B Kind (class / table of class)
     0      7 %8d %9d      46.7 app.New]]):format(22 * T, 15 * T, 7 * T, 7 * T, 7 * T),
      tostring(a:diff(b)))
  end)

  it("orders by absolute size, then by name, and sums up what went and came", function()
    local a = h:where { kind = { "app.K02", "app.K03", "app.New" } }
    local b = h:where { kind = { "app.K02", "app.K04", "app.K05", "app.K01" } }
    local d = a:diff(b)
    assert.same({
      "Summary of difference operation (A-B).",
      "        Count     Size",
      ("  A        12 %8d"):format(12 * T),
      ("  B        12 %8d"):format(12 * T),
      "  A-B       0        0  =         0 % of B",
      "",
      "Differences by kind, largest absolute size diffs first.",
      " Index  Count     Size  Cumulative  % of B Kind (class / table of class)",
      ("     0      7 %8d %9d      58.3 app.New"):format(7 * T, 7 * T),
      ("     1     -5 %8d %9d      16.7 app.K05"):format(-5 * T, 2 * T),
      ("     2     -4 %8d %9d     -16.7 app.K04"):format(-4 * T, -2 * T),
      ("     3      3 %8d %9d      8.33 app.K03"):format(3 * T, T),
      ("     4     -1 %8d         0         0 app.K01"):format(-T),
    }, lines(d))
    local even = support.set(support.instances("app.B", 2))
      :diff(support.set(support.instances("app.A", 2)))
    assert.equal("app.A", even[0].kind)
    assert.equal("app.B", even[1].kind)
  end)

  it("shows rows that differ in count alone", function()
    local long, short = ("l"):rep(55), { ("s"):rep(15), ("t"):rep(15) }
    local set = support.set { long, short[1], short[2] }
    local d = set:iso(long):diff(set:iso(short[1], short[2]))
    assert.equal(1, #d)
    assert.equal(("     0     -1 %8d %9d         0 string"):format(0, 0), tostring(d[0]))
  end)

  it("says that there is none", function()
    local nothing = ([[
Summary of difference operation (A-B).
        Count     Size
  A        22 %8d
  B        22 %8d
  A-B       0        0  =         0 %% of B

No differences by kind.]]):format(22 * T, 22 * T)
    assert.equal(nothing, tostring(h:diff(h)))
    assert.equal(nothing, tostring(h.diff(h:iso(table.unpack(h:objects())))))
    assert.equal(0, #h:diff(h))
    assert.equal("", tostring(h:diff(h).more))
  end)

  it("has no percentage of nothing", function()
    local d = h:iso(new[1]):diff(h - h)
    assert.equal(("  A-B       1 %8d  =    (n.a.) %% of B"):format(T), lines(d)[5])
    assert.equal(("     0      1 %8d %9d    (n.a.) app.New"):format(T, T), lines(d)[9])
  end)

  it("is by the classifier of the first", function()
    local a, b = h.bytype, h:iso(table.unpack(old))
    local text = lines(a:diff(b.bysize))
    assert.equal("Differences by type, largest absolute size diffs first.", text[7])
    assert.equal(" Index  Count     Size  Cumulative  % of B Type", text[8])
    assert.equal(("     0      7 %8d %9d      46.7 table"):format(7 * T, 7 * T), text[9])
    assert.equal("Differences by kind, largest absolute size diffs first.",
      lines(h.byid:diff(b))[7])
  end)

  it("joins kinds that share a name", function()
    local first, second = support.instances("app.Same", 2), support.instances("app.Same", 3)
    local both = table.move(second, 1, 3, 3, table.move(first, 1, 2, 1, {}))
    local set = support.set(both)
    assert.equal(0, #set:diff(set))
    local d = set:diff(set:iso(second[1]))
    assert.equal(1, #d)
    assert.equal(4, d[0].count)
    assert.equal(5, d[0].a.count)
    assert.equal(1, d[0].b.count)
  end)

  it("has pages", function()
    local set = support.set(support.classes(13))
    local d = set:diff(set - set)
    local text = lines(d)
    assert.equal(8 + 10 + 1, #text)
    assert.equal("<3 more rows. Type e.g. 'h.more' to view.>", text[#text])
    local more = lines(d.more)
    assert.equal(1 + 3, #more)
    assert.equal(text[8], more[1])
    assert.equal("    10", more[2]:match("^%s*%d+"))
    assert.equal("", tostring(d.more.more))
    assert.equal(8 + 13, #lines(d.all))
    assert.equal(13, #d.more)
    assert.equal(91, d.more.count)
    assert.equal("app.K13", d.more[0].kind)
    local n = 0
    for _ in pairs(d.more) do n = n + 1 end
    assert.equal(13, n)
  end)

  it("wraps long names under their column", function()
    local name = "syncdaemon.a_rather_long_module_name.Class"
    local set = support.set(support.instances(name .. ", " .. name, 1))
    local text = lines(set:diff(set - set))
    assert.equal((" "):rep(43) .. name, text[10])
  end)

  it("has rows with the objects on both sides", function()
    local a = h:where { kind = { "app.K02", "app.New" } }
    local b = h:where { kind = { "app.K02", "app.K05" } }
    local d = a:diff(b)
    assert.equal(2, #d)
    assert.equal(2, d.count)
    assert.equal(2 * T, d.size)
    assert.is_true(d.a == a)
    assert.is_true(d.b == b)
    local row = d[0]
    assert.equal(0, row.index)
    assert.equal("app.New", row.kind)
    assert.equal(7, row.count)
    assert.equal(7 * T, row.size)
    assert.is_true(row.a == h:where { kind = "app.New" })
    assert.is_nil(row.b)
    assert.equal(("     0      7 %8d %9d       100 app.New"):format(7 * T, 7 * T), tostring(row))
    assert.equal("app.K05", d[-1].kind)
    assert.is_nil(d[-1].a)
    assert.equal(5, d[-1].b.count)
    local seen = {}
    for i, each in pairs(d) do seen[#seen + 1] = i .. each.kind end
    assert.same({ "0app.New", "1app.K05" }, seen)
  end)

  it("keeps its classifier in the sets of its rows", function()
    local d = h.bysize:diff(h - h)
    assert.truthy(tostring(d[0].a):find("%% Individual Size\n"))
  end)

  it("prints after its sets are closed, and gives no objects then", function()
    local d = h:diff(h:iso(table.unpack(old)))
    local text, row = tostring(d), d[0]
    h:close()
    assert.equal(text, tostring(d))
    assert.equal(7, row.count)
    assert.equal("heapy: this set is closed", support.message(function() local _ = row.a end))
  end)

  it("refuses what it does not have", function()
    local d = h:diff(h:iso(table.unpack(old)))
    local function message(f) return support.message(f) end
    assert.equal("heapy: bad argument #1 to 'diff' (Set expected, got number)",
      message(function() h:diff(3) end))
    assert.equal("heapy: bad argument #1 to 'diff' (Set expected, got nil)",
      message(function() h:diff(nil) end))
    for _, f in ipairs { function() h.diff() end, function() h:diff() end,
      function() h.all:diff() end } do
      assert.equal("heapy: bad argument #1 to 'diff' (another Set expected, got no value)",
        message(f))
    end
    assert.equal("heapy: 'diff' is called on a Set, as set:diff(...), not on a table",
      message(function() h.diff({}, h) end))
    assert.equal("heapy: no field 'mroe' in a heapy.Diff; did you mean 'more'?",
      message(function() local _ = d.mroe end))
    assert.equal("heapy: no field 'mroe' in a heapy.Diff; did you mean 'more'?",
      message(function() local _ = d.more.mroe end))
    assert.equal("heapy: no field 'knd' in a heapy.DiffRow; did you mean 'kind'?",
      message(function() local _ = d[0].knd end))
    assert.equal("heapy: no row 1: the rows are 0 to 0, or -1 to -1 from the end",
      message(function() local _ = d[1] end))
    assert.equal("heapy: no row 0: there are no rows",
      message(function() local _ = h:diff(h)[0] end))
    assert.equal("heapy: cannot assign to field 'count' of a heapy.Diff",
      message(function() d.count = 1 end))
    assert.equal("heapy: cannot assign to field 'kind' of a heapy.DiffRow",
      message(function() d[0].kind = "x" end))
  end)
end)
