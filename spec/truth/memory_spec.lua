-- Where the allocator of the host refuses: heapy works, or raises "not enough memory"; it loses
-- nothing, and works again when there is memory.

local support = require "spec.truth.support"

local in_state, run = support.in_state, support.run

local SESSION = [[
  local hp = require "heapy"
  local h <close> = hp.heap()
  local text = tostring(h) .. tostring(h.bytype) .. tostring(h:diff(h[0])) .. tostring(h[0].more)
  return h.accounting.difference]]

-- Lets growth fail from the n-th on; gives whether the session went through.
local function try(n, chunk, prepare)
  local through
  in_state(function(state)
    if prepare then run(state, prepare) end
    state:limit(n)
    local ok, message = state:run(chunk)
    state:limit(0)
    if not ok then assert.equal("not enough memory", message) end
    assert.equal(0, run(state, SESSION))
    through = ok
  end)
  return through
end

-- Tries every n (or every few) until one goes through; gives it.
local function search(step, ...)
  local n = 1
  while not try(n, ...) do n = n + step end
  return n
end

describe("where memory ends at some growth,", function()
  it("require says so, and can be repeated", function()
    -- Coarse steps through the parsing of the Lua files, the core's own opening one by one.
    assert.is_true(search(97, SESSION) > 1000)
    local opening = 'require "heapy.core"'
    assert.is_true(search(1, opening, "collectgarbage 'stop'") > 30)
  end)

  it("require says so, at many more of them #noasan #novalgrind", function()
    assert.is_true(search(7, SESSION) > 1000)
  end)

  it("a session says so, and the next one works #novalgrind", function()
    assert.is_true(search(1, SESSION, 'require "heapy"') > 100)
  end)

  it("a session says so at some of them", function()
    assert.is_true(search(41, SESSION, 'require "heapy"') > 100)
  end)

  it("a snapshot says so, and keeps nothing", function()
    local chunk = [[
      local core = require "heapy.core"
      local set = core.heap(false)
      return set ]]
    assert.is_true(search(1, chunk, 'require "heapy" collectgarbage "stop"') >= 4)
  end)
end)

describe("where growth fails now and then,", function()
  for _, every in ipairs { 2, 3, 10 } do
    it("every " .. every .. " times, snapshots are taken all the same", function()
      in_state(function(state)
        run(state, 'require "heapy"')
        state:every(every)
        for _ = 1, 10 do
          local difference = run(state, [[
            local h <close> = require "heapy".heap()
            return h.accounting.difference]])
          assert.equal(0, difference)
        end
      end)
    end)

    -- The buffers of lauxlib.c are asked for only once.
    local slow = every < 10 and " #novalgrind" or ""
    it("every " .. every .. " times, a session goes through or says so" .. slow, function()
      in_state(function(state)
        state:every(every)
        for _ = 1, 5 do
          local ok, message = state:run(SESSION)
          assert(ok or message == "not enough memory", message)
        end
        state:every(0)
        assert.equal(0, run(state, SESSION))
      end)
    end)
  end
end)
