-- A snapshot may be closed at any moment: by a finalizer of the program's, in the middle of a call
-- of heapy's that allocates. Then the call works or says so; it never reads what is gone.

local hp = require "heapy"

describe("a snapshot closed by a finalizer in the middle of a call", function()
  it("ends the call with a sentence", function()
    local pipe = assert(io.popen(("'%s' spec/sets/closing.lua 100 2>&1")
      :format(dofile "spec/interpreter.lua")))
    local text = pipe:read "a"
    local ok, how, code = pipe:close()
    assert.is_true(ok, ("%s %s: %s"):format(how, code, text))
    assert.equal("some were closed in the middle\n", text)
  end)
end)

describe("what answers took", function()
  it("is all given back with the last of them", function()
    local pipe = assert(io.popen(([['%s' -e '
      local hp, core = require "heapy", require "heapy.core"
      local keep = {}
      for i = 1, 70000 do keep[i] = { {} } end
      hp.heap():close()
      local before, most = core.memory(), 0
      for _ = 1, 3 do
        local h = hp.heap()
        local rows = #h.bykind + #h.bysize + #h.byvia
        most = math.max(most, core.memory())
        h:close()
      end
      collectgarbage()
      print(core.memory() - before, most - before > 8 * 140000) ' 2>&1]])
      :format(dofile "spec/interpreter.lua")))
    local text = pipe:read "a"
    pipe:close()
    assert.equal("0\ttrue\n", text)
  end)
end)

describe("a finalizer of heapy's", function()
  it("takes nothing but its own", function()
    local h <close> = hp.heap()
    local finalize = getmetatable(h).__gc
    assert.has_error(function() finalize(io.stdout) end)
    assert.has_error(function() finalize((debug.getuservalue(h, 1))) end)
    assert.is_true(h.count > 0)
  end)

  it("called by hand ends a set", function()
    local h = hp.heap()
    getmetatable(h).__gc(h)
    assert.has_error(function() return h.count end)
    getmetatable(h).__gc(h)
  end)
end)
