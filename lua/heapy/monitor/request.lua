--- A request that a target is to answer, and what it has answered so far.
-- Output that nobody is looking at is kept, up to a bound; what is beyond it is counted.
-- @module heapy.monitor.request

local core = require "heapy.core"

local find, tointeger = string.find, math.tointeger
local concat, min = table.concat, math.min

local M = {}

local KEPT <const> = 16 * 1024 * 1024 -- bytes of output that nobody has looked at, usually

local CANDIDATES <const> = 1000 -- for a word that is to be completed
local WORD <const> = 200 -- bytes of one

local Request = { __name = "heapy.Request" }
Request.__index = Request

--- A request.
-- @tparam integer id
-- @tparam string verb
function M.new(id, verb)
  return setmetatable({ id = id, verb = verb, texts = {}, bytes = 0, lost = 0, most = KEPT },
    Request)
end

-- The candidates of a frame that are what they have to be: words that a terminal can be shown.
local function words_of(candidates)
  local words = {}
  for i = 1, min(#candidates, CANDIDATES) do
    local word = candidates[i]
    if type(word) == "string" and #word <= WORD and find(word, "^[\33-\126]+$") then
      words[#words + 1] = word
    end
  end
  return words
end

--- Takes a frame that answers it.
-- @tparam table frame
function Request:take(frame)
  if type(frame.out) == "string" then
    self.is_nil = frame.out == "nil\n"
    self:keep(frame.out)
  end
  if type(frame.progress) == "string" then self.progress = frame.progress end
  if type(frame.candidates) == "table" then
    self.candidates, self.from = words_of(frame.candidates), tointeger(frame.from)
  end
  self.more = self.more or frame.more == true
  if frame.done then
    self.done, self.ok = true, frame.ok == true
    self.error, self.paused = frame.error, tonumber(frame.paused_ms)
  end
end

function Request:keep(text)
  if self.bytes + #text > self.most then
    self.lost = self.lost + #text
  else
    self.texts[#self.texts + 1] = text
    self.bytes = self.bytes + #text
  end
end

--- Whether there is output that nobody has looked at.
function Request:has_output()
  return self.bytes > 0 or self.lost > 0
end

--- The output since the last look.
-- @treturn string
-- @treturn integer bytes that came too and were not kept
function Request:output()
  local text, lost = concat(self.texts), self.lost
  self.texts, self.bytes, self.lost = {}, 0, 0
  return text, lost
end

--- Ends it for the reason given; for one whose target is gone.
-- @tparam string reason
function Request:fail(reason)
  self.done, self.ok, self.error, self.gone = true, false, reason, true
end

core.own(M)
core.own(Request)
return M
