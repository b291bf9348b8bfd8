--- The actions: each one knows how to do its work and which event tells of it.
-- `Command` is what they have in common.

local CHUNK <const> = 16 * 1024

local Command = {}
Command.__index = Command

local MakeNode = setmetatable({ name = "MakeNode" }, { __index = Command })
MakeNode.__index = MakeNode

local Upload = setmetatable({ name = "Upload" }, { __index = Command })
Upload.__index = Upload

local M = { CHUNK = CHUNK, Command = Command, MakeNode = MakeNode, Upload = Upload }

function Command:describe()
  return ("%s %s"):format(self.name, self.path)
end

--- Does the work, then tells how it went.
function Command:run()
  local value, failure = self:work()
  if value then
    self:succeed(value)
  else
    self:fail(failure)
  end
end

--- Makes `path`, a "dir" or a "file", in the directory `parent` (id or marker);
-- `mark` stands for the node until then.
function M.make_node(queue, kind, parent, path, mark)
  return setmetatable({
    queue = queue,
    kind = kind,
    parent = queue:demark(parent),
    path = path,
    marker = mark,
  }, MakeNode)
end

function MakeNode:work()
  local parent_id, failure = self.queue:await(self.parent)
  if not parent_id then return nil, failure end
  return self.queue.store:make(self.kind, parent_id, self.path:match("[^/]+$"))
end

function MakeNode:succeed(node_id)
  self.queue.marker_map:set(self.marker, node_id)
  self.queue.event_queue:push("AQ_NODE_MADE", self.marker, node_id)
end

function MakeNode:fail(failure)
  self.queue.marker_map:err(self.marker, failure)
  self.queue.event_queue:push("AQ_NODE_ERROR", self.marker, failure)
end

--- Sends the contents of `path`, whose checksum is `sum`, to the node (id or
-- marker); `key` is the name of its metadata.
function M.upload(queue, node, key, path, sum)
  return setmetatable({
    queue = queue,
    node = queue:demark(node),
    key = key,
    path = path,
    sum = sum,
  }, Upload)
end

local function send(file, upload)
  while true do
    local data, failure = file:read(CHUNK)
    if failure then return nil, failure end
    if not data then return true end
    local ok, why = upload:write(data)
    if not ok then return nil, why end
    coroutine.yield()
  end
end

function Upload:work()
  local node_id, failure = self.queue:await(self.node)
  if not node_id then return nil, failure end
  local file <close>, why = io.open(self.queue:local_path(self.path), "rb")
  if not file then return nil, why end
  local upload, refusal = self.queue.store:begin_upload(node_id)
  if not upload then return nil, refusal end
  local sent, reason = send(file, upload)
  if not sent then
    upload:cancel()
    return nil, reason
  end
  return upload:finish(self.sum)
end

function Upload:succeed()
  self.queue.event_queue:push("AQ_UPLOAD_FINISHED", self.key, self.sum)
end

function Upload:fail(failure)
  self.queue.event_queue:push("AQ_UPLOAD_ERROR", self.key, failure)
end

return M
