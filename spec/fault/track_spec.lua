-- Tracking where its own memory is refused: the program goes on, and what was missed is said.

local core = require "heapy.core"
local hp = require "heapy"

describe("tracking without memory", function()
  after_each(function()
    core.fail(0)
    core.untrack()
  end)

  it("does not begin, or begins, and loses nothing", function()
    collectgarbage()
    collectgarbage()
    local before = core.memory()
    for n = 1, 60 do
      core.fail(n)
      local ok, problem = pcall(core.track)
      core.fail(0)
      if not ok then
        assert.equal("not enough memory", problem)
        assert.is_nil(core.tracking())
      end
      core.untrack()
    end
    core.track()
    core.untrack()
    collectgarbage()
    collectgarbage()
    assert.is_true(core.memory() - before < 4096) -- the tracker itself stays, for the next time
  end)

  it("never fails a request, and counts what it missed", function()
    local missed = 0
    for n = 1, 20 do
      core.track(1 + n % 3)
      core.fail(n)
      local kept = {}
      for i = 1, 5000 do kept[i] = { i, tostring(i), function() return i end } end
      core.fail(0)
      assert.equal(5000, #kept)
      missed = missed + core.tracking().missed
      core.untrack()
    end
    assert.is_true(missed > 0)
  end)

  it("fails views as other views fail", function()
    core.track(3)
    local kept = {}
    for i = 1, 100 do kept[i] = { i } end
    local h <close> = hp.heap()
    assert.equal(100, #kept)
    for _, by in ipairs { "bysite", "bytraceback", "byage" } do
      local n, ok, problem = 0
      repeat
        n = n + 1
        core.fail(n)
        ok, problem = pcall(function() return #h[by] end)
        core.fail(0)
        if not ok then assert.equal("not enough memory", problem) end
      until ok
      assert.is_true(n > 2)
    end
    local n, ok = 0
    repeat
      n = n + 1
      core.fail(n)
      ok = pcall(hp.sites)
      core.fail(0)
    until ok
  end)
end)
