--- A result that is not there yet.
-- It is fired once, with a value or with a failure; who asks before that leaves
-- a function to be called.

local Deferred = {}
Deferred.__index = Deferred

local M = { Deferred = Deferred }

function M.new()
  return setmetatable({ called = false, callbacks = {} }, Deferred)
end

--- A deferred that is fired already.
function M.succeed(value)
  local deferred = M.new()
  deferred:callback(value)
  return deferred
end

local function fire(self, value, failure)
  assert(not self.called, "a deferred is fired once")
  self.called, self.value, self.failure = true, value, failure
  while #self.callbacks > 0 do
    table.remove(self.callbacks, 1)(value, failure)
  end
end

function Deferred:callback(value)
  fire(self, value, nil)
end

function Deferred:errback(failure)
  fire(self, nil, failure)
end

--- Calls `fn(value, failure)` when the result is there, at once if it is.
function Deferred:add_callback(fn)
  if self.called then
    fn(self.value, self.failure)
  else
    self.callbacks[#self.callbacks + 1] = fn
  end
end

return M
