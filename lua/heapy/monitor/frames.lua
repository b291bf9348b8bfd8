--- Frames to bytes and back: four bytes of length, then that many bytes of one JSON object.
-- Knows nothing of sockets. What a target sends is held against the limits before it is kept.
-- @module heapy.monitor.frames

local core = require "heapy.core"
local cjson = require "cjson"

local format, pack, unpack = string.format, string.pack, string.unpack
local byte, sub = string.byte, string.sub

local M = {}

local HEAD <const> = 4
local LARGEST <const> = 64 * 1024 -- bytes of a frame from a target
local LARGEST_SENT <const> = 1024 * 1024 -- and to one

--- A frame.
-- @tparam table object
-- @treturn[1] string bytes
-- @treturn[2] nil
-- @treturn[2] string why it cannot be sent
function M.pack(object)
  local text = cjson.encode(object)
  if #text > LARGEST_SENT then
    return nil, format("this is %d bytes long: a target takes %d at most", #text, LARGEST_SENT)
  end
  return pack(">s4", text)
end

-- Null is for JSON what nil is for Lua.
local function without_null(object)
  for key, value in pairs(object) do
    if value == cjson.null then object[key] = nil end
  end
  return object
end

local function decode(text)
  if byte(text) ~= 0x7B then return nil, "a frame that is no JSON object" end
  local ok, object = pcall(cjson.decode, text)
  if not ok then return nil, "a frame that is not JSON" end
  return without_null(object)
end

local Reader = { __name = "heapy.FrameReader" }
Reader.__index = Reader

--- A reader of one stream of frames.
function M.reader()
  return setmetatable({ bytes = "" }, Reader)
end

--- Takes bytes as they come.
-- @tparam string bytes
function Reader:feed(bytes)
  self.bytes = self.bytes .. bytes
end

--- The next frame that is there whole.
-- @treturn[1] table its object
-- @treturn[2] nil there is none yet
-- @treturn[3] nil
-- @treturn[3] string what is wrong with the stream; there is no going on
function Reader:next()
  if #self.bytes < HEAD then return nil end
  local length = unpack(">I4", self.bytes)
  if length > LARGEST then return nil, format("a frame of %d bytes", length) end
  if #self.bytes < HEAD + length then return nil end
  local text = sub(self.bytes, HEAD + 1, HEAD + length)
  self.bytes = sub(self.bytes, HEAD + length + 1)
  return decode(text)
end

core.own(M)
core.own(Reader)
return M
