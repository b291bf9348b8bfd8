--- Frames to bytes and back: four bytes of length, then that many bytes of one JSON object.
-- Knows nothing of sockets. What a target sends is held against the limits before it is kept.
-- @module heapy.monitor.frames

local core = require "heapy.core"
local cjson = require "cjson"

local format, pack, unpack = string.format, string.pack, string.unpack
local byte, sub = string.byte, string.sub
local concat = table.concat

local M = {}

local HEAD <const> = 4
local LARGEST <const> = 1024 * 1024 -- bytes of a frame, from a target and to one

--- A frame.
-- @tparam table object
-- @treturn[1] string bytes
-- @treturn[2] nil
-- @treturn[2] string why it cannot be sent
function M.pack(object)
  local text = cjson.encode(object)
  if #text > LARGEST then
    return nil, format("this is %d bytes long: a target takes %d at most", #text, LARGEST)
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
-- What comes is joined only when a frame is whole, and never moved for a frame that is taken: each
-- byte is copied a few times, however small or large the frames and the pieces are.
function M.reader()
  return setmetatable({
    bytes = "", at = 1, -- the next frame begins there
    pieces = {}, waiting = 0, -- what has come since, and how many bytes that is
    wanted = HEAD, -- bytes of the next frame, as far as that is known
  }, Reader)
end

--- Takes bytes as they come.
-- @tparam string bytes
function Reader:feed(bytes)
  self.pieces[#self.pieces + 1] = bytes
  self.waiting = self.waiting + #bytes
end

-- Whether what is wanted is in `bytes`, where it is brought if it has come.
local function has_wanted(self)
  local there = #self.bytes - self.at + 1
  if there >= self.wanted then return true end
  if there + self.waiting < self.wanted then return false end
  self.bytes = sub(self.bytes, self.at) .. concat(self.pieces)
  self.at, self.pieces, self.waiting = 1, {}, 0
  return true
end

--- The next frame that is there whole.
-- @treturn[1] table its object
-- @treturn[2] nil there is none yet
-- @treturn[3] nil
-- @treturn[3] string what is wrong with the stream; there is no going on
function Reader:next()
  if not has_wanted(self) then return nil end
  local length = unpack(">I4", self.bytes, self.at)
  if length > LARGEST then return nil, format("a frame of %d bytes", length) end
  self.wanted = HEAD + length
  if not has_wanted(self) then return nil end
  local from = self.at + HEAD
  self.at, self.wanted = from + length, HEAD
  return decode(sub(self.bytes, from, from + length - 1))
end

core.own(M)
core.own(Reader)
return M
