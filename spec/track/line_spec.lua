-- Each object of a random program has the line that made it. HEAPY_PROGRAMS=10000 for a long run.

local core = require "heapy.core"
local hp = require "heapy"
local program = require "spec.track.program"
local seed = dofile "spec/graph/seed.lua"

local programs = tonumber(os.getenv "HEAPY_PROGRAMS") or math.max(40, seed.rounds(200))

-- What a site names, as in "program:12, 14 or 17 in main chunk": its chunk, the first and the last
-- of its lines, and whether the line is among them.
local function named(site, line)
  local chunk, lines = site:match "^(%w+):([%d, orto]-) in"
  local first, last, found
  for number in (lines or ""):gmatch "%d+" do
    number = tonumber(number)
    first, last, found = first or number, number, found or number == line
  end
  return chunk, first, last, found or first and lines:find "to" and first <= line and line <= last
end

-- Whether a site is the place that the program told; and whether it names others too, and must not.
local function names(site, place)
  local line = type(place) == "table" and place[1] or tonumber(tostring(place):match "%d+$")
  local chunk, first, last, found = named(site, line)
  if chunk ~= (type(place) == "string" and "box" or "program") or not found then
    return false, false
  end
  if type(place) == "table" then return true, first < line - 1 or last > line + 1 end
  return true, first ~= last
end

-- Runs programs while tracking: how many objects there were, how many named more than their line.
local function run(n, frames, nolook, stream)
  local source = seed.source(stream)
  local function random(a, b) return b and a - 1 + source(b - a + 1) or source(a) end
  local o, l, texts, vague, total = {}, {}, {}, 0, 0
  assert(core.track(frames, 0, 0, 1, nolook))
  for i = 1, n do
    texts[i] = program.text(random)
    program.run(texts[i], o, l)
  end
  local set <close> = hp.heap()
  core.untrack()
  for i, object in pairs(o) do
    local site = set:iso(object).site
    local found, more = names(site, l[i])
    if not found then
      local place = type(l[i]) == "table" and l[i][1] or l[i]
      error(("HEAPY_SEED=%d: %s is said to be %s in one of:\n%s"):format(seed.seed, place, site,
        table.concat(texts, "\n----\n")))
    end
    total, vague = total + 1, vague + (more and 1 or 0)
  end
  return total, vague
end

-- Nothing stands between the VM and heapy's wrapper here: lines must be exact where the C stack
-- can be read at all.
local function must_be_exact()
  local preloaded = os.getenv "LD_PRELOAD" or ""
  if preloaded:find("asan", 1, true) or preloaded:find("vgpreload", 1, true) then return false end
  local pipe <close> = assert(io.popen "uname -m")
  return pipe:read "l" == "x86_64"
end

describe("the line of each object of a random program", function()
  teardown(function() core.untrack() end)

  it("is exact where the C stack can be looked at", function()
    core.track()
    local exact = core.tracking().lines
    core.untrack()
    if must_be_exact() then assert.is_true(exact) end
    for i = 1, programs // 20 do
      local total, vague = run(20, 1, false, i)
      assert.is_true(total > 0)
      if exact then assert.equal(0, vague) end
    end
  end)

  it("is one of those named where it cannot", function()
    local vague = 0
    for i = 1, programs // 20 do vague = vague + select(2, run(20, 1, true, -i)) end
    assert.is_true(vague > 0) -- else this proves nothing
  end)

  it("is named once where a long function has all its constructors on it", function()
    core.track(1, 0, 0, 1, true)
    local make = load("local t = {}" .. (" t[#t + 1] = {}"):rep(2000) .. " return t", "=long")
    local h <close> = hp.iso(table.unpack(make(), 1, 200))
    core.untrack()
    assert.equal("long:1 in local 'make'", h.site)
  end)

  it("is the innermost of a stack", function()
    for i = 1, programs // 40 do run(20, 8, false, 1000000 + i) end
  end)

  it("would be found wrong if it were", function()
    assert.is_false((names("program:12 in main chunk", 13)))
    assert.is_false((names("program:12 or 14 in main chunk", 13)))
    assert.is_false((names("program:14 to 16 in main chunk", 13)))
    assert.is_false((names("(before tracking)", 13)))
    assert.is_false((names("box:3 in local 'f'", "box:6")))
    assert.is_false((names("program:6 in local 'f'", "box:6")))
    assert.is_false((names("program:12 in main chunk", { 13 })))
    assert.same({ true, true }, { names("program:12 or 13 in main chunk", 13) })
    assert.same({ true, false }, { names("program:12 or 13 in main chunk", { 13 }) })
    assert.same({ true, true }, { names("program:12 to 15 in main chunk", { 13 }) })
  end)
end)
