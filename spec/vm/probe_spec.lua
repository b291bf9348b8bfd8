-- The proof that a layout is the running VM's: what it accepts, what it refuses, and that it
-- leaves no trace.

local probe = require "heapy_probe"

-- The row that this release has, by its number (_VERSION knows only "5.4").
local function row_of_this_release()
  local found
  for i = 1, probe.rows do
    if probe.only(i) then
      assert.is_nil(found, "two rows pass")
      found = i
    end
  end
  return found
end

-- Proves where a program may be; each must give the same row.
local function proven()
  local vm, why = probe.prove()
  assert(vm, why)
  return vm
end

local function name() return proven().name end

-- The depth is within what 5.4.0 and 5.4.1 allow.
local function deep(n, f)
  if n == 0 then return f() end
  return (deep(n - 1, f))
end

describe("the proof", function()
  local here = name()

  after_each(function()
    collectgarbage "incremental"
    collectgarbage "restart"
    probe.refuse(false)
    probe.fail(0)
  end)

  it("accepts exactly one layout", function()
    assert.equal(here, proven().name)
    assert.is_number(row_of_this_release())
  end)

  it("makes many checks, in a few milliseconds #noasan #novalgrind", function()
    local vm, ms = proven(), math.huge
    for _ = 1, 20 do ms = math.min(ms, proven().ms) end
    assert.is_true(vm.checks > 1000)
    assert.is_true(ms < 10, ("took %.2f ms"):format(ms))
  end)

  it("measures the block of the VM, and what lies in front of a thread", function()
    local vm = proven()
    assert.is_true(vm.block > 1600 and vm.block < 4096, vm.block)
    assert.equal(8, vm.thread_extra)
  end)

  it("says which release it refuses, and why", function()
    local vm, why = probe.corrupt("L_stack", 8)
    assert.is_nil(vm)
    assert.matches("^heapy cannot read the memory of this Lua %(Lua 5%.4%.%d+%): its lua_State is "
      .. "not laid out as in any release heapy knows$", why)
  end)

  describe("refuses a layout with one field wrong:", function()
    for _, field in ipairs(probe.fields) do
      it(field, function()
        for _, distance in ipairs { 8, -8, 1, -1, 2, -2, 4, -4, 16, -16, 64, -64, 1000, -1000 } do
          local vm = probe.corrupt(field, distance)
          assert.is_nil(vm, ("%s moved by %d is taken for right"):format(field, distance))
        end
      end)
    end
  end)

  it("finds the right layout among wrong ones", function()
    local this = row_of_this_release()
    for _, field in ipairs(probe.fields) do
      for row = 1, probe.rows do
        if row ~= this then
          assert.equal(here, assert(probe.corrupt(field, 8, row)).name)
        end
      end
    end
  end)
end)

describe("the proof works", function()
  local here = name()

  it("in a coroutine inside a coroutine", function()
    local inner
    local outer = coroutine.wrap(function() inner = coroutine.wrap(name)() return name() end)()
    assert.same({ here, here }, { outer, inner })
  end)

  it("in a finalizer, in both modes of the collector", function()
    for _, mode in ipairs { "incremental", "generational" } do
      local found
      collectgarbage(mode)
      setmetatable({}, { __gc = function() found = name() end })
      collectgarbage()
      assert.equal(here, found)
    end
    collectgarbage "incremental"
  end)

  it("in a __close, and in a handler of errors", function()
    local found, handled
    do
      local _ <close> = setmetatable({}, { __close = function() found = name() end })
    end
    xpcall(error, function() handled = name() end)
    assert.same({ here, here }, { found, handled })
  end)

  it("where the stack has overflown #noasan #novalgrind", function()
    local found
    local function endless() return 1 + endless() end
    xpcall(endless, function() found = name() end)
    assert.equal(here, found)
  end)

  it("deep in a recursion", function()
    assert.equal(here, deep(150, name))
  end)

  it("in a hook of Lua's, and in one of C's", function()
    local found
    debug.sethook(function() debug.sethook() found = name() end, "l")
    local co = coroutine.create(function() local x = 1 return x + 1 end)
    assert.equal(here, found)
    probe.in_hook(co)
    assert.is_true(coroutine.resume(co))
    assert.equal(here, probe.hooked().name)
  end)

  it("at every step of an incremental cycle", function()
    collectgarbage "stop"
    local cycles = 0
    for i = 1, 200 do
      local table = setmetatable({}, { __mode = i % 2 == 0 and "k" or nil })
      assert.equal(here, name())
      table[table] = i
      if collectgarbage("step", 1) then cycles = cycles + 1 end
    end
    collectgarbage "restart"
    assert.is_true(cycles < 200)
  end)

  it("in generational mode", function()
    collectgarbage "generational"
    for i = 1, 20 do
      local new = {}
      for k = 1, 100 do new[k] = { i } end
      assert.equal(here, name())
      assert.equal(100, #new)
    end
    collectgarbage "incremental"
  end)

  it("where the system does not let a process read itself #novalgrind", function()
    probe.refuse(true)
    local found, refused = name(), probe.corrupt("G_mt", 8)
    probe.refuse(false)
    assert.equal(here, found)
    assert.is_nil(refused)
  end)

  it("and keeps nothing, nor adds to the Lua heap", function()
    collectgarbage()
    collectgarbage "stop"
    probe.prove() -- once for the strings that its result has
    local growth = {}
    for i = 1, 4 do
      local before = collectgarbage "count"
      probe.prove()
      growth[i] = collectgarbage "count" - before
    end
    collectgarbage "restart"
    assert.is_true(growth[4] < 0.5, "more than the table of the result")
    assert.equal(growth[3], growth[4])
    assert.equal(0, probe.held())
  end)

  it("or says that memory ran out, whichever request fails", function()
    local n, vm, why = 0
    repeat
      n = n + 1
      probe.fail(n)
      vm, why = probe.prove()
      probe.fail(0)
      assert.equal(0, probe.held())
      if not vm then assert.equal("not enough memory", why) end
    until vm
    assert.is_true(n > 100)
    assert.equal(here, vm.name)
  end)
end)

describe("a peek", function()
  local text = ("0123456789abcdef"):rep(512) .. "!"
  local wild = { 0, 8, 4095, 4096, -1, -8, -4096, 1 << 47, 1 << 63, (1 << 47) - 1 }

  local function check()
    local at = probe.address(text) + 24
    assert.equal(text:sub(1, 8192), probe.peek(at, 8192))
    assert.equal("0", probe.peek(at, 1))
    for _, address in ipairs(wild) do
      for _, n in ipairs { 1, 8, 4096, 8192 } do
        assert.is_nil(probe.peek(address, n), ("%d bytes at %x"):format(n, address))
      end
    end
  end

  it("reads what is there, and answers where nothing is", function() check() end)

  it("does so through a pipe, too #novalgrind", function()
    probe.refuse(true)
    local ok, why = pcall(check)
    probe.refuse(false)
    assert(ok, why)
  end)
end)
