--- Counts what was done, for the daemon to say.

local Status = {}
Status.__index = Status

local M = { Status = Status }

function M.new()
  return setmetatable({ nodes_made = 0, files_stored = 0, failures = 0 }, Status)
end

function Status:handle_AQ_NODE_MADE()
  self.nodes_made = self.nodes_made + 1
end

function Status:handle_AQ_UPLOAD_FINISHED()
  self.files_stored = self.files_stored + 1
end

function Status:handle_AQ_NODE_ERROR()
  self.failures = self.failures + 1
end

function Status:handle_AQ_UPLOAD_ERROR()
  self.failures = self.failures + 1
end

return M
