--- Where a page of rows ends.
-- @module heapy.page

local core = require "heapy.core"

local M = {}

--- Rows on a page.
M.length = 10

--- The last row of the page that starts at row `first`.
-- A page never leaves exactly one row for the next: the message would take the same line.
-- @tparam integer first from 0
-- @tparam integer total rows in all
-- @tparam[opt=10] integer length rows on a page
-- @treturn integer less than `first` where there are no more rows
function M.last(first, total, length)
  length = length or M.length
  if total - first <= length + 1 then return total - 1 end
  return first + length - 1
end

core.own(M)
return M
