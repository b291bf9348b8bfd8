--- Accounting: where each byte of the VM's memory is, as a table of integers that prints itself.
-- @module heapy.accounting

local core = require "heapy.core"
local check = require "heapy.check"
local render = require "heapy.render"

local ipairs, rawget, setmetatable = ipairs, rawget, setmetatable

local M = {}
local Accounting = { __name = "heapy.Accounting" }

--- Fields, in the order in which they are printed.
M.fields = { "reachable", "unreachable", "heapy", "vm", "count", "difference" }

-- While a chunk is being read (hp.heap was called from the function given to `load`), the parser's
-- own buffers are in the VM's count and in none of its lists.
local PARSER = "The difference is the buffers of the parser: a chunk is being loaded."
local UNKNOWN = "What the difference is, is not known: heapy's sums are not the VM's."

local function note_on(difference)
  if difference == 0 then return nil end
  return difference > 0 and PARSER or UNKNOWN
end

--- The accounting of a set's snapshot.
-- @param set a Set
-- @treturn table
function M.of(set)
  local accounting = core.accounting(set)
  accounting.note = accounting.note or note_on(accounting.difference)
  return setmetatable(accounting, Accounting)
end

check.figures(Accounting, "an accounting", { note = true })

function Accounting.__tostring(accounting)
  local rows = {}
  for i, field in ipairs(M.fields) do rows[i] = { field, rawget(accounting, field) } end
  local text = "Accounting of the VM's memory, in bytes.\n" .. render.figures(rows)
  local note = rawget(accounting, "note")
  return note and text .. "\n" .. note or text
end

core.own(M)
core.own(Accounting)
return M
