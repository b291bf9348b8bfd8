--- Where text goes that heapy prints by itself.
-- @module heapy.output

local core = require "heapy.core"

local M = {}

--- Prints one text, with a newline behind it; while a command of the monitor runs, to its client.
-- @tparam string text
function M.print(text)
  local show = M.show
  if show and core.remote_busy() then return show(text) end
  print(text) -- the program's, as it is now
end

core.own(M)
return M
