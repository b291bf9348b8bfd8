--- Where the sockets of targets are, and which directories of them can be trusted.
-- A socket is called PID-N.sock, N the number of the Lua state in the process.
-- @module heapy.monitor.places

local core = require "heapy.core"
local client = require "heapy.client"
local lfs = require "lfs"

local find, format, match, sub = string.find, string.format, string.match, string.sub
local getenv = os.getenv
local sort, tointeger = table.sort, math.tointeger

local M = {}

-- RM.on takes no relative one: what is meant is here.
local function absolute(dir)
  local here = sub(dir, 1, 1) ~= "/" and lfs.currentdir()
  return here and here .. "/" .. dir or dir
end

-- Where a user's programs have their sockets.
local function usual(uid)
  return { format("/run/user/%d/heapy", uid), format("/tmp/heapy-%d", uid) }
end

--- The user whose process that is.
-- @tparam integer pid
-- @treturn ?integer nil if there is no such process
function M.owner(pid)
  return lfs.attributes(format("/proc/%d", pid), "uid")
end

-- For root, who looks into another user's process: not what a third one has put there.
local function add_owner(add, pid)
  local owner = client.uid() == 0 and pid and M.owner(pid)
  for _, path in ipairs(owner and owner ~= 0 and usual(owner) or {}) do
    local by = lfs.symlinkattributes(path, "uid")
    if by == owner or by == 0 then add(path) end
  end
end

--- The directories to look into. A target that was started as a service has not the environment of
-- a login, so unless one is named all are looked into where a target of this user may have put it;
-- and for root, where one process is asked for, where a target of its user may.
-- @tparam[opt] string dir
-- @tparam[opt] integer pid
-- @treturn {string,...}
function M.directories(dir, pid)
  dir = dir or getenv "HEAPY_DIR"
  if dir and dir ~= "" then return { absolute(dir) } end
  local list, seen = {}, {}
  local function add(path)
    if not seen[path] then list[#list + 1] = path end
    seen[path] = true
  end
  local runtime = getenv "XDG_RUNTIME_DIR"
  if runtime and runtime ~= "" then add(runtime .. "/heapy") end
  for _, path in ipairs(usual(client.uid())) do add(path) end
  add_owner(add, pid)
  return list
end

--- Whether a user's processes are ours to talk to: our own, and root's; root may talk to all.
-- @tparam integer uid
-- @treturn boolean
function M.trusted(uid)
  local own = client.uid()
  return uid == own or uid == 0 or own == 0
end

-- Why a directory cannot be trusted, or nil.
local function fault(attributes)
  if attributes.mode ~= "directory" then return "is no directory" end
  if not M.trusted(attributes.uid) then
    return format("belongs to user %d", attributes.uid)
  end
  if find(attributes.permissions, "w", 4, true) then return "can be written to by others" end
end

--- The sockets in a directory, by process and number.
-- @tparam string dir
-- @treturn[1] {table,...} each with path, pid and number; none if there is no such directory
-- @treturn[2] nil
-- @treturn[2] string why the directory is not to be trusted
function M.sockets(dir)
  local attributes = lfs.symlinkattributes(dir)
  if not attributes then return {} end
  local wrong = fault(attributes)
  if wrong then return nil, format("%s %s: nothing in it is used", dir, wrong) end
  local list = {}
  local ok, entries, state = pcall(lfs.dir, dir)
  if not ok then return {} end
  for name in entries, state do
    local pid, number = match(name, "^(%d+)%-(%d+)%.sock$")
    pid, number = tointeger(tonumber(pid or "")), tointeger(tonumber(number or ""))
    if pid and number then
      list[#list + 1] = { path = dir .. "/" .. name, pid = pid, number = number }
    end
  end
  sort(list, function(a, b)
    if a.pid ~= b.pid then return a.pid < b.pid end
    return a.number < b.number
  end)
  return list
end

--- What tells a socket from a later one of the same name.
-- @tparam string path
-- @treturn ?string nil if it is gone
function M.identity(path)
  local attributes = lfs.symlinkattributes(path)
  return attributes and format("%s %d %d", path, attributes.ino, attributes.modification)
end

local NEW <const> = 60 -- seconds: a process may be about to listen at a socket it has just made

--- Whether there is a process of that number.
-- @tparam table socket
-- @treturn boolean
function M.lives(socket)
  return lfs.attributes(format("/proc/%d", socket.pid), "mode") ~= nil
end

--- Removes a socket that nobody listens at, if its process is gone, or another has its number.
-- @tparam table socket
function M.sweep(socket)
  local attributes = lfs.symlinkattributes(socket.path)
  if not attributes or attributes.mode ~= "socket" then return end
  local stale = attributes.modification + NEW < os.time()
  if stale or not M.lives(socket) then os.remove(socket.path) end
end

core.own(M)
return M
