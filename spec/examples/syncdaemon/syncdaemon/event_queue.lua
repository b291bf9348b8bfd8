--- Events, delivered in the order they were pushed.
-- A listener is an object with a method `handle_NAME` for each event NAME that
-- it wants. What a handler pushes comes after what is already queued.

local deque = require "syncdaemon.deque"

local EventQueue = {}
EventQueue.__index = EventQueue

local M = { EventQueue = EventQueue }

function M.new()
  return setmetatable({ listeners = {}, pending = deque.new() }, EventQueue)
end

function EventQueue:subscribe(listener)
  self.listeners[#self.listeners + 1] = listener
end

function EventQueue:push(name, ...)
  self.pending:push_right({ name = name, args = table.pack(...) })
end

--- Delivers one event.
-- @treturn boolean false when there was none
function EventQueue:dispatch()
  local event = self.pending:pop_left()
  if not event then return false end
  local method = "handle_" .. event.name
  for _, listener in ipairs(self.listeners) do
    if listener[method] then
      listener[method](listener, table.unpack(event.args, 1, event.args.n))
    end
  end
  return true
end

return M
