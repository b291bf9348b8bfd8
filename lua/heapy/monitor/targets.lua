--- The targets there are: found in the directories, connected to, numbered as they answer.
-- Numbers (CID) are given once: a target that comes back is a new connection.
-- @module heapy.monitor.targets

local core = require "heapy.core"
local client = require "heapy.client"
local link = require "heapy.monitor.link"
local places = require "heapy.monitor.places"

local insert, remove = table.insert, table.remove
local huge, min = math.huge, math.min

local M = {}

local MOST <const> = 500 -- connections at a time
local PATIENCE <const> = 1 -- seconds that a greeting is waited for before others have their turn
local PAUSE <const>, LONGEST <const> = 1, 60 -- seconds to the next try where a target has ended it
local KNOCK <const> = 0.5 -- seconds that a program has to listen again
local LASTING <const> = 10 -- seconds after which a connection was one that had come about

local Targets = { __name = "heapy.Targets" }
Targets.__index = Targets

--- A watch over the directories.
-- @tparam {string,...} directories
-- @tparam function tell is told of what happens: "opened", "closed" or "silent" with a connection,
--   "trouble" with a sentence
function M.new(directories, tell)
  return setmetatable({
    directories = directories,
    tell = tell,
    known = {}, -- by identity of the socket: when it may be tried again; huge: it is connected to,
    -- or never
    pauses = {}, -- by identity: how long it was left alone the last time
    knocked = {}, -- by identity: when its process was told that nobody listens there
    links = {}, -- those that are connected, greeted or not
    byid = {}, -- those that were ever greeted, by CID
    count = 0,
    troubles = {},
  }, Targets)
end

-- Tells a trouble once.
function Targets:trouble(sentence)
  if self.troubles[sentence] then return end
  self.troubles[sentence] = true
  self.tell("trouble", sentence)
end

-- Nobody listens: the process is gone, or has closed what it did not know, as daemons do. In the
-- latter case it does not know, and is told.
function Targets:knock(socket, identity)
  local now = client.now()
  if places.lives(socket) and not self.knocked[identity] then
    self.knocked[identity] = now
    client.knock(socket.pid)
  elseif now - (self.knocked[identity] or 0) >= KNOCK then
    places.sweep(socket)
  end
end

function Targets:try(socket)
  local identity = places.identity(socket.path)
  if not identity or client.now() < (self.known[identity] or 0) then return end
  local made, why, kind = link.open(socket)
  if made then
    made.identity = identity
    insert(self.links, made)
    self.known[identity] = huge
  elseif kind == "refused" then
    self:knock(socket, identity)
  elseif kind ~= "again" then
    self:trouble(("%s: %s"):format(socket.path, why))
    self.known[identity] = huge
  end
end

--- Looks for targets that are new.
-- @tparam[opt] function wanted which sockets to connect to; all by default
function Targets:scan(wanted)
  for _, dir in ipairs(self.directories) do
    local sockets, wrong = places.sockets(dir)
    if wrong then self:trouble(wrong) end
    for _, socket in ipairs(sockets or {}) do
      if #self.links < MOST and (not wanted or wanted(socket)) then self:try(socket) end
    end
  end
end

-- A connection has ended. Unless the user has ended it, or there is no hope, its socket is tried
-- again, if it is still there: the program may have dropped a connection that was too slow for it,
-- or had too many. Longer pauses follow where it is always the same.
function Targets:leave(connection)
  if connection.closed == "closed" or connection.hopeless then return end
  local now, identity = client.now(), connection.identity
  local last = now - connection.since < LASTING and self.pauses[identity]
  local pause = last and min(2 * last, LONGEST) or PAUSE
  self.known[identity], self.pauses[identity] = now + pause, pause
end

-- Numbers a connection once it has greeted, tells of its end.
function Targets:look(connection)
  if connection.greeting and not connection.cid then
    self.count = self.count + 1
    connection.cid = self.count
    self.byid[connection.cid] = connection
    self.tell("opened", connection)
  end
  if connection.closed then
    self:leave(connection)
    if connection.cid then
      self.tell("closed", connection)
    elseif connection.closed ~= "closed" then
      self:trouble(("process %d: %s"):format(connection.socket.pid, connection.closed))
    end
  end
end

-- Tells once of those that take long to greet: the first client of a program has to wait until
-- that is back from a C function.
function Targets:look_at_silent()
  local now = client.now()
  for _, connection in ipairs(self.links) do
    if not connection.greeting and not connection.silent and now - connection.since >= PATIENCE then
      connection.silent = true
      self.tell("silent", connection)
    end
  end
end

--- Gives each connection its turn.
-- @tparam {table,...} ready links whose sockets are ready
function Targets:turn(ready)
  for _, connection in ipairs(ready) do
    if not connection.closed then
      connection:flush()
      connection:receive()
    end
  end
  for i = #self.links, 1, -1 do
    if self.links[i].closed then insert(ready, remove(self.links, i)) end
  end
  for _, connection in ipairs(ready) do
    if not connection.told then self:look(connection) end
    connection.told = connection.closed and true
  end
  self:look_at_silent()
end

--- Ends a connection for good.
function Targets:close(connection)
  connection:close()
  self:turn {}
end

--- Whether no target is about to greet us, or to listen.
function Targets:settled()
  local now = client.now()
  for _, since in pairs(self.knocked) do
    if now - since < KNOCK then return false end
  end
  for _, connection in ipairs(self.links) do
    if not connection.greeting and now - connection.since < PATIENCE then return false end
  end
  return true
end

--- The open connections that have greeted, by CID.
function Targets:open()
  local list = {}
  for cid = 1, self.count do
    if not self.byid[cid].closed then list[#list + 1] = self.byid[cid] end
  end
  return list
end

core.own(M)
core.own(Targets)
return M
