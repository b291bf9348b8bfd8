-- Where a program is that was built for the specs, and whether it is there: some are only where
-- there is a library of Lua to link.

local directory = package.searchpath("heapy_process", package.cpath):match "^(.*)/[^/]*$"

local function there(path)
  local file = io.open(path)
  return file ~= nil and file:close()
end

--- @tparam string name
-- @treturn string its path
-- @treturn boolean whether it is there
return function(name)
  local path = directory .. "/" .. name
  return path, there(path)
end
