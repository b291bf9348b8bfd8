-- Copas, on LuaSocket: a server whose clients are served in coroutines, and which sleeps in select.

local host = dofile "spec/hosts/host.lua"
local inside, answer = host.inside, host.answer

local SCRIPT <const> = [[
require("heapy.RM").on{ log = false }
local copas, socket = require "copas", require "socket"
Line = { __name = "Line" }
kept = {}
copas.addserver(assert(socket.bind("127.0.0.1", @port@)), function(s)
  s = copas.wrap(s)
  local line = s:receive "*l"
  while line do
    kept[#kept + 1] = setmetatable({ text = line }, Line)
    s:send(line .. "\n")
    line = s:receive "*l"
  end
end)
copas.loop()
]]

local function start()
  local port = host.port()
  local script = host.file("echo.lua", host.fill(SCRIPT, { port = port }))
  local program = host.serve(port, { host.program("bookworm", "lua5.4"), script },
    host.environment "bookworm")
  return program, port
end

describe("a server made with Copas", function()
  it("is looked into under load, in a terminal, and sends every line back", inside(function()
    local program, port = start()
    local load = host.load("lines", port, 20)
    local monitor = host.monitor(1)
    monitor:enter "lc"
    monitor:expect(("%d {"):format(program.pid))
    monitor:expect "<Monitor> "
    host.console(monitor, 1)
    host.look(monitor)
    answer(monitor, "lines = (h2 - h1):where{kind = 'Line'}")
    local count = tonumber((answer(monitor, "lines.count")))
    assert.is_true(count > 100)
    assert.truthy(answer(monitor, "lines.byvia"):find(".kept", 1, true)
      or answer(monitor, "lines.referrers.byvia"):find(".kept", 1, true))
    monitor:enter "."
    monitor:enter "q"
    assert.equal(0, (monitor:wait()))
    assert.is_true(load:finish() > count)
  end))

  it("is found by its leak", inside(function()
    local _, port = start()
    local load = host.load("lines", port, 4)
    local monitor = host.console(host.monitor(1), 1)
    host.look(monitor, 0.5)
    -- The row that grew most is the class, and one table holds all of it.
    answer(monitor, "grown = (h2 - h1):where{kind = 'Line'}")
    assert.equal("1\r\n", answer(monitor, "grown.referrers.count"))
    assert.equal("true\r\n", answer(monitor, "grown.referrers.theone == kept"))
    load:finish()
  end))
end)
