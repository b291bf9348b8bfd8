-- lighttpd with mod_magnet: one process, and a Lua state for each script, which runs for a moment
-- when a request comes.

local host = dofile "spec/hosts/host.lua"
local inside, answer = host.inside, host.answer

local SCRIPTS <const> = { "one", "two", "three" }

-- A script's globals end with it; what is to stay is kept with the modules.
local SCRIPT <const> = [[
if not package.loaded.pages then
  package.loaded.pages = {}
  require("heapy.RM").on{ name = "@name@", log = false }
end
local pages, body = package.loaded.pages, lighty.env["uri.query"] or "@name@"
pages[#pages + 1] = { body }
lighty.content = { body }
return 200
]]

local CONFIGURATION <const> = [[
server.modules = ("mod_magnet")
server.document-root = "@dir@"
server.bind = "127.0.0.1"
server.port = @port@
server.max-keep-alive-requests = 65535
$HTTP["url"] =~ "^/one" { magnet.attract-raw-url-to = ("@dir@/one.lua") }
$HTTP["url"] =~ "^/two" { magnet.attract-raw-url-to = ("@dir@/two.lua") }
$HTTP["url"] =~ "^/three" { magnet.attract-raw-url-to = ("@dir@/three.lua") }
]]

local function start()
  local port, dir = host.port(), host.target.support.dir
  for _, name in ipairs(SCRIPTS) do
    host.file(name .. ".lua", host.fill(SCRIPT, { name = name }))
  end
  local file = host.file("lighttpd.conf", host.fill(CONFIGURATION, { dir = dir, port = port }))
  local modules = host.root "bookworm" .. "/usr/lib/lighttpd"
  host.serve(port, { host.program("bookworm", "lighttpd"), "-D", "-m", modules, "-f", file })
  for _, name in ipairs(SCRIPTS) do
    assert.truthy(host.ask_http(port, "/" .. name):find("\r\n\r\n" .. name .. "$"))
  end
  return port
end

-- Of the list of the monitor: which connection is the state with this name.
local function connection(list, name)
  return assert(tonumber(list:match("(%d+) +%d+ [^\r\n]*%(" .. name .. "[,)]")), list)
end

describe("lighttpd's mod_magnet", function()
  it("has states that are looked into one by one, under load", inside(function()
    local port = start()
    local loads = {}
    for i, name in ipairs(SCRIPTS) do loads[i] = host.load("http", port, 4, 0, "/" .. name) end
    local monitor = host.monitor(#SCRIPTS)
    monitor:enter "lc"
    local list = monitor:expect "<Monitor> "
    for _, name in ipairs(SCRIPTS) do
      host.console(monitor, connection(list, name))
      answer(monitor, "pages = package.loaded.pages")
      local before = tonumber((answer(monitor, "#pages")))
      host.look(monitor, 0.2)
      assert.is_true(tonumber((answer(monitor, "#pages"))) > before)
      assert.equal("true\r\n", answer(monitor, "hp.iso(pages).theone == pages"))
      monitor:enter "."
      monitor:expect "<Monitor> "
    end
    for _, load in ipairs(loads) do assert.is_true(load:finish() > 100) end
  end))

  it("has states that are reached with the next request where they rest", inside(function()
    local port = start()
    local monitor = host.monitor(#SCRIPTS)
    monitor:enter "lc"
    host.console(monitor, connection(monitor:expect "<Monitor> ", "two"))
    monitor:enter "6 * 7"
    monitor:expect "waiting for the VM"
    assert.truthy(host.ask_http(port, "/two?more"):find "\r\n\r\nmore$")
    monitor:expect "42\r\npaused"
  end))
end)
