--- Records on disk, one small file each. One that a crash has cut short lacks
-- some lines, no more.
-- FileShelf reads and writes; CachedFileShelf does the same with an LRUCache in
-- front. A key is a string or an object with a field `mdid`.

local files = require "syncdaemon.files"
local lru_cache = require "syncdaemon.lru_cache"
local record = require "syncdaemon.record"

local FileShelf = {}
FileShelf.__index = FileShelf

local CachedFileShelf = setmetatable({}, { __index = FileShelf })
CachedFileShelf.__index = CachedFileShelf

local M = { FileShelf = FileShelf, CachedFileShelf = CachedFileShelf }

local function init(self, dir)
  assert(files.make_dirs(dir))
  self.dir = dir
  return self
end

function M.new(dir)
  return init(setmetatable({}, FileShelf), dir)
end

function M.new_cached(dir, capacity)
  local self = init(setmetatable({}, CachedFileShelf), dir)
  self.cache = lru_cache.new(capacity)
  return self
end

--- Where the record of a key lies: in one of 256 directories, by its beginning.
function FileShelf:path_of(key)
  local mdid = type(key) == "string" and key or key.mdid
  return files.join(files.join(self.dir, mdid:sub(1, 2)), mdid)
end

--- @treturn table the record of the key, or nil
function FileShelf:get(key)
  local text = files.read(self:path_of(key))
  return text and record.decode(text)
end

--- Writes the record of the key: true, or nil and why not.
function FileShelf:set(key, fields)
  local path = self:path_of(key)
  local ok, why = files.make_dirs(path:match("^(.*)/"))
  if not ok then return nil, why end
  return files.write(path, record.encode(fields))
end

function CachedFileShelf:get(key)
  local fields = self.cache:get(key)
  if not fields then
    fields = FileShelf.get(self, key)
    if fields then
      self.cache:set(key, fields)
    end
  end
  return fields
end

function CachedFileShelf:set(key, fields)
  self.cache:set(key, fields)
  return FileShelf.set(self, key, fields)
end

return M
