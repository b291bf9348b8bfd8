-- Subsets of a set: by the names of rows, and by a function of each object.

local support = dofile "spec/lua/support.lua"

local T = support.table_size

describe("a set has subsets", function()
  local h

  before_each(function()
    h = support.set(support.classes(12))
  end)

  after_each(support.close)

  it("by name", function()
    assert.equal(5, h:where { kind = "app.K05" }.count)
    assert.equal(0, h:where { kind = "app.K99" }.count)
    assert.equal(78, h:where { type = "table" }.count)
    assert.equal(78, h:where {}.count)
  end)

  it("by one of several names", function()
    assert.equal(1 + 5 + 12, h:where { kind = { "app.K01", "app.K05", "app.K12" } }.count)
    assert.equal(0, h:where { kind = {} }.count)
  end)

  it("by a function of the name", function()
    local set = h:where { kind = function(name) return name:find "K1" end }
    assert.equal(10 + 11 + 12, set.count)
  end)

  it("by size, which is a number", function()
    assert.equal(78, h:where { size = T }.count)
    assert.equal(78, h:where { size = T + 0.0 }.count)
    assert.equal(0, h:where { size = { 1, 2 } }.count)
    assert.equal(78, h:where { size = function(n) return n >= T end }.count)
  end)

  it("by several criteria", function()
    assert.equal(5, h:where { kind = "app.K05", size = T, type = "table" }.count)
    assert.equal(0, h:where { kind = "app.K05", size = 1 }.count)
  end)

  it("by a function of each object", function()
    local calls = 0
    local set = h:where(function(node)
      calls = calls + 1
      return node.kind == "app.K07" and node.size == T and node.type == "table"
        and node.count == 1
    end)
    assert.equal(78, calls)
    assert.equal(7, set.count)
    assert.is_true(set == h:where { kind = "app.K07" })
    assert.equal(0, h:where(function() end).count)
  end)

  it("of strings by what is in them", function()
    local set = support.set { "spec red", "spec green", "spec blue" }
    assert.equal(1, set:where(function(node) return node.text == "spec green" end).count)
    assert.equal(1, set:where(function(node) return node.length == 8 end).count)
  end)

  it("and passes on what the function raises", function()
    local problem = {}
    local ok, raised = pcall(h.where, h, function() error(problem) end)
    assert.is_false(ok)
    assert.equal(problem, raised)
  end)

  it("finds a name with a zero byte as it is, and as it is printed", function()
    local set = support.set { setmetatable({}, { __name = "a\0b" }) }
    for _, name in ipairs { "a\0b", "a\\0b" } do
      assert.equal(1, set:where { kind = name }.count)
      assert.equal(1, set:where { kind = { name, "c" } }.count)
    end
  end)

  it("says what was probably meant by a name that no row has", function()
    local EMPTY <const> = "Partition of a set of 0 objects. Total size = 0 bytes."
    local function said(set) return tostring(set):sub(#EMPTY + 1) end
    local marker = support.set(support.instances("app.Marker", 2))
    assert.equal("\nThere is no kind 'app.Makrer' here; did you mean 'app.Marker'?",
      said(marker:where { kind = "app.Makrer" }))
    assert.equal("\nThere is no type 'tables' here; did you mean 'table'?",
      said(marker:where { type = "tables", kind = "app.Marker" }))
    local plain = support.set { {} }
    for _, name in ipairs { "table", "tbale" } do
      assert.equal(("\nThere is no kind '%s' here; did you mean 'table (no owner)'?"):format(name),
        said(plain:where { kind = name }))
    end
    assert.equal("\nThere is no kind 'Marker' here; did you mean 'app.Marker'?",
      said(marker:where { kind = "Marker" }))
    for _, criteria in ipairs {
      { kind = "gone" },
      { kind = "app.Marker", type = "string" }, -- both are there, in no object
      { kind = function(name) return name == "app.Makrer" end },
    } do
      assert.equal(EMPTY, tostring(marker:where(criteria)))
      assert.equal("", said(marker:where(criteria)))
    end
  end)

  it("says it as long as a set that it is a subset of is open", function()
    local one, other = support.set(support.instances("app.Marker", 2)), support.set { {} }
    local none = (one | other):where { kind = "app.Makrer" }
    other:close()
    assert.is_string(tostring(none))
    one:close()
    assert.equal("heapy.Set (closed)", tostring(none))
  end)
end)
