-- Each object of a random program has the line that made it. HEAPY_PROGRAMS=10000 for a long run.

local core = require "heapy.core"
local hp = require "heapy"
local program = require "spec.track.program"

local seed = tonumber(os.getenv "HEAPY_SEED") or os.time()
local programs = tonumber(os.getenv "HEAPY_PROGRAMS") or 200

-- Whether a site is the line; and whether it names others too.
local function names(site, line)
  local chunk, lines = site:match "^(%w+):([%d, orto]-) in"
  if chunk == "box" then return not lines:find "%D", false end
  local from, to = (lines or ""):match "^(%d+) to (%d+)$"
  if from then return line >= tonumber(from) and line <= tonumber(to), true end
  for number in (lines or ""):gmatch "%d+" do
    if tonumber(number) == line then return true, lines:find "or" ~= nil end
  end
  return false, false
end

-- Runs programs while tracking: how many objects there were, how many named more than their line.
local function run(n, frames, nolook)
  local o, l, texts, vague, total = {}, {}, {}, 0, 0
  assert(core.track(frames, 0, 0, 1, nolook))
  for i = 1, n do
    texts[i] = program.text(math.random)
    program.run(texts[i], o, l)
  end
  local set <close> = hp.heap()
  core.untrack()
  for i, object in pairs(o) do
    local site = set:iso(object).site
    local found, more = names(site, l[i])
    if not found then
      error(("seed %d: line %d is said to be %s in one of:\n%s"):format(seed, l[i], site,
        table.concat(texts, "\n----\n")))
    end
    total, vague = total + 1, vague + (more and 1 or 0)
  end
  return total, vague
end

describe("the line of each object of a random program", function()
  setup(function() math.randomseed(seed) end)
  teardown(function() core.untrack() end)

  it("is exact where the C stack can be looked at", function()
    for _ = 1, programs // 20 do
      local total, vague = run(20, 1, false)
      assert.is_true(total > 0)
      core.track()
      local exact = core.tracking().lines
      core.untrack()
      if exact then assert.equal(0, vague) end
    end
  end)

  it("is one of those named where it cannot", function()
    local vague = 0
    for _ = 1, programs // 20 do vague = vague + select(2, run(20, 1, true)) end
    assert.is_true(vague > 0) -- else this proves nothing
  end)

  it("is the innermost of a stack", function()
    for _ = 1, programs // 40 do run(20, 8, false) end
  end)

  it("would be found wrong if it were", function()
    assert.is_false(names("program:12 in main chunk", 13))
    assert.is_false(names("program:12 or 14 in main chunk", 13))
    assert.is_false(names("program:14 to 16 in main chunk", 13))
    assert.is_false(names("(before tracking)", 13))
  end)
end)
