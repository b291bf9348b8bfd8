#!/usr/bin/env lua5.4
--- Keeps a copy of a directory tree in another directory.

local USAGE = [[
usage: syncdaemon.lua --root DIR --store DIR [--once] [--interval SECONDS]
                     [--debug-heapy_monitor]
  --root DIR          the tree to copy
  --store DIR         where the copy goes; it is made if need be
  --once              one scan, then the end
  --interval SECONDS  the time between two scans (default: 5)
  --debug-heapy_monitor
                      lets "heapy monitor" look in, from another terminal
]]

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../?.lua;" .. package.path

local lfs = require "lfs"
local files = require "syncdaemon.files"
local logger = require "syncdaemon.logger"
local main = require "syncdaemon.main"

local TICK <const> = 0.2

local function fail(message)
  io.stderr:write("syncdaemon: ", message, "\n", USAGE)
  os.exit(2)
end

-- What each option takes: a word from the command line, or nothing.
local flags = { once = true, help = true, ["debug-heapy_monitor"] = true }
local options = { root = true, store = true, interval = true }

local function parse(args)
  local chosen = { interval = "5" }
  local i = 1
  while i <= #args do
    local name = args[i]:match("^%-%-(.+)$")
    if flags[name] then
      chosen[name] = true
    elseif options[name] then
      i = i + 1
      chosen[name] = args[i] or fail("--" .. name .. " needs a value")
    else
      fail("unknown argument " .. args[i])
    end
    i = i + 1
  end
  return chosen
end

local function absolute(path)
  if path:sub(1, 1) ~= "/" then
    path = files.join(lfs.currentdir(), path)
  end
  return (path:gsub("/+$", ""))
end

local function check(chosen)
  if not chosen.root or not chosen.store then
    fail("--root and --store are needed")
  end
  if lfs.attributes(chosen.root, "mode") ~= "directory" then
    fail(chosen.root .. " is not a directory")
  end
  local root, store = absolute(chosen.root), absolute(chosen.store)
  if (root .. "/"):find(store .. "/", 1, true) == 1
    or (store .. "/"):find(root .. "/", 1, true) == 1 then
    fail("--root and --store may not lie in each other")
  end
  local interval = tonumber(chosen.interval)
  if not interval or interval <= 0 then
    fail("--interval needs a number above 0, not " .. chosen.interval)
  end
  return root, store, interval
end

--- Sleeps in short pieces, so that the Lua code has its turn all the time.
-- @treturn boolean false when a signal broke the sleep off
local function sleep(seconds)
  for _ = 1, math.ceil(seconds / TICK) do
    if not os.execute("sleep " .. math.min(TICK, seconds)) then return false end
  end
  return true
end

local function report(status)
  print(("nodes made: %d, files stored: %d, failures: %d"):format(
    status.nodes_made, status.files_stored, status.failures))
end

local chosen = parse(arg)
if chosen.help then
  io.write(USAGE)
  os.exit(0)
end
local root, store, interval = check(chosen)
if chosen["debug-heapy_monitor"] then require("heapy.RM").on() end

local daemon = main.new(root, store)
local log <close> = assert(io.open(files.join(files.join(store, main.STATE), "log"), "a"))
log:setvbuf("line")
logger.set_output(log)
daemon:run(function()
  return not chosen.once and sleep(interval)
end)
daemon:close()
report(daemon.status)
os.exit(daemon.status.failures == 0 and 0 or 1, true)
