--- Where text goes that heapy prints by itself.
-- @module heapy.output

local core = require "heapy.core"

local M = {}

--- Prints one text, with a newline behind it. The monitor's console puts another in its place while
-- a command of it runs.
-- @tparam string text
function M.print(text)
  print(text) -- the program's, as it is now
end

core.own(M)
return M
