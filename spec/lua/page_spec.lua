-- page: a page ends where the hint would not cost more than it saves.

local page = require "heapy.page"

-- How many rows the page from `first` shows.
local function shown(first, total, length)
  return page.last(first, total, length) - first + 1
end

describe("page", function()
  it("has four rows of four, five of five, four of six", function()
    assert.equal(4, shown(0, 4, 4))
    assert.equal(5, shown(0, 5, 4))
    assert.equal(4, shown(0, 6, 4))
  end)

  it("has ten rows of ten, eleven of eleven, ten of twelve", function()
    assert.equal(1, shown(0, 1))
    assert.equal(10, shown(0, 10))
    assert.equal(11, shown(0, 11))
    assert.equal(10, shown(0, 12))
  end)

  it("goes on likewise, and ends", function()
    assert.equal(2, shown(10, 12))
    assert.equal(11, shown(10, 21))
    assert.equal(10, shown(10, 22))
    assert.equal(0, shown(12, 12))
    assert.equal(0, shown(0, 0))
  end)
end)
