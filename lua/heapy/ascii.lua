--- What is needed of `utf8`, for hosts without that library: bytes above ASCII are no characters.
-- @module heapy.ascii

local core = require "heapy.core"

local find, sub = string.find, string.sub

local M = { char = string.char, codepoint = string.byte }

--- As utf8.len.
-- @tparam string text
-- @tparam[opt] integer i
-- @tparam[opt] integer j
-- @treturn ?integer nil if there is another byte
function M.len(text, i, j)
  local part = sub(text, i or 1, j or -1)
  return not find(part, "[\x80-\xFF]") and #part or nil
end

--- As utf8.offset.
-- @tparam string _ text
-- @tparam integer n
-- @treturn integer
function M.offset(_, n) return n end

core.own(M)
return M
