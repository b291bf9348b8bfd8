--- Attaching to a program that runs, as one would at two terminals: a sync daemon in one process,
-- the monitor in another, and this between them, which types what a user would and reads what is
-- printed. What to type next is found in what was printed; nothing else is known here.

local here = arg[0]:match("^(.*)/[^/]*$") or "."

local PATIENCE <const> = 30 -- seconds for a file to be synced

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function run(format, ...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = quote(words[i]) end
  return os.execute(format:format(table.unpack(words)))
end

local function output_of(command)
  local pipe <close> = assert(io.popen(command))
  return (pipe:read("a"):gsub("\n$", ""))
end

local lua = dofile(here .. "/../interpreter.lua")
local dir = output_of "mktemp -d"
local root, store = dir .. "/root", dir .. "/store"
local sockets = dir .. "/sockets" -- of its own: other programs may be targets too

-- ---- the daemon ------------------------------------------------------------------------------

local function start_daemon()
  print("$ lua5.4 bin/syncdaemon.lua --root root --store store --debug-heapy_monitor &")
  return output_of(("cd %s && HEAPY_DIR=%s exec %s bin/syncdaemon.lua --root %s --store %s "
    .. "--interval 0.5 --debug-heapy_monitor >%s 2>&1 & echo $!"):format(
      quote(here .. "/syncdaemon"), quote(sockets), quote(lua), quote(root), quote(store),
      quote(dir .. "/log")))
end

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

local function await(path)
  for _ = 1, PATIENCE * 10 do
    if exists(path) then return end
    os.execute "sleep 0.1"
  end
  error(path .. " does not come")
end

-- Gives the daemon files, and waits until the last is in the store.
local function sync(name, count)
  for i = 1, count do
    local file <close> = assert(io.open(("%s/%s %d"):format(root, name, i), "w"))
    assert(file:write(("line of %s\n"):format(name):rep(i)))
  end
  for i = 1, count do await(("%s/%s %d"):format(store, name, i)) end
end

-- ---- the monitor -----------------------------------------------------------------------------

local input, output

local function start_monitor()
  local to, from = dir .. "/to", dir .. "/from"
  assert(run("mkfifo %s %s", to, from))
  print "$ heapy monitor"
  assert(run("HEAPY_DIR=%s %s -e 'os.exit(require(\"heapy.command\"){\"monitor\"})' <%s >%s &",
    sockets, lua, to, from))
  input, output = assert(io.open(to, "w")), assert(io.open(from, "r"))
  input:setvbuf "line"
end

local PROMPTS <const> = { "<Monitor> ", "<Annex> ", "\n> " }

local function at_prompt(text)
  for _, prompt in ipairs(PROMPTS) do
    if text:sub(-#prompt) == prompt then return true end
  end
end

-- Shows and returns what the monitor prints until it waits for a line.
local function read()
  local text = ""
  while not at_prompt(text) do
    local character = output:read(1)
    if not character then break end
    io.write(character)
    text = text .. character
  end
  return text
end

local function enter(line)
  input:write(line, "\n")
  return read()
end

-- ---- the session -----------------------------------------------------------------------------

-- The kind of the markers, as a diff that was printed names it, if there are more of them.
local function markers_in(diff)
  for line in diff:gmatch "[^\n]+" do
    local more, kind = line:match "^ +%d+ +(%d+) +%-?%d+ +%-?%d+ +%S+ (%S+Marker)$"
    if kind and tonumber(more) > 0 then return kind end
  end
  error "there are no more markers than before"
end

local function session()
  read()
  local list = read()
  if not list:find "opened" then error "the daemon is not there" end
  enter "lc"
  enter "sc 1"
  enter "h"
  enter "stat"
  enter "int"
  enter "h1 = hp.heap()"
  sync("draft", 40)
  enter "-- 40 files have come, and the daemon has synced them"
  enter "h2 = hp.heap()"
  local kind = markers_in(enter "h2:diff(h1)")
  local search = "for i, row in pairs(h2) do if row.kind == %q then print(i) end end"
  local rows = enter(search:format(kind))
  enter(("markers = h2[%s]"):format(assert(rows:match "\n(%d+)\n", "no row of " .. kind)))
  enter "markers"
  for index in enter("markers.referrers"):gmatch "\n +(%d+) +%d+ [^\n]+" do
    enter(("markers.referrers[%s].referrers"):format(index))
  end
  enter "-"
  enter "close"
  input:write "q\n"
  read()
end

local function main()
  assert(run("mkdir -m 700 %s", sockets))
  assert(run("mkdir %s", root))
  local daemon = start_daemon()
  local ok, why = xpcall(function()
    sync("note", 20)
    start_monitor()
    session()
    sync("after", 1)
    print(("-- The monitor is gone, and process %s syncs on."):format(daemon))
  end, debug.traceback)
  os.execute("kill " .. daemon)
  return ok, why
end

local ok, why = main()
run("rm -rf %s", dir)
if not ok then
  io.stderr:write("attach: ", why, "\n")
  os.exit(3)
end
