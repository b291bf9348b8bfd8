-- Identity while the VM is tracked: exact, also for what got a finalizer or came back in between.

local hp = require "heapy"
local seed = dofile "spec/graph/seed.lua"

local function final(t, f) return setmetatable(t, { __gc = f or function() end }) end

-- Some old objects, a snapshot, and what may become of them until the next.
local function two_heaps(random)
  local kept, saved, dropped = {}, {}, {}
  local function old(i)
    local t = random(3) == 1 and final {} or {}
    if random(2) == 1 then kept[#kept + 1] = t else dropped[i] = t end
  end
  for i = 1, 200 do old(i) end
  for _ = 1, 5 do -- these come back when they are found dead
    dropped[#dropped + 1] = final({}, function(t) saved[#saved + 1] = t end)
  end
  local h1 = hp.heap()
  for i in pairs(dropped) do dropped[i] = nil end
  if random(3) > 1 then collectgarbage() collectgarbage() end
  for _, t in ipairs(kept) do
    if random(2) == 1 and not getmetatable(t) then final(t) end
  end
  local new = {}
  for i = 1, 200 do
    new[i] = random(2) == 1 and final {} or random(2) == 1 and {} or function() return i end
  end
  table.move(saved, 1, #saved, #kept + 1, kept)
  return h1, hp.heap(), kept, new
end

-- Whether a set says that it depends on a guess.
local function guesses(set) return tostring(set):find("may be others", 1, true) ~= nil end

describe("identity while tracking", function()
  before_each(function() hp.track() end)
  after_each(function()
    hp.setref(false)
    hp.untrack()
    collectgarbage "incremental"
  end)

  local function check(random)
    local h1, h2, kept, new = two_heaps(random)
    local since, after = h2 - h1, h2:where { born_after = h1 }
    for _, v in ipairs(kept) do
      assert(h1:has(v) and not since:has(v) and not after:has(v), "an old object is new")
      assert(h2:iso(v) <= h1 and (h2:iso(v) & h1).count == 1, "an old object is another")
      assert(rawequal(h1:iso(v).theone, v), "an old object is not handed out")
    end
    for _, v in ipairs(new) do
      assert(since:has(v) and after:has(v) and not h1:has(v), "a new object is old")
      assert((h1 & h2:iso(v)).count == 0, "a new object is another's")
    end
    assert(not guesses(since) and not guesses(after) and not guesses(h1 & h2), "a guess")
    h1:close()
    h2:close()
  end

  it("is exact", function()
    seed.property(12, function(random)
      collectgarbage(random(2) == 1 and "generational" or "incremental")
      check(random)
    end)
  end)

  it("is exact for what was there before", function()
    local old = {}
    hp.untrack()
    for i = 1, 50 do old[i] = {} end
    hp.track()
    local h1 <close> = hp.heap()
    for i = 1, 50 do final(old[i]) end
    local h2 <close> = hp.heap()
    for i = 1, 50 do assert.is_false(((h2 - h1):has(old[i]))) end
    assert.is_false(guesses(h2 - h1))
  end)

  it("is exact for setref", function()
    local old, new = {}, {}
    for i = 1, 50 do old[i] = {} end
    hp.setref()
    for i = 1, 50 do
      final(old[i])
      new[i] = final {}
    end
    local h <close> = hp.heap()
    for i = 1, 50 do
      assert.is_false((h:has(old[i])))
      assert.is_true(h:has(new[i]))
    end
    assert.is_false(guesses(h))
  end)

  it("does not outlast the session", function()
    local t = {}
    local h1 <close> = hp.heap()
    hp.untrack()
    final(t)
    hp.track()
    local h2 <close> = hp.heap()
    assert.is_true(guesses(h2 - h1))
  end)
end)

describe("a guess", function()
  after_each(function() hp.setref(false) end)

  it("is owned to by all that depend on it", function()
    local t = {}
    local h1 <close> = hp.heap()
    hp.setref()
    final(t)
    local since <close> = hp.heap()
    hp.setref(false)
    local h2 <close> = hp.heap()
    assert.is_true(guesses(since))
    assert.is_true(guesses(h2 - h1))
    assert.is_true(guesses(h2:where { born_after = h1 }))
    assert.is_true(guesses(h2:where { born_after = h1, type = "table" }))
  end)

  it("is none where nothing had a finalizer", function()
    local h1 <close> = hp.heap()
    hp.setref()
    local plain = { {} }
    local since <close> = hp.heap()
    hp.setref(false)
    local h2 <close> = hp.heap()
    assert.equal(1, #plain)
    assert.is_false(guesses(since))
    assert.is_false(guesses(h2:where { born_after = h1 }))
  end)
end)
