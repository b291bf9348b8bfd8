--- Finds what is new or changed below a directory and pushes an event for each.
-- Symbolic links, devices and the like are left alone.

local lfs = require "lfs"
local checksum = require "syncdaemon.checksum"
local files = require "syncdaemon.files"
local logger = require "syncdaemon.logger"
local store = require "syncdaemon.store"

local CHUNK <const> = 64 * 1024

local log = logger.get("syncdaemon.scanner")

local Scanner = {}
Scanner.__index = Scanner

local M = { Scanner = Scanner }

function M.new(root, file_system, event_queue)
  return setmetatable({
    root = root, file_system = file_system, event_queue = event_queue,
  }, Scanner)
end

local function scan_file(self, parent, path, attributes)
  local metadata, key = self.file_system:find(path)
  local known = metadata and metadata.node_id
  -- A file written in the second in which we looked may have changed since and
  -- still bear that second as its time.
  if known and metadata.sum and metadata.size == attributes.size
    and metadata.mtime == attributes.modification
    and metadata.mtime < metadata.seen - 1 then
    return
  end
  local seen = os.time()
  local sum, why = checksum.of_file(files.join(self.root, path), CHUNK)
  if not sum then
    log:warning("%s", why)
    return
  end
  local same = known and metadata.sum == sum
  local now = {
    path = path,
    kind = "file",
    node_id = known,
    size = attributes.size,
    mtime = attributes.modification,
    seen = seen,
    sum = same and sum or nil,
  }
  if not known then
    local mark = self.file_system:create(now)
    self.event_queue:push("FS_FILE_CREATE", parent, path, mark, sum)
    return
  end
  self.file_system:save(key, now)
  if not same then
    self.event_queue:push("FS_FILE_CHANGED", known, key, path, sum)
  end
end

local scan_entries

local function scan_dir(self, parent, path)
  local metadata = self.file_system:find(path)
  local node = metadata and metadata.node_id
  if not node then
    node = self.file_system:create({ path = path, kind = "dir" })
    self.event_queue:push("FS_DIR_CREATE", parent, path, node)
  end
  scan_entries(self, node, path)
end

function scan_entries(self, parent, dir)
  local names, why = files.list(files.join(self.root, dir))
  if not names then
    log:warning("%s", why)
    return
  end
  for _, name in ipairs(names) do
    local path = files.join(dir, name)
    local attributes = lfs.symlinkattributes(files.join(self.root, path))
    local mode = attributes and attributes.mode
    if mode == "directory" then
      scan_dir(self, parent, path)
    elseif mode == "file" then
      scan_file(self, parent, path, attributes)
    end
  end
end

--- Looks through the whole tree once.
function Scanner:scan()
  scan_entries(self, store.ROOT, "")
end

return M
