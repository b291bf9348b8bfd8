-- What tracking costs: a program's time tracked, in terms of its time untracked.
--   lua5.4 spec/bench/tracking.lua [--write] [--groups=N]
-- Each figure is the median of groups of four runs, each in a process of its own, as where blocks
-- come to lie makes some percent: untracked, tracked twice, untracked; in CPU seconds. The C
-- library gives no memory back meanwhile: when it does is a matter of single objects.
-- --write keeps the table in TRACKING.md, beside this file.

local here = arg[0]:match("^(.*/)") or "./"
package.path = here .. "?.lua;" .. package.path

local meter = require "meter"
local process = require "process"

-- ---- the programs ----------------------------------------------------------------------------

local function tree(depth)
  if depth == 0 then return {} end
  return { tree(depth - 1), tree(depth - 1) }
end

local function count(t)
  return t[1] and 1 + count(t[1]) + count(t[2]) or 1
end

local programs = {}

-- Binary trees, as the well-known benchmark has them.
function programs.trees(depth)
  local long = tree(depth)
  for d = 4, depth, 4 do
    for _ = 1, 1 << (depth - d + 4) do count(tree(d)) end
  end
  return count(long)
end

-- Strings and closures, most of which die young.
function programs.strings(n)
  local keep = {}
  for i = 1, n do
    local s = "k" .. i
    local t = ("%d:%s"):format(i, s)
    keep[i & 4095] = function() return s end
    keep[(i & 1023) + 5000] = function(x) keep[1] = x return s, t end
  end
  return keep
end

local SIZE = { trees = 16, strings = 1000000 }

-- ---- one figure ------------------------------------------------------------------------------

local ways = {
  none = function() end,
  one = function(core) core.track(1) end,
  eight = function(core) core.track(8) end,
  sampled = function(core) core.track(1, 512 * 1024) end,
  after = function(core) core.track(1) core.untrack() end,
  counted = function() require("heapy_truth").wrap() end, -- by an allocator that does nothing else
}

local function seconds(program, size, way)
  ways[way](require "heapy.core")
  collectgarbage()
  local start = os.clock()
  programs[program](size)
  return os.clock() - start
end

-- Bytes of records per live object, at one frame, beyond what the sites take.
local function memory(objects)
  local core = require "heapy.core"
  core.track(1)
  local before = core.tracking()
  local keep = {}
  for i = 1, objects do keep[i] = { i, "s" .. i } end
  local after = core.tracking()
  assert(#keep == objects)
  return (after.bytes - before.bytes) / (after.objects - before.objects)
end

if arg[1] == "one" then
  local program, way, size = arg[2], arg[3], tonumber(arg[4])
  print(way == "memory" and memory(1000000) or seconds(program, size or SIZE[program], way))
  os.exit(true) -- the state is not closed: its allocator may be a library's, which goes first
end

-- ---- the table -------------------------------------------------------------------------------

local ROWS = {
  { "binary trees of depth 16, every object, 1 frame", "trees", "one", 1.35 },
  { "... 8 frames", "trees", "eight", 1.6 },
  { "... sampled at 512 KiB", "trees", "sampled", 1.05 },
  { "... after hp.untrack()", "trees", "after", 1.005 },
  { "... by an allocator that counts its calls and does nothing else", "trees", "counted" },
  { "strings and closures, every object, 1 frame", "strings", "one", 1.6 },
  { "... 8 frames", "strings", "eight", 1.9 },
  { "... sampled at 512 KiB", "strings", "sampled", 1.05 },
  { "... after hp.untrack()", "strings", "after", 1.005 },
  { "... by an allocator that counts its calls and does nothing else", "strings", "counted" },
  { "bytes of records per live object, 1 frame", "-", "memory", 12 },
}

local write, runs, size = false, 9, ""
for _, word in ipairs(arg) do
  if word == "--write" then write = true end
  runs = tonumber(word:match "^%-%-groups=(%d+)$") or runs
  size = word:match "^%-%-size=(%d+)$" or size
end

local interpreter = dofile(here .. "../interpreter.lua")

local function measure(program, way)
  local pipe = assert(io.popen(("MALLOC_TRIM_THRESHOLD_=4000000000 '%s' '%s' one %s %s %s"):format(
    interpreter, arg[0], program, way, size)))
  local value = tonumber(pipe:read "l")
  assert(pipe:close() and value, program .. ", " .. way)
  return value
end

local function ratio(program, way)
  return meter.compare(runs, function() return measure(program, "none") end,
    function() return measure(program, way) end)
end

local lines = { "| program | tracked / untracked | at most | verdict |",
  "| --- | ---: | ---: | --- |" }
for _, row in ipairs(ROWS) do
  local value = row[3] == "memory" and measure(row[2], row[3]) or ratio(row[2], row[3])
  lines[#lines + 1] = ("| %s | %.2f | %s | %s |"):format(row[1], value,
    row[4] and ("%.2f"):format(row[4]) or "-",
    not row[4] and "-" or value <= row[4] and "met" or "missed")
end
local text = table.concat(lines, "\n") .. "\n"
io.write(text)
if write then
  local file <close> = assert(io.open(here .. "TRACKING.md", "w"))
  file:write(([[
# What tracking costs

Written by `make bench`, %s, on one machine: %s; %s.

A program's CPU time while it is tracked, in terms of its time untracked: the median of %d groups
of four runs, each a process of its own: untracked, tracked twice, untracked. In the last row bytes.
What any allocator around the host's costs, which calls it through a pointer, stands beside it.

]]):format(os.date "!%Y-%m-%d", process.machine(), process.lua(interpreter), runs), text)
end
