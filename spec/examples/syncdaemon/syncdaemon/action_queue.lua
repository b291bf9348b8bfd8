--- What is to be done at the server, in the order it was asked for.
-- An action is a coroutine: it runs until it waits for a node's id or has sent
-- a chunk, then the next one has its turn. At most `LIMIT` actions are under way.
-- One never waits for an action queued after it, so the oldest can always go on.

local commands = require "syncdaemon.commands"
local deferred = require "syncdaemon.deferred"
local deque = require "syncdaemon.deque"
local files = require "syncdaemon.files"
local logger = require "syncdaemon.logger"
local marker = require "syncdaemon.marker"

local LIMIT <const> = 4

local log = logger.get("syncdaemon.action_queue")

local DeferredMap = {}
DeferredMap.__index = DeferredMap

local ActionQueue = {}
ActionQueue.__index = ActionQueue

local M = { ActionQueue = ActionQueue, DeferredMap = DeferredMap }

--- Deferreds by key: any number may wait for the value of one key.
function M.new_deferred_map()
  return setmetatable({ waiting = {} }, DeferredMap)
end

--- A deferred that is fired when the key's value is known.
function DeferredMap:get(key)
  local d = deferred.new()
  local list = self.waiting[key]
  if list then
    list[#list + 1] = d
  else
    self.waiting[key] = { d }
  end
  return d
end

--- Those who wait for the key; from now on nobody does.
function DeferredMap:take(key)
  local list = self.waiting[key]
  self.waiting[key] = nil
  return list or {}
end

--- The value of the key is known: tells all who wait for it.
function DeferredMap:set(key, value)
  for _, d in ipairs(self.waiting[key] or {}) do
    d:callback(value)
  end
end

--- The key will never have a value: tells all who wait for it.
function DeferredMap:err(key, failure)
  for _, d in ipairs(self:take(key)) do
    d:errback(failure)
  end
end

--- A queue for the files below `root`.
function M.new(event_queue, store, root)
  return setmetatable({
    event_queue = event_queue,
    store = store,
    root = root,
    marker_map = M.new_deferred_map(),
    queued = deque.new(),
    ready = deque.new(),
    active = 0,
  }, ActionQueue)
end

--- A deferred for the id of a node, given as its id or as its marker.
function ActionQueue:demark(node)
  if marker.is_marker(node) then
    return self.marker_map:get(node)
  end
  return deferred.succeed(node)
end

function ActionQueue:make_node(kind, parent, path, mark)
  self.queued:push_right(commands.make_node(self, kind, parent, path, mark))
end

function ActionQueue:upload(node, key, path, sum)
  self.queued:push_right(commands.upload(self, node, key, path, sum))
end

--- Where a file lies on this side.
function ActionQueue:local_path(path)
  return files.join(self.root, path)
end

--- Inside an action: the deferred's value, or nil and the failure.
function ActionQueue:await(d)
  if not d.called then
    local co = coroutine.running()
    d:add_callback(function() self.ready:push_right(co) end)
    coroutine.yield("waiting")
  end
  return d.value, d.failure
end

local function next_action(self)
  if self.active < LIMIT then
    local command = self.queued:pop_left()
    if command then
      self.active = self.active + 1
      log:info("%s", command:describe())
      return coroutine.create(function() command:run() end)
    end
  end
  return self.ready:pop_left()
end

--- Gives one action its turn.
-- @treturn boolean false when there was nothing to do
function ActionQueue:step()
  local co = next_action(self)
  if not co then return false end
  local ok, state = coroutine.resume(co)
  if not ok then
    error(debug.traceback(co, state), 0)
  elseif coroutine.status(co) == "dead" then
    self.active = self.active - 1
  elseif state ~= "waiting" then
    self.ready:push_right(co)
  end
  return true
end

--- How many actions are queued or under way.
function ActionQueue:pending()
  return self.queued:length() + self.active
end

return M
