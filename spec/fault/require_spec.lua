-- heapy's first loading into a state, with every request for memory refused in turn.

local core = require "heapy.core"
local support = require "spec.truth.support"

local in_state, run = support.in_state, support.run

-- Loads heapy with the n-th request refused, and all after it; gives whether that went through.
local function load_heapy(n)
  local through
  in_state(function(state)
    core.fail(n)
    local ok, message = state:run 'require "heapy"'
    core.fail(0)
    if not ok then assert.matches("not enough memory", message, 1, true) end
    -- and once more, in the same state
    assert.equal(0, run(state, [[
      local hp = require "heapy"
      local h <close> = hp.heap()
      assert(tostring(h):find "Partition")
      return h.accounting.difference]]))
    through = ok
  end)
  return through
end

describe("with every request for memory refused in turn,", function()
  after_each(function() core.fail(0) end)

  it("require says so, and succeeds later", function()
    local n = 1
    while not load_heapy(n) do n = n < 30 and n + 1 or n + 13 end
    assert.is_true(n > 100, n)
  end)

  it("require does, at each of them #noasan #novalgrind", function()
    local n = 1
    while not load_heapy(n) do n = n + 1 end
    assert.is_true(n > 100, n)
  end)
end)
