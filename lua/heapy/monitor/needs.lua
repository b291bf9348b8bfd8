--- Modules of others, which only the monitor and the command need: named where they are missing.
-- @module heapy.monitor.needs

local core = require "heapy.core"

local find, format = string.find, string.format

local M = {}

-- Where each comes from.
local PACKAGES = {
  argparse = "lua-argparse",
  cjson = "lua-cjson",
  lfs = "lua-filesystem",
  readline = "lua-readline",
}

--- The module, if it is installed.
-- @tparam string name
-- @treturn[1] table
-- @treturn[2] nil
-- @treturn[2] string one sentence that says what to install
function M.module(name)
  local found, module = pcall(require, name)
  if found then return module end
  if not find(module, "module '" .. name .. "' not found", 1, true) then error(module, 0) end
  if not PACKAGES[name] then
    return nil, format("heapy's own module '%s' is not installed: run make, or make install", name)
  end
  return nil, format("the monitor needs the Lua module '%s' (Debian: apt install %s)", name,
    PACKAGES[name])
end

--- All that the monitor cannot do without.
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string what is missing
function M.check()
  for _, name in ipairs { "cjson", "lfs", "heapy.client" } do
    local module, message = M.module(name)
    if not module then return nil, message end
  end
  return true
end

core.own(M)
return M
