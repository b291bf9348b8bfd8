--- The console in the monitor's own process: a few lines of Lua, with heapy in hp.
-- @module heapy.monitor.here

local client = require "heapy.client"
local core = require "heapy.core"
local console = require "heapy.console.eval"
local shown = require "heapy.console.shown"

local concat = table.concat
local pack, unpack = table.pack, table.unpack

local M = {}

local Here = { __name = "heapy.Here" }
Here.__index = Here

--- A console.
-- @tparam table screen
function M.new(screen)
  local variables = setmetatable({ hp = require "heapy" }, { __index = _G })
  return setmetatable({ screen = screen, variables = variables }, Here)
end

local function texts_of(values)
  local texts = {}
  for i = 1, values.n do texts[i] = tostring(values[i]) end
  return concat(texts, "\t")
end

-- As pcall, but Ctrl-C ends it.
local function call(f)
  local thread = coroutine.create(f)
  client.watch(thread)
  return pack(coroutine.resume(thread))
end

--- Runs a chunk, prints what it gives. Ctrl-C breaks it off.
-- @tparam string code
-- @treturn boolean whether it is incomplete
function Here:eval(code)
  local chunk, why, incomplete = console.compile(code, "=stdin", self.variables)
  if incomplete then return true end
  if not chunk then
    self.screen:line(why)
    return false
  end
  local results = call(chunk)
  if not results[1] then
    self.screen:line(shown.problem(results[2]))
  elseif results.n > 1 then
    self.screen:line(texts_of(pack(unpack(results, 2, results.n))))
  end
  return false
end

core.own(M)
core.own(Here)
return M
