-- HAProxy: its main thread runs no Lua once it serves, only coroutines, in two OS threads; it
-- limits each with a hook of its own, set anew whenever it resumes one; it has its own allocator,
-- and its own use for SIGURG.

local host = dofile "spec/hosts/host.lua"
local inside, answer = host.inside, host.answer

local SCRIPT <const> = [[
require("heapy.RM").on()
leak = {}
core.register_service("echo", "http", function(applet)
  local body = applet.qs
  if applet.path == "/echo" then leak[#leak + 1] = { body } end
  applet:set_status(200)
  applet:add_header("content-length", #body)
  applet:start_response()
  applet:send(body)
end)
spun = 0
core.register_service("spin", "http", function(applet)
  while true do spun = spun + 1 end
end)
core.register_service("fill", "http", function(applet)
  while true do spun = #{ spun, spun } + spun end
end)
]]

local POLL <const> = [[
core.register_task(function()
  while true do require("heapy.RM").poll() core.msleep(20) end
end)
]]

local CONFIGURATION <const> = [[
global
  nbthread @threads@
  tune.lua.burst-timeout 0
  tune.lua.service-timeout 2s
  lua-load @script@
defaults
  mode http
  timeout client 30s
  timeout connect 5s
  timeout server 30s
frontend f
  bind 127.0.0.1:@port@
  http-request use-service lua.spin if { path /spin }
  http-request use-service lua.fill if { path /fill }
  http-request use-service lua.echo
]]

-- A running HAProxy, and its port.
local function start(more, threads)
  local port = host.port()
  local script = host.file("script.lua", SCRIPT .. (more or ""))
  local file = host.file("haproxy.cfg", host.fill(CONFIGURATION,
    { script = script, port = port, threads = threads or 2 }))
  return host.serve(port, { host.program("trixie", "haproxy"), "-db", "-f", file }), port
end

describe("HAProxy", function()
  it("is looked into under load, and answers all its requests", inside(function()
    local _, port = start()
    local load = host.load("http", port, 8, 0, "/echo")
    local monitor = host.console(host.monitor(1), 1)
    host.look(monitor)
    local before = tonumber((answer(monitor, "#leak")))
    host.sleep(0.3)
    assert.is_true(tonumber((answer(monitor, "#leak"))) > before)
    assert.truthy(answer(monitor, "(h2 - h1).referrers"):find "Partition of a set of")
    assert.is_true(load:finish() > 200)
  end))

  it("is looked into where it serves a request now and then", inside(function()
    local _, port = start()
    local load = host.load("http", port, 2, 0.2, "/echo")
    local monitor = host.console(host.monitor(1), 1)
    for i = 1, 10 do assert.equal(i .. "\r\n", answer(monitor, tostring(i))) end
    assert.is_true(load:finish() > 5)
  end))

  it("is as it was after many monitors, and has answered all its requests", inside(function()
    local program, port = start()
    local load = host.load("http", port, 4, 0.005, "/plain")
    host.rounds(program, 300, 100)
    assert.is_true(load:finish() > 200)
  end))

  it("idle, is told of at once, and looked into with the next request", inside(function()
    local _, port = start()
    local monitor = host.monitor(1)
    monitor:enter "sc 1"
    monitor:expect "<Annex> "
    monitor:enter "stat"
    monitor:expect "target.vm         = in C for at least "
    monitor:expect "<Annex> "
    monitor:enter "int"
    monitor:expect "type '-'.\r\n> "
    monitor:enter "#leak"
    monitor:expect "waiting for the VM"
    assert.truthy(host.ask_http(port, "/echo?once"):find "\r\n\r\nonce$")
    monitor:expect("[01]\r\npaused", true) -- before or after it was noted
  end))

  it("idle, is looked into where a task of its polls", inside(function()
    start(POLL)
    local monitor = host.console(host.monitor(1), 1)
    host.look(monitor)
    assert.equal("0\r\n", answer(monitor, "#leak"))
  end))

  -- It ends a service that takes too long, however often that is interrupted meanwhile, and
  -- serves others beside it.
  local function still_limits(path, threads)
    local _, port = start("", threads)
    local load = host.load("http", port, 2, 0.05, "/echo")
    local monitor = host.console(host.monitor(1), 1)
    local spinning = host.start_http(port, path)
    local asked, before = 0, 0
    while not spinning:done() do
      local spun = tonumber((answer(monitor, "spun")))
      assert.is_true(spun >= before)
      asked, before = asked + 1, spun
    end
    assert.is_true(asked > 20 and before > 10000)
    assert.truthy(spinning.text:find "^HTTP/1.1 500 ", spinning.text)
    load:finish()
  end

  it("in one thread, limits a loop that is looked into", inside(function()
    still_limits("/spin", 1)
  end))

  it("in two threads, limits a loop that allocates and is looked into", inside(function()
    still_limits("/fill", 2)
  end))
end)
