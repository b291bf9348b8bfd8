--- What follows from what: turns events of the file system into actions, and the
-- answers to those into metadata.

local logger = require "syncdaemon.logger"

local log = logger.get("syncdaemon.sync")

local Sync = {}
Sync.__index = Sync

local M = { Sync = Sync }

function M.new(action_queue, file_system)
  return setmetatable({ action_queue = action_queue, file_system = file_system }, Sync)
end

function Sync:handle_FS_DIR_CREATE(parent, path, mark)
  self.action_queue:make_node("dir", parent, path, mark)
end

function Sync:handle_FS_FILE_CREATE(parent, path, mark, sum)
  self.action_queue:make_node("file", parent, path, mark)
  self.action_queue:upload(mark, mark, path, sum)
end

function Sync:handle_FS_FILE_CHANGED(node_id, key, path, sum)
  self.action_queue:upload(node_id, key, path, sum)
end

function Sync:handle_AQ_NODE_MADE(mark, node_id)
  local metadata = self.file_system:get(mark)
  metadata.node_id = node_id
  self.file_system:save(mark, metadata)
  log:info("%s is node %s", mark, node_id)
end

function Sync:handle_AQ_UPLOAD_FINISHED(key, sum)
  local metadata = self.file_system:get(key)
  metadata.sum = sum
  self.file_system:save(key, metadata)
  log:info("%s is stored, checksum %s", metadata.path, sum)
end

--- The next scan finds it missing again and makes the next attempt.
function Sync:handle_AQ_NODE_ERROR(mark, failure)
  log:warning("no node for %s: %s", self.file_system:get(mark).path, failure)
end

function Sync:handle_AQ_UPLOAD_ERROR(key, failure)
  log:warning("%s is not stored: %s", self.file_system:get(key).path, failure)
end

return M
