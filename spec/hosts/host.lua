--- What the specs of real programs share: where they are, their configuration, their clients, and
-- a monitor in a terminal.

local client = require "heapy.client"
local lfs = require "lfs"
local process = require "heapy_process"
local target = dofile "spec/remote/target.lua"
local support = target.support

local M = { target = target, inside = target.inside, sleep = target.sleep, port = process.port }

local cache = assert(os.getenv "HEAPY_HOSTS", "run these specs by 'make hosts'")

--- Where a suite's packages are unpacked.
function M.root(suite) return ("%s/%s/root"):format(cache, suite) end

--- A program of a suite.
function M.program(suite, name) return ("%s/%s/%s"):format(cache, suite, name) end

--- A file in the spec's own directory.
-- @treturn string its path
function M.file(name, text)
  local path = support.dir .. "/" .. name
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
  return path
end

--- The text with its @NAME@ replaced.
function M.fill(text, values)
  return (text:gsub("@(%a+)@", function(name) return tostring(assert(values[name], name)) end))
end

-- Lua prefers LUA_PATH_5_4 where that is set.
local function in_front(name, paths)
  if os.getenv(name .. "_5_4") then name = name .. "_5_4" end
  return ("%s=%s;%s"):format(name, paths, os.getenv(name) or ";")
end

--- What lets the Lua of a suite find that suite's packages, behind heapy's own.
function M.environment(suite)
  local root = M.root(suite)
  local shared, binary = {}, {}
  -- What there is for 5.2 alone is Lua, and does in 5.4, too.
  for i, release in ipairs { "5.4", "5.3", "5.2" } do
    shared[i] = ("%s/usr/share/lua/%s/?.lua"):format(root, release)
  end
  for name in lfs.dir(root .. "/usr/lib") do
    local place = ("%s/usr/lib/%s/lua/5.4"):format(root, name)
    if lfs.attributes(place, "mode") then binary[#binary + 1] = place .. "/?.so" end
  end
  return { in_front("LUA_PATH", table.concat(shared, ";")),
    in_front("LUA_CPATH", table.concat(binary, ";")) }
end

--- Starts a server, and waits until somebody listens at the port; says what the program said if
-- nobody does.
-- @tparam integer port
-- @tparam {string,...} command
-- @tparam[opt] {string,...} environment
-- @treturn table the program
function M.serve(port, command, environment)
  local program = support.piped(command, environment)
  target.eventually(function()
    local fd = process.dial(port)
    if fd then process.close(fd) end
    if not fd and process.ended(program.pid) then
      program.status = -1
      error("it ended: " .. select(2, program:wait()), 0)
    end
    return fd
  end)
  return program
end

-- ---- clients ---------------------------------------------------------------------------------

local Load = {}
Load.__index = Load

--- Starts clients: see load.lua.
-- @tparam string kind
-- @tparam integer port
-- @tparam integer clients
-- @tparam[opt=0] number pause
-- @tparam[opt] string path
function M.load(kind, port, clients, pause, path)
  local program = support.piped { support.lua, "spec/hosts/load.lua", kind, tostring(port),
    tostring(clients), tostring(pause or 0), path }
  program:expect "ready\n"
  return setmetatable({ program = program }, Load)
end

--- Ends them; fails unless everything they sent came back.
-- @treturn integer how much that was
function Load:finish()
  self.program:enter ""
  local status, text = self.program:wait()
  local sent, answered, failed = text:match "(%d+) sent, (%d+) answered, (%d+) failed"
  assert(status == 0 and failed == "0" and sent == answered, text)
  return tonumber(sent)
end

local Question = {}
Question.__index = Question

--- Asks once, without waiting.
function M.start_http(port, path)
  local fd = assert(process.dial(port))
  assert(process.write(fd, ("GET %s HTTP/1.0\r\n\r\n"):format(path)))
  return setmetatable({ fd = fd, text = "" }, Question)
end

--- Whether the whole answer has come, in so many seconds.
function Question:done(seconds)
  if not client.poll({ self.fd }, { false }, seconds or 0)[1] then return false end
  local bytes = client.read(self.fd) or ""
  self.text = self.text .. bytes
  if bytes == "" then process.close(self.fd) end
  return bytes == ""
end

--- Asks once.
-- @treturn string the answer
function M.ask_http(port, path)
  local question = M.start_http(port, path)
  target.eventually(function() return question:done(1) end)
  return question.text
end

-- ---- the monitor -----------------------------------------------------------------------------

--- A monitor in a terminal, at its first prompt, where so many programs were found.
function M.monitor(programs)
  local monitor = support.monitor()
  for i = 1, programs do monitor:expect(("*** Connection %d opened ***\r\n"):format(i)) end
  monitor:expect "<Monitor> "
  return monitor
end

--- ... at the console of one of them.
function M.console(monitor, connection)
  monitor:enter(("sc %d"):format(connection))
  monitor:expect "<Annex> "
  monitor:enter "int"
  monitor:expect "type '-'.\r\n> "
  return monitor
end

--- What a line gives at the console, without what was told of waiting. It must fit into one of the
-- terminal's.
function M.answer(monitor, line)
  monitor:enter(line)
  monitor:expect(line .. "\r\n")
  local text = monitor:expect("paused [%d.]+ ms\r\n> ", true)
  return text:match "\r\27%[K([^\27]*)$" or text
end

--- Takes two heaps a while apart, and their difference.
function M.look(monitor, seconds)
  M.answer(monitor, "h1 = hp.heap()")
  target.sleep(seconds or 0.3)
  M.answer(monitor, "h2 = hp.heap()")
  local text = M.answer(monitor, "h2:diff(h1)")
  assert(text:find("Summary of difference operation (A-B).", 1, true), text)
  assert(M.answer(monitor, "h2"):find "Partition of a set of %d+ objects")
  assert(M.answer(monitor, "h2.accounting"):find "difference +0\r\n")
end

-- ---- resources -------------------------------------------------------------------------------

--- What the kernel says that a process has: resident KiB, threads, descriptors.
function M.resources(pid)
  local file <close> = assert(io.open(("/proc/%d/status"):format(pid)))
  local status = file:read "a"
  local descriptors = 0
  for name in lfs.dir(("/proc/%d/fd"):format(pid)) do
    if name:find "^%d+$" then descriptors = descriptors + 1 end
  end
  return { kib = tonumber(status:match "VmRSS:%s*(%d+)"), descriptors = descriptors,
    threads = tonumber(status:match "Threads:%s*(%d+)") }
end

local function rounds(path, n)
  for _ = 1, n do
    local peer = target.connect(path)
    assert(tonumber(peer:eval "hp.heap().count") > 100)
    peer:close()
  end
end

-- The Lua heap, when its garbage is gone, in KiB.
local function in_lua(path)
  local peer = target.connect(path)
  peer:eval "collectgarbage() collectgarbage()"
  local count = tonumber(peer:eval "_G.collectgarbage('count')")
  peer:close()
  return count
end

-- The same, once the last connection is closed on the program's side, too.
local function settled(pid)
  local last, now
  repeat
    last, now = now, M.resources(pid)
    target.sleep(0.2)
  until last and last.descriptors == now.descriptors
  return now
end

--- Lets so many monitors come, take a heap and go; fails unless the program has as much as before
-- of what the kernel gives, and of memory but for its noise. Those that come before that let grow
-- what grows once.
function M.rounds(program, n, first)
  local path = ("%s/%d-1.sock"):format(support.dir, program.pid)
  rounds(path, first)
  local count = in_lua(path)
  local before = settled(program.pid)
  rounds(path, n)
  local grown = in_lua(path) - count
  local after = settled(program.pid)
  assert(before.threads == after.threads, "there are other threads")
  assert(before.descriptors == after.descriptors, "there are other descriptors")
  local told = ("%d rounds: %d KiB before, %d after; the Lua heap has grown by %.1f"):format(n,
    before.kib, after.kib, grown)
  print(told)
  assert(after.kib - before.kib < 1024 and grown < 64, told)
end

return M
