--- A Prosody of the spec's own, with users client1, client2, ... and heapy's monitor on.

local host = dofile "spec/hosts/host.lua"
local lfs = require "lfs"

local M = { host = host }

local CONFIGURATION <const> = [[
run_as_root = true
daemonize = false
data_path = "@dir@/data"
pidfile = "@dir@/prosody.pid"
plugin_paths = { "@dir@" }
interfaces = { "127.0.0.1" }
local_interfaces = { "127.0.0.1" }
c2s_ports = { @port@ }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
modules_enabled = { "saslauth", "roster", "ping", "heapy" }
modules_disabled = { "s2s", "tls" }
log = { { levels = { min = "warn" }, to = "console" } }
VirtualHost "localhost"
]]

local MODULE <const> = [[
module:set_global()
assert(require("heapy.RM").on{ log = false })
]]

-- The program as it was installed, but for the places of its parts.
local function script()
  local root = host.root "bookworm"
  local file <close> = assert(io.open(root .. "/usr/bin/prosody"))
  local text = file:read("a"):gsub("(CFG_%u+DIR=')/usr/", function(name)
    return name .. root .. "/usr/"
  end)
  return host.file("prosody", text)
end

local function accounts(dir, clients)
  local place = dir
  for name in ("data/localhost/accounts"):gmatch "[^/]+" do
    place = place .. "/" .. name
    assert(lfs.mkdir(place))
  end
  for i = 1, clients do
    host.file(("data/localhost/accounts/client%d.dat"):format(i), 'return { password = "pw" }\n')
  end
end

--- Starts it.
-- @tparam integer clients how many users it is to know
-- @treturn table the program
-- @treturn integer its port
function M.start(clients)
  local dir, port = host.target.support.dir, host.port()
  accounts(dir, clients)
  host.file("mod_heapy.lua", MODULE)
  local file = host.file("prosody.cfg.lua", host.fill(CONFIGURATION, { dir = dir, port = port }))
  local program = host.serve(port, { host.program("bookworm", "lua5.4"), script(), "-F",
    "--config", file }, host.environment "bookworm")
  return program, port
end

return M
