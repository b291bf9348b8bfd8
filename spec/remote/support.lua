--- What the specs of the monitor share: a directory for sockets, programs that end with the spec.

package.path = "spec/remote/?.lua;" .. package.path
local program = require "program"

local M = { lua = dofile "spec/interpreter.lua" }

local running = {}

--- A directory for sockets, the user's alone; `clean` removes it.
function M.directory()
  local pipe = assert(io.popen "mktemp -d")
  M.dir = assert(pipe:read "l")
  pipe:close()
  assert(io.open(M.dir .. "/inputrc", "w")):close() -- empty: Readline as it comes
  return M.dir
end

local function keep(started)
  running[#running + 1] = started
  return started
end

local function environment(more)
  local env = { "HEAPY_DIR=" .. M.dir, "HOME=" .. M.dir, "INPUTRC=" .. M.dir .. "/inputrc",
    "TERM=xterm" }
  for _, variable in ipairs(more or {}) do env[#env + 1] = variable end
  return env
end

--- Starts a program at the end of pipes.
function M.piped(words, env) return keep(program.piped(words, environment(env))) end

--- Starts a program in a terminal.
function M.terminal(words, env) return keep(program.terminal(words, environment(env))) end

local function command(...)
  return { M.lua, "lua/bin/heapy", ... }
end

--- The monitor in a terminal.
function M.monitor(...) return M.terminal(command("monitor", ...)) end

--- The heapy command at the end of pipes.
function M.piped_heapy(...) return M.piped(command(...)) end

--- A target that is none: see fake.lua.
function M.fake(...)
  local target = M.piped { M.lua, "spec/remote/fake.lua", M.dir, ... }
  target:expect "ready"
  return target
end

--- Ends what was started and removes the directory.
function M.clean()
  for _, started in ipairs(running) do started:stop() end
  running = {}
  os.execute(("rm -rf '%s'"):format(M.dir))
end

return M
