--- Which code is heapy's own: by the files it is in, heapy.lua and what is in heapy/.
-- @module heapy.own

local core = require "heapy.core"

local find, match = string.find, string.match
local getinfo = debug and debug.getinfo -- luacheck: std lua54

local M = {}

--- What the names of heapy's files begin with, or nil where that cannot be known.
M.place = getinfo and match(getinfo(1, "S").source, "^@(.*heapy)[/\\][^/\\]*$")

local place = M.place

--- Whether that is a place in one of heapy's files.
-- @tparam string name of a file
-- @treturn boolean false too where it cannot be known
function M.is(name)
  return place ~= nil and find(name, place, 1, true) == 1
    and find(name, "^[./\\]", #place + 1) ~= nil
end

core.own(M)
return M
