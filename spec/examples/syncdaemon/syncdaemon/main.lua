--- The daemon: its parts, put together.

local action_queue = require "syncdaemon.action_queue"
local event_queue = require "syncdaemon.event_queue"
local file_system = require "syncdaemon.file_system"
local files = require "syncdaemon.files"
local scanner = require "syncdaemon.scanner"
local status = require "syncdaemon.status"
local store = require "syncdaemon.store"
local sync = require "syncdaemon.sync"

-- The daemon's own files, in the store.
local STATE <const> = ".syncdaemon"

local Main = {}
Main.__index = Main

local M = { Main = Main, STATE = STATE }

--- A daemon that copies what is below `root` to `store_dir`.
function M.new(root, store_dir)
  local state_dir = files.join(store_dir, STATE)
  local self = setmetatable({}, Main)
  self.store = store.open(store_dir, state_dir)
  self.file_system = file_system.open(files.join(state_dir, "metadata"))
  self.event_queue = event_queue.new()
  self.action_queue = action_queue.new(self.event_queue, self.store, root)
  self.scanner = scanner.new(root, self.file_system, self.event_queue)
  self.status = status.new()
  self.event_queue:subscribe(sync.new(self.action_queue, self.file_system))
  self.event_queue:subscribe(self.status)
  return self
end

--- Looks for new and changed files. A node gets one marker, so this has to wait
-- until all is done that the last scan has found.
function Main:scan()
  assert(self.action_queue:pending() == 0, "there are actions under way")
  self.scanner:scan()
end

--- Delivers the events and gives one action its turn.
-- @treturn boolean false when there is nothing left to do
function Main:step()
  local busy = false
  while self.event_queue:dispatch() do
    busy = true
  end
  return self.action_queue:step() or busy
end

--- Works until there is nothing left to do.
function Main:settle()
  while self:step() do end
end

--- Scans and works, then calls `rest`, again and again until that returns false.
function Main:run(rest)
  repeat
    self:scan()
    self:settle()
  until not rest()
end

function Main:close()
  self.store:close()
end

return M
