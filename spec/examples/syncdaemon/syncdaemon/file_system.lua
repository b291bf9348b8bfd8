--- What is known of each file and directory below the root.
-- The metadata lies on a shelf under its `mdid`, which follows from the path.
-- Fields: path, kind ("dir" or "file"), node_id (once the server has named it)
-- and, for a file, size, mtime, seen (when we looked) and sum: the checksum of
-- the contents that the server has, absent while it has older ones or none.

local checksum = require "syncdaemon.checksum"
local file_shelf = require "syncdaemon.file_shelf"
local marker = require "syncdaemon.marker"

local CACHED <const> = 100

local FileSystem = {}
FileSystem.__index = FileSystem

local M = { CACHED = CACHED, FileSystem = FileSystem }

--- Opens the metadata kept in `dir`.
function M.open(dir)
  return setmetatable({ shelf = file_shelf.new_cached(dir, CACHED) }, FileSystem)
end

--- The metadata of a path, and the key to ask for it again; nil if there is none.
function FileSystem:find(path)
  local mdid = checksum.of_string(path)
  return self.shelf:get(mdid), mdid
end

--- Keeps metadata for a node that has no id yet.
-- @treturn MDMarker the key of its metadata until the server has answered
function FileSystem:create(metadata)
  local mark = marker.new(checksum.of_string(metadata.path))
  self:save(mark, metadata)
  return mark
end

function FileSystem:get(key)
  return self.shelf:get(key)
end

function FileSystem:save(key, metadata)
  assert(self.shelf:set(key, metadata))
end

return M
