-- render: columns, wrapping, escapes.

local render = require "heapy.render"

describe("render", function()
  describe("escapes", function()
    it("what a terminal would obey", function()
      assert.equal("a\\x1B[31m\\n\\t\\x00\\x7F", render.name("a\27[31m\n\t\0\127"))
      assert.equal("\\u{9B}31m", render.name("\u{9B}31m"))
      assert.equal("a\\u{202E}b\\u{2066}\\u{FEFF}", render.name("a\u{202E}b\u{2066}\u{FEFF}"))
    end)

    it("bytes that are no characters, one by one", function()
      assert.equal("\\xFFa\\x80\\xC3", render.name("\xFFa\x80\xC3"))
      assert.equal("\\xED\\xA0\\x80", render.name("\xED\xA0\x80"))
    end)

    it("nothing else", function()
      assert.equal("naïve → 日本 \\ \"", render.name("naïve → 日本 \\ \""))
    end)
  end)

  it("bounds names, by characters", function()
    assert.equal(("é"):rep(400), render.name(("é"):rep(400)))
    assert.equal(("é"):rep(400) .. "...", render.name(("é"):rep(401)))
    assert.equal("abc...", render.name("abcd", 3))
    assert.equal("abc", render.name("abc", 3))
  end)

  it("quotes values, with the length of what is not shown", function()
    assert.equal('""', render.value("", 0))
    assert.equal([["say \"hi\" \\ \n"]], render.value('say "hi" \\ \n', 12))
    assert.equal('"' .. ("x"):rep(40) .. '"', render.value(("x"):rep(40), 40))
    assert.equal('"' .. ("x"):rep(40) .. '"... (41 bytes)', render.value(("x"):rep(41), 41))
    assert.equal('"abc"... (100 bytes)', render.value("abc", 100))
  end)

  it("does not show half a character where the core has cut one", function()
    assert.equal('"ab"... (9 bytes)', render.value("ab\xE2\x82", 9))
    assert.equal('"ab\\xE2\\x82"', render.value("ab\xE2\x82", 4))
  end)

  describe("hang", function()
    local names = {}
    for i = 1, 12 do names[i] = "syncdaemon.Name" .. i end

    it("wraps at 100 columns and goes on under the beginning", function()
      local prefix = ("p"):rep(45)
      local text = render.hang(prefix, table.concat(names, ", "))
      local lines = {}
      for line in text:gmatch "[^\n]+" do
        lines[#lines + 1] = line
        assert(#line <= 100)
      end
      assert.equal(prefix .. "syncdaemon.Name1, syncdaemon.Name2, syncdaemon.Name3,", lines[1])
      assert.equal((" "):rep(45) .. "syncdaemon.Name4, syncdaemon.Name5, syncdaemon.Name6,",
        lines[2])
      assert.equal(4, #lines)
    end)

    it("uses the 100th column", function()
      local word = ("w"):rep(55)
      assert.equal(("p"):rep(45) .. word, render.hang(("p"):rep(45), word))
      assert.equal(("p"):rep(44) .. word .. "\n" .. (" "):rep(44) .. "x",
        render.hang(("p"):rep(44), word .. " x"))
    end)

    it("breaks a word that fits on no line", function()
      assert.equal(("p"):rep(90) .. ("é"):rep(20) .. "\n" .. (" "):rep(90) .. ("é"):rep(5),
        render.hang(("p"):rep(90), ("é"):rep(25)))
      assert.equal("p: a\n   " .. ("b"):rep(97) .. "\n   bb c",
        render.hang("p: ", "a " .. ("b"):rep(99) .. " c"))
    end)

    it("keeps spaces that stand in a line", function()
      assert.equal("p: a   b", render.hang("p: ", "a   b"))
      assert.equal("p: " .. ("a"):rep(96) .. "\n   b  c",
        render.hang("p: ", ("a"):rep(96) .. "   b  c"))
    end)

    it("gives an empty text its prefix", function()
      assert.equal("p: ", render.hang("p: ", ""))
    end)
  end)

  it("lets wide numbers push to the right, as Heapy does", function()
    assert.equal("     0 1234567   0 1234567890  10 12345678901 100 table",
      render.set.row({ index = 0, name = "table", count = 1234567, size = 1234567890,
        cumulative = 12345678901 }, 1234567890123, 12345678901))
  end)

  it("rounds a half to the even percent, as Heapy does", function()
    local function percent(part, total)
      local line = render.set.row({ index = 0, name = "", count = part, size = part,
        cumulative = part }, total, total)
      return tonumber(line:sub(15, 17))
    end
    assert.equal(0, percent(1, 200))
    assert.equal(2, percent(3, 200))
    assert.equal(12, percent(25, 200))
    assert.equal(0, percent(0, 0))
    assert.equal(100, percent(999, 1000))
  end)

  it("shows shares of B with three digits", function()
    local function line(cumulative, b_size)
      return render.diff.row({ index = 0, name = "k", count = -1, size = 2,
        cumulative = cumulative }, b_size)
    end
    assert.equal("     0     -1        2       500     0.618 k", line(500, 80906))
    assert.equal("     0     -1        2      -500      -500 k", line(-500, 100))
    assert.equal("     0     -1        2   1000000     1e+06 k", line(1000000, 100))
    assert.equal("     0     -1        2         5    (n.a.) k", line(5, 0))
  end)
end)
