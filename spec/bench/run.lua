-- Time and memory of heapy, beside one full collection of the same heap.
--   lua5.4 spec/bench/run.lua [--write] [--rounds=N] [OBJECTS ...]
-- OBJECTS: 100k 1M 5M where nothing is given; 20M needs some ten gigabytes. Each heap is measured
-- as it was built ("fresh") and with half of it freed and made again, twice ("churned"), each in a
-- process of its own. --write keeps the tables in RESULTS.md, beside this file.

local here = arg[0]:match("^(.*/)") or "./"
package.path = here .. "?.lua;" .. package.path

local process = require "process"
local report = require "report"

local ORDERS <const> = { "fresh", "churned" }
local BYTES_PER_OBJECT <const> = 400 -- heap, garbage of the churning and two snapshots

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local interpreter = dofile(here .. "../interpreter.lua")

-- ---- arguments -------------------------------------------------------------------------------

local UNITS <const> = { [""] = 1, k = 1000, M = 1000000 }

local function usage(message)
  io.stderr:write(message, "\nusage: run.lua [--write] [--rounds=N] [OBJECTS ...], as in 100k 1M\n")
  os.exit(2)
end

local function parse(arguments)
  local options = { sizes = {} }
  for _, word in ipairs(arguments) do
    local number, unit = word:match("^(%d+)([kM]?)$")
    if word == "--write" then
      options.write = true
    elseif word:match("^%-%-rounds=[1-9]%d*$") then
      options.rounds = tonumber(word:match("%d+"))
    elseif number and tonumber(number) * UNITS[unit] >= 1000 then
      table.insert(options.sizes, { title = word, objects = tonumber(number) * UNITS[unit] })
    else
      usage(("'%s' is neither an option nor a number of objects (1000 or more)"):format(word))
    end
  end
  if #options.sizes == 0 then return parse { "100k", "1M", "5M", table.unpack(arguments) } end
  return options
end

-- ---- measuring -------------------------------------------------------------------------------

-- Fewer rounds where each takes long.
local function rounds_for(objects)
  return math.max(3, math.min(15, 5000000 // objects))
end

-- The numbers that a script finds, by name.
local function run(script, into)
  local pipe = assert(io.popen(quote(interpreter) .. " " .. here .. script))
  for line in pipe:lines() do
    local name, value = line:match("^(%S+)%s+(%S+)$")
    if name then into[name] = tonumber(value) end
  end
  assert(pipe:close(), "measuring " .. into.title .. " failed")
  return into
end

local function measure(size, order, rounds)
  return run(("heap.lua %d %s %d"):format(size.objects, order, rounds),
    { title = size.title .. " " .. order, order = order, asked = size.objects })
end

local function measure_monitor(rounds)
  io.stderr:write("measuring the monitor\n")
  return run(("monitor.lua %d"):format(rounds), { title = "a program", asked = 1 })
end

local function fits(size)
  local available = process.available()
  if not available or available >= size.objects * BYTES_PER_OBJECT then return true end
  io.stderr:write(("%s objects are left out: the machine has not enough free memory\n"):format(
    size.title))
  return false
end

local function measure_all(options)
  local heaps = {}
  for _, size in ipairs(options.sizes) do
    for _, order in ipairs(fits(size) and ORDERS or {}) do
      io.stderr:write(("measuring %s objects, %s\n"):format(size.title, order))
      heaps[#heaps + 1] = measure(size, order, options.rounds or rounds_for(size.objects))
    end
  end
  return heaps
end

-- ---- RESULTS.md ------------------------------------------------------------------------------

local HEAD <const> = [[
# Time and memory

Written by `make bench`, %s, on one machine: %s; %s.

G is one full `collectgarbage()` of the heap at hand, the collector stopped otherwise. It is taken
before and after every call that is measured; the ratio is to the mean of the two, and a figure is
the median of all rounds. Times are CPU seconds of the process. The heap is that of
`spec/bench/workload.lua`: *fresh* as it was built, *churned* after a random half was freed and made
again, twice. Every column is a process of its own. Memory that is new to it the system must supply,
and behind a virtual machine its host too, to whatever program asks for it: that can take as long as
all that is measured here. So snapshots are measured where another has just been taken and closed;
beside them stand the first, and what it takes to merely write a string in as much new memory. The
referrers of one object are looked up in a few places that no cache holds where the heap is large,
and answered in memory that `malloc` has to look for; both take longer there for any program. So the
time is set beside that of plain Lua, which lists six values of the same objects: about as
many as they have referrers.

%d of %d targets are met.

]]

local KEPT <const> = "## For comparison" -- from here on the file is written by hand

local function kept_part(path)
  local file <close> = io.open(path)
  local text = file and file:read("a") or ""
  local at = text:find(KEPT, 1, true)
  return at and "\n" .. text:sub(at) or ""
end

local function write_results(tables, all, met)
  local path = here .. "RESULTS.md"
  local kept = kept_part(path)
  local file <close> = assert(io.open(path, "w"))
  file:write(HEAD:format(os.date("!%Y-%m-%d"), process.machine(), process.lua(interpreter), met,
    all), tables, kept)
end

-- ---- all -------------------------------------------------------------------------------------

local options = parse(arg)
local heaps = measure_all(options)
local monitor = measure_monitor(options.rounds or 25)
local tables = report.tables(heaps) .. "\n" .. report.monitor(monitor)
local all, met = report.count(heaps, monitor)
io.write(process.machine(), "; ", process.lua(interpreter), "\n\n", tables, "\n")
io.write(("%d of %d targets are met.\n"):format(met, all))
if options.write then write_results(tables, all, met) end
