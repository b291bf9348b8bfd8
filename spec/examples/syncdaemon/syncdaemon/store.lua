--- The server's side: a directory with a copy of each file, and the ids of all.
-- Ids are given once and kept in a journal, so they last as long as the store.
-- A file's new contents take the place of the old in one step, when they are
-- complete and their checksum is the promised one.

local checksum = require "syncdaemon.checksum"
local files = require "syncdaemon.files"
local record = require "syncdaemon.record"

local Node = {}
Node.__index = Node

local Upload = {}
Upload.__index = Upload

local Store = {}
Store.__index = Store

local M = { Node = Node, Store = Store, Upload = Upload, ROOT = "root" }

local function add(self, id, kind, path)
  local node = setmetatable({ id = id, kind = kind, path = path }, Node)
  self.nodes[id], self.ids[path] = node, id
  return node
end

local function read_journal(self, path)
  for line in (files.read(path) or ""):gmatch("[^\n]+") do
    local id, number, kind, escaped = line:match("^(n(%x+)) (%a+) (%S+)$")
    if id then
      add(self, id, kind, record.unescape(escaped))
      self.last_id = math.max(self.last_id, tonumber(number, 16))
    end
  end
end

--- Opens the store in `dir`; `state_dir` is where it keeps its own files.
function M.open(dir, state_dir)
  assert(files.make_dirs(dir))
  assert(files.make_dirs(state_dir))
  local self = setmetatable({
    dir = dir, state_dir = state_dir, nodes = {}, ids = {}, last_id = 0,
  }, Store)
  add(self, M.ROOT, "dir", "")
  local journal_path = files.join(state_dir, "nodes")
  read_journal(self, journal_path)
  self.journal = assert(io.open(journal_path, "a"))
  self.journal:setvbuf("line")
  return self
end

function Store:close()
  self.journal:close()
end

local function path_in(self, node)
  return node.path == "" and self.dir or files.join(self.dir, node.path)
end

--- The id of `name` in the directory `parent_id`, a new one if need be;
-- or nil and why not.
function Store:make(kind, parent_id, name)
  local parent = self.nodes[parent_id]
  if not parent or parent.kind ~= "dir" then
    return nil, ("no directory %s in the store"):format(parent_id)
  end
  local path = files.join(parent.path, name)
  local known = self.nodes[self.ids[path]]
  if known and known.kind == kind then return known.id end
  if kind == "dir" then
    local ok, why = files.make_dirs(files.join(self.dir, path))
    if not ok then return nil, why end
  end
  self.last_id = self.last_id + 1
  local id = ("n%06x"):format(self.last_id)
  local ok, why = self.journal:write(("%s %s %s\n"):format(id, kind, record.escape(path)))
  if not ok then return nil, why end
  return add(self, id, kind, path).id
end

--- Begins to receive the contents of a file; or nil and why not.
function Store:begin_upload(id)
  local node = self.nodes[id]
  if not node or node.kind ~= "file" then
    return nil, ("no file %s in the store"):format(id)
  end
  local part = files.join(self.state_dir, id .. ".part")
  local file, why = io.open(part, "wb")
  if not file then return nil, why end
  return setmetatable({ file = file, part = part, path = path_in(self, node) }, Upload)
end

--- Receives one chunk: true, or nil and why not.
function Upload:write(data)
  self.sum = checksum.update(self.sum, data)
  local ok, why = self.file:write(data)
  return ok and true, why
end

--- All is sent: true if it is kept, or nil and why not.
function Upload:finish(promised_sum)
  local ok, why = self.file:close()
  if ok and checksum.hex(self.sum) ~= promised_sum then
    ok, why = nil, "the contents changed on their way"
  end
  if ok then
    ok, why = os.rename(self.part, self.path)
  end
  if not ok then
    os.remove(self.part)
  end
  return ok, why
end

--- The sender gave up.
function Upload:cancel()
  self.file:close()
  os.remove(self.part)
end

return M
