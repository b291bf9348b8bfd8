-- What sets refuse, and what they say of it.

local support = dofile "spec/lua/support.lua"

describe("a set refuses", function()
  local objects, h

  before_each(function()
    objects = support.classes(12)
    h = support.set(objects)
  end)

  after_each(support.close)

  local message = support.message

  it("unknown fields, and knows what was meant", function()
    for name, expected in pairs {
      refferers = "no field 'refferers' in a heapy.Set; did you mean 'referrers'?",
      Count = "no field 'Count' in a heapy.Set; did you mean 'count'?",
      retained = "no field 'retained' in a heapy.Set",
      ["a\nb"] = "no field 'a\\nb' in a heapy.Set",
      [("x"):rep(1000)] = "no field '" .. ("x"):rep(60) .. "...' in a heapy.Set",
    } do
      assert.equal("heapy: " .. expected, message(function() local _ = h[name] end))
      assert.equal("heapy: " .. expected, message(function() local _ = h.more[name] end))
    end
    for value, typename in pairs { [true] = "boolean", [{}] = "table", [print] = "function",
      [h] = "Set" } do
      assert.equal(("heapy: no field of type %s in a heapy.Set"):format(typename),
        message(function() local _ = h[value] end))
    end
  end)

  it("rows that do not exist", function()
    local outside = "heapy: no row %d: the rows are 0 to 11, or -1 to -12 from the end"
    for _, i in ipairs { 12, -13, math.maxinteger, math.mininteger } do
      assert.equal(outside:format(i), message(function() local _ = h[i] end))
      assert.equal(outside:format(i), message(function() h:rows(i) end))
      assert.equal(outside:format(i), message(function() h:rows(0, i) end))
    end
    assert.equal("heapy: no row 0: there are no rows",
      message(function() local _ = (h - h)[0] end))
    assert.equal("heapy: bad row index (integer expected, got 1.5)",
      message(function() local _ = h[1.5] end))
    assert.equal("heapy: bad argument #1 to 'rows' (integer expected, got nil)",
      message(function() h:rows() end))
    assert.equal("heapy: bad argument #2 to 'rows' (integer expected, got string)",
      message(function() h:rows(0, "1") end))
    assert.equal("heapy: bad argument #2 to 'rows' (integer expected, got 1.5)",
      message(function() h:rows(0, 1.5) end))
  end)

  it("calls, as of a method", function()
    local expected = "heapy: a Set is not called: a view is a field, as h.bykind, "
      .. "without parentheses"
    assert.equal(expected, message(function() local _ = h:bykind() end))
    assert.equal(expected, message(function() local _ = h() end))
  end)

  it("assignment", function()
    assert.equal("heapy: cannot assign to field 'count' of a heapy.Set",
      message(function() h.count = 1 end))
    assert.equal("heapy: cannot assign to field 'count' of a heapy.Set",
      message(function() h.more.count = 1 end))
    assert.equal("heapy: cannot assign to a field of a heapy.Set",
      message(function() h[1] = 1 end))
  end)

  it("operands that are no sets", function()
    for operator, f in pairs {
      ["|"] = function() return h | 1, nil end, ["&"] = function() return h & 1, nil end,
      ["-"] = function() return h - 1, nil end, ["~"] = function() return h ~ 1, nil end,
      ["<="] = function() return h <= 1, nil end, ["<"] = function() return h < 1, nil end,
    } do
      assert.equal(("heapy: bad operand to '%s' (Set expected, got number)"):format(operator),
        message(f))
    end
    assert.equal("heapy: bad operand to '|' (Set expected, got table)",
      message(function() local _ = {} | h end))
  end)

  it("one object of many", function()
    assert.equal("heapy: theone needs a set of exactly one object, this one has 78",
      message(function() local _ = h.theone end))
    assert.equal("heapy: why needs a set of exactly one object, this one has 0",
      message(function() local _ = (h - h).why end))
    for _, field in ipairs { "address", "text", "length", "source", "line" } do
      local expected = "heapy: '%s' needs a set of exactly one object, this one has 78"
      assert.equal(expected:format(field), message(function() local _ = h[field] end))
    end
  end)

  it("criteria that mean nothing", function()
    for _, case in ipairs {
      { 3, "bad argument #1 to 'where' (table or function expected, got number)" },
      { nil, "bad argument #1 to 'where' (table or function expected, got nil)" },
      { h, "bad argument #1 to 'where' (table or function expected, got Set)" },
      { h.more, "bad argument #1 to 'where' (table or function expected, got Set)" },
      { { knd = "x" }, "unknown criterion 'knd' to 'where'; did you mean 'kind'?" },
      { { "x" }, "unknown criterion of type number to 'where'" },
      { { kind = 3 },
        "bad criterion 'kind' to 'where' (string, array or function expected, got number)" },
      { { size = "3" },
        "bad criterion 'size' to 'where' (number, array or function expected, got string)" },
      { { kind = { "x", 3 } },
        "bad criterion 'kind' to 'where' (string expected at [2], got number)" },
    } do
      assert.equal("heapy: " .. case[2], message(function() h:where(case[1]) end))
    end
  end)

  it("calls without the set", function()
    assert.equal("heapy: 'rows' is called on a Set, as set:rows(...), not on a number",
      message(function() h.rows(0, 1) end))
    assert.equal("heapy: 'where' is called on a Set, as set:where(...), not on a table",
      message(function() h.where { kind = "x" } end))
    assert.equal("heapy: 'close' is called on a Set, as set:close(...), not on a nil",
      message(function() h.close() end))
  end)

  it("values that are not in the snapshot, and says which", function()
    assert.equal("heapy: bad argument #1 to 'iso' (value expected, got no value)",
      message(function() h:iso() end))
    local newer = {}
    assert.truthy(message(function() h:iso(objects[1], newer) end)
      :find("^heapy: bad argument #2 to 'iso' %(.+%)$"))
    assert.truthy(message(function() h:iso(42) end)
      :find("^heapy: bad argument #1 to 'iso' %(.+%)$"))
    assert.equal("heapy: bad argument #1 to 'has' (a value of the program expected, got a Set; "
      .. "sets are compared with <=)", message(function() h:has(h) end))
    assert.equal("heapy: bad argument #2 to 'iso' (a value of the program expected, got a Set; "
      .. "sets are joined with |)", message(function() h:iso(objects[1], h) end))
    assert.equal("heapy: bad argument #1 to 'has' (value expected, got no value)",
      message(function() h:has() end))
    assert.is_false(h:has(nil))
  end)
end)
