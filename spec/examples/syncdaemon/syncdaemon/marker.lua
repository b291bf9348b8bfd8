--- Markers: names for nodes that the server has not named yet.
-- A new file is created and uploaded by two actions. Both are queued at once,
-- so the second needs a name for the node before the first has got its id: the
-- marker stands for it.

local MDMarker = {}
MDMarker.__index = MDMarker

local M = { MDMarker = MDMarker }

--- A marker for the node whose metadata is kept under `mdid`.
function M.new(mdid)
  return setmetatable({ mdid = mdid }, MDMarker)
end

function M.is_marker(value)
  return getmetatable(value) == MDMarker
end

function MDMarker:__tostring()
  return "marker:" .. self.mdid
end

return M
