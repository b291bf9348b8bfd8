--- One connection to one target: its greeting, requests and their answers.
-- Never waits: what is to be sent is kept until the socket takes it.
-- @module heapy.monitor.link

local core = require "heapy.core"
local client = require "heapy.client"
local frames = require "heapy.monitor.frames"
local places = require "heapy.monitor.places"
local request = require "heapy.monitor.request"

local format, sub, tointeger = string.format, string.sub, math.tointeger

-- What is asked beside the user's commands.
local ASIDE = { ping = true, interrupt = true, complete = true }

local M = {}

local VERSION <const> = 1 -- of the wire
local READS <const> = 32 -- at a time, before others have their turn
local REASON <const> = 200 -- bytes of what a target says when it ends the connection

local Link = { __name = "heapy.TargetLink" }
Link.__index = Link

--- Connects.
-- @tparam table socket as `places.sockets` lists them
-- @treturn[1] table the link
-- @treturn[2] nil
-- @treturn[2] string why not
-- @treturn[2] ?string "again": it may work later; "refused": nobody listens there
function M.open(socket)
  local handle, why, kind = client.connect(socket.path)
  if not handle then return nil, why, kind end
  local uid = why
  if not places.trusted(uid) then
    client.close(handle)
    return nil, format("user %d listens there", uid)
  end
  return setmetatable({
    socket = socket,
    handle = handle,
    since = client.now(),
    reader = frames.reader(),
    requests = {}, -- by id, those that are not done
    last = 0, -- id
    sending = "",
    sent = 1,
  }, Link)
end

-- The greeting, as far as it is what it has to be.
local function greeting(frame)
  if frame.error then return nil, tostring(frame.error) end
  if frame.heapy ~= VERSION then
    return nil, format("it speaks version %s of the protocol, this is version %d",
      tostring(tointeger(frame.heapy) or frame.heapy), VERSION)
  end
  local pid = tointeger(frame.pid)
  if not pid then return nil, "its greeting has no pid" end
  local argv = {}
  for i, word in ipairs(type(frame.argv) == "table" and frame.argv or {}) do
    argv[i] = tostring(word)
  end
  return {
    pid = pid,
    state = tointeger(frame.state) or 1,
    argv = argv,
    name = type(frame.name) == "string" and frame.name or nil,
    console = frame.console == true,
  }
end

--- Ends it; requests that are not done fail.
-- @tparam[opt] string why nil: it was the user's wish
function Link:close(why)
  if self.closed then return end
  self.closed = why or "closed"
  client.close(self.handle)
  for _, waiting in pairs(self.requests) do
    waiting:fail(format("the connection is closed: %s", self.closed))
  end
  self.requests = {}
end

-- Ends it for a reason that the user is to know. What speaks no wire of ours is not tried again.
local function break_off(self, reason, hopeless)
  self.reason, self.hopeless = sub(reason, 1, REASON), hopeless
  self:close(self.reason)
end

-- A target ends a connection that asks nothing, so it is asked something at once.
local function meet(self, frame)
  local good, why = greeting(frame)
  if not good then return break_off(self, why, not frame.error) end
  self.greeting = good
  self:request "ping"
end

function Link:take(frame)
  if not self.greeting then return meet(self, frame) end
  local asked = self.requests[tointeger(frame.id)]
  if asked then
    asked:take(frame)
    if asked.done then self.requests[asked.id] = nil end
  elseif frame.error or frame.bye then
    break_off(self, tostring(frame.error or frame.bye))
  end
end

-- What has come, as far as that is for one turn: all of it, for a target does not wait long for its
-- clients. Answers what has ended it, if something has.
local function read(self)
  for _ = 1, READS do
    local bytes, why, kind = client.read(self.handle)
    if bytes == "" then return "the target has ended it" end
    if not bytes then return kind ~= "again" and why or nil end
    self.reader:feed(bytes)
  end
end

--- Takes what has come. Call it when the socket is ready.
function Link:receive()
  local ended = read(self)
  repeat
    local frame, wrong = self.reader:next()
    if wrong then break_off(self, "the target sent " .. wrong, true) end
    if frame then self:take(frame) end
  until not frame or self.closed
  if ended then self:close(ended) end
end

--- Sends what the socket takes. Call it when the socket is ready.
function Link:flush()
  if self.closed or self.sent > #self.sending then return end
  local next_byte, why, kind = client.write(self.handle, self.sending, self.sent)
  if next_byte then
    self.sent = next_byte
    if self.sent > #self.sending then self.sending, self.sent = "", 1 end
  elseif kind ~= "again" then
    self:close(why)
  end
end

--- Whether there is something to send.
function Link:wants_to_send()
  return self.sent <= #self.sending
end

function Link:send(object)
  local bytes, why = frames.pack(object)
  if not bytes then return nil, why end
  self.sending = self.sending:sub(self.sent) .. bytes
  self.sent = 1
  self:flush()
  return true
end

--- Asks something of the target.
-- @tparam string verb
-- @tparam[opt] string code
-- @treturn table the request: look at it until it is done
function Link:request(verb, code)
  self.last = self.last + 1
  local asked = request.new(self.last, verb)
  if self.closed then
    asked:fail(format("the connection is closed: %s", self.closed))
    return asked
  end
  self.requests[asked.id] = asked
  local sent, why = self:send { id = asked.id, ["do"] = verb, code = code }
  if not sent then
    self.requests[asked.id] = nil
    asked:fail(why)
    asked.gone = nil
  end
  return asked
end

--- Breaks what the target does for this connection.
function Link:interrupt()
  return self:request("interrupt")
end

--- Whether a command is not done.
function Link:busy()
  for _, asked in pairs(self.requests) do
    if not ASIDE[asked.verb] then return true end
  end
  return false
end

core.own(M)
core.own(Link)
core.own(client)
core.own(client.Link)
return M
