-- Programs of a few lines, and what heapy calls their objects.

local hp = require "heapy"

local M = {}

local loaded = {}

--- Runs a chunk as the file 'path'.
-- @treturn any what it returns
function M.run(path, text, ...)
  return assert(load(text, "@" .. path))(...)
end

--- Runs a chunk and enters what it returns as a module.
function M.module(name, text, ...)
  loaded[#loaded + 1] = name
  local value = M.run("app/" .. name:gsub("%.", "/") .. ".lua", text, ...)
  package.loaded[name] = value
  return value
end

--- Takes the modules out again.
function M.unload()
  for _, name in ipairs(loaded) do package.loaded[name] = nil end
  loaded = {}
end

--- The kinds of values, in one snapshot.
function M.kinds(...)
  local h <close> = hp.heap()
  local names = {}
  for i = 1, select("#", ...) do names[i] = h:iso((select(i, ...))).kind end
  return table.unpack(names)
end

--- Lines that give a table W methods, under names that are in another order in each hash table.
-- @tparam integer i which names
-- @tparam integer n how many methods
-- @tparam string what part of their names
function M.methods(i, n, what)
  local lines = {}
  for k = 1, n do
    lines[k] = ("function W.%s_%d_%d() end"):format(what, i * 7919 % 1009, k * i)
  end
  return table.concat(lines, "\n")
end

--- A class of the plainest sort: itself its instances' metatable, with one method.
M.PLAIN = [[
  local Marker = {}
  Marker.__index = Marker
  function Marker.new() return setmetatable({}, Marker) end
  return Marker
]]

return M
