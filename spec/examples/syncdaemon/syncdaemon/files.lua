--- The few things that io and lfs do not do in one call.

local lfs = require "lfs"

local M = {}

function M.join(dir, name)
  if dir == "" then return name end
  return dir .. "/" .. name
end

--- Makes a directory and those above it.
function M.make_dirs(path)
  if lfs.attributes(path, "mode") == "directory" then return true end
  local parent = path:match("^(.+)/[^/]+/*$")
  if parent then
    local ok, why = M.make_dirs(parent)
    if not ok then return nil, why end
  end
  return lfs.mkdir(path)
end

--- The names in a directory, sorted; or nil and why not.
function M.list(path)
  local ok, iter, dir = pcall(lfs.dir, path)
  if not ok then return nil, iter end
  local names = {}
  for name in iter, dir do
    if name ~= "." and name ~= ".." then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

--- The contents of a file; or nil and why not.
function M.read(path)
  local file <close>, why = io.open(path, "rb")
  if not file then return nil, why end
  return file:read("a")
end

--- Writes a file anew: true, or nil and why not.
function M.write(path, data)
  local file, why = io.open(path, "wb")
  if not file then return nil, why end
  local ok
  ok, why = file:write(data)
  local closed, close_why = file:close()
  if not ok or not closed then return nil, why or close_why end
  return true
end

return M
