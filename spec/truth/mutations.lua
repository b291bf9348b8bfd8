-- Random changes to a heap: each entry makes one, and keeps or drops what it made.
-- All chance comes from math.random, so that a seed repeats a run.

local truth = require "heapy_truth"

local random = math.random
local WORLD = 200

local M = {}
local world = {} -- what is kept, at places 1 to WORLD

-- Puts a value in a random place; what was there is garbage now, or not.
local function keep(value)
  world[random(WORLD)] = value
end

local function any()
  return world[random(WORLD)]
end

local function some(make, most)
  local list = {}
  for i = 1, random(0, most) do list[i] = make(i) end
  return list
end

-- ---- tables ----------------------------------------------------------------------------------

local function any_key(i)
  local kinds = { i, -i, i + 0.5, "key" .. i, i % 2 == 0, print, {}, i << 33, any() or i }
  return kinds[random(#kinds)]
end

function M.array() keep(some(function(i) return i end, 70)) end

function M.hash()
  local t = {}
  for i = 1, random(0, 40) do t[any_key(i)] = any() or i end
  keep(t)
end

function M.constructor()
  keep({ 1, 2, 3, any(), x = {}, y = any(), [random(9)] = "z", select(random(5), 1, 2, 3, 4, 5) })
end

function M.shrink()
  local t = any()
  if type(t) ~= "table" or getmetatable(t) then return end
  for key in next, t do
    if random(3) > 1 then t[key] = nil end
  end
  t[any_key(1)] = true -- may rehash
end

function M.grow()
  local t = any()
  if type(t) ~= "table" or getmetatable(t) then return end
  for i = 1, random(20) do t[#t + 1] = i end
end

-- The length moves 'alimit' about, which then is not the size any more.
function M.length()
  local t = { table.unpack({}, 1, random(30)) }
  for i = 1, random(30) do t[i] = i end
  for i = #t, random(30), -1 do t[i] = nil end
  local _ = #t + #t
  keep(t)
end

function M.moves()
  local t = table.pack(table.unpack(some(function(i) return "m" .. i end, 30)))
  table.move(t, 1, #t, random(10))
  for _ = 1, random(10) do table.remove(t, 1) end
  keep(t)
end

function M.links()
  local a, b = { up = any() }, { any() }
  a.b, b.a, a[b], b[a] = b, a, a, b
  keep(a)
end

-- ---- strings ---------------------------------------------------------------------------------

function M.short_strings() keep(some(function(i) return "s" .. i .. random(1000) end, 100)) end
function M.long_strings() keep(some(function(i) return ("l"):rep(39 + i) end, 5)) end
function M.large_string() keep(("x"):rep(random(0, 100000))) end
function M.built_string() keep(table.concat(some(tostring, 400), ",")) end

function M.interned()
  for i = 1, random(300) do local _ = "t" .. i .. "." .. random(1000000) end
end

-- ---- functions -------------------------------------------------------------------------------

function M.closures()
  local a, b = any(), random()
  local function get() return a, b end
  local function set(x) a, b = x, get end
  keep(get)
  keep(set)
  if random(2) == 1 then set(any()) end
end

function M.open_upvalues()
  local co = coroutine.wrap(function()
    local x, y = {}, any()
    keep(function() x = y return x end)
    coroutine.yield()
    y = nil
  end)
  co()
  keep(co)
end

function M.c_closure()
  keep(truth.closure(function() end, table.unpack(some(function() return {} end, 20))))
end

local CHUNKS = {
  "local a, b = ... return function() return a, b end",
  "local t = {} for i = 1, 10 do t[i] = function() return i end end return t",
  "return function(...) local x <const>, y <close> = 5, nil return ..., x, y end",
  "goto e; do local function f() return f end end ::e:: return 0x7fffffffffff, 'long' .. 1.5",
  "return {" .. ("'constant', "):rep(30) .. "}",
  ("\n"):rep(300) .. "local x = 1\n" .. ("x = x + 1\n"):rep(200) .. "return x",
}

function M.load_text()
  local f = assert(load(CHUNKS[random(#CHUNKS)], "=text" .. random(5)))
  keep(random(2) == 1 and f or f())
end

function M.load_binary()
  local strip = random(2) == 1
  keep(assert(load(string.dump(assert(load(CHUNKS[random(#CHUNKS)])), strip), "b", "b")))
end

function M.load_error()
  local text = CHUNKS[random(#CHUNKS)]
  keep(select(2, load(text:sub(1, random(#text - 1)) .. " ) = = (")))
  keep(select(2, pcall(load, string.dump(function() end):sub(1, random(20, 40)), "b", "b")))
end

-- ---- coroutines ------------------------------------------------------------------------------

local function down(n, ...)
  if n == 0 then return coroutine.yield(...) end
  local x = { n }
  return down(n - 1, x, ...), x
end

function M.suspended()
  local co = coroutine.create(down)
  coroutine.resume(co, random(0, 30), {}, "x")
  keep(co)
end

function M.fresh_coroutine() keep(coroutine.create(any)) end
function M.wrapped() keep(coroutine.wrap(function(...) return down(5, ...) end)) end

function M.resume()
  local co = any()
  if type(co) == "thread" then coroutine.resume(co, {}) end
end

function M.errored()
  local co = coroutine.create(function(n)
    local x = {}
    down(n, x)
    error { x }
  end)
  coroutine.resume(co, random(0, 20))
  coroutine.resume(co)
  keep(co)
end

function M.close()
  local co = any()
  if type(co) == "thread" and coroutine.status(co) ~= "running"
     and coroutine.status(co) ~= "normal" then
    coroutine.close(co)
  end
end

function M.pending_close()
  local co = coroutine.create(function()
    local a <close> = setmetatable({}, { __close = function() keep {} end })
    local b <close> = nil
    return down(random(5), a, b)
  end)
  coroutine.resume(co)
  keep(co)
end

function M.nested()
  local outer = coroutine.wrap(function()
    local inner = coroutine.create(down)
    coroutine.resume(inner, 3)
    coroutine.yield(inner)
  end)
  keep(outer())
  keep(outer)
end

function M.deep()
  local function dive(n) if n > 0 then return 1 + dive(n - 1) end return 0 end
  dive(random(150))
end

-- ---- userdata, metatables --------------------------------------------------------------------

function M.file()
  local file = assert(io.open("/dev/null"))
  if random(2) == 1 then file:close() end
  keep(file)
end

function M.userdata()
  local n = random(0, 3)
  local u = truth.userdata(random(0, 100), n)
  for i = 1, n do debug.setuservalue(u, any() or i, i) end
  if random(2) == 1 then debug.setmetatable(u, { __name = "thing" }) end
  if random(2) == 1 then debug.setmetatable(u, { __gc = any }) end
  keep(u)
end

local modes = { "k", "v", "kv" }

function M.weak()
  local t = setmetatable({}, { __mode = modes[random(3)] })
  for i = 1, random(20) do t[random(2) == 1 and {} or i] = random(2) == 1 and {} or any() or i end
  for i = 1, random(5) do t["s" .. i] = {} end
  keep(t)
end

function M.ephemerons()
  local t = setmetatable({}, { __mode = "k" })
  local key = {}
  keep(key)
  for _ = 1, random(10) do
    local value = {}
    t[key] = value
    key = value
  end
  keep(t)
end

local resurrecting = { __gc = function(self) keep(self) end }
local creating = { __gc = function() keep { {}, function() end } end }
local failing = { __gc = function() error {} end }
local renewing = {}
function renewing.__gc(self) setmetatable(self, random(4) > 1 and renewing or nil) end

function M.finalizers()
  local kinds = { resurrecting, creating, failing, renewing }
  for _ = 1, random(5) do
    local object = setmetatable({ any() }, kinds[random(#kinds)])
    if random(3) == 1 then keep(object) end
  end
end

-- ---- the collector ---------------------------------------------------------------------------

function M.drop() for _ = 1, random(20) do world[random(WORLD)] = nil end end
function M.collect() collectgarbage() end
function M.step() collectgarbage("step", random(0, 8)) end
function M.steps() for _ = 1, random(5) do collectgarbage("step", 1) end end

local function settings(first, second)
  return function()
    for i = 1, WORLD do world[i] = nil end
    if first then collectgarbage(first, table.unpack(second())) end
  end
end

M.names = {}
for name in pairs(M) do if name ~= "names" then M.names[#M.names + 1] = name end end
table.sort(M.names)

--- Ways to run the collector; each forgets the world.
M.modes = {
  default = settings("incremental", function() return { 200, 100, 13 } end),
  slow = settings("incremental", function() return { 100, 1, 3 } end), -- small steps, always on
  eager = settings("incremental", function() return { 0, 400, 8 } end),
  generational = settings("generational", function() return { 20, 100 } end),
  young = settings("generational", function() return { 1, 10 } end), -- many major collections
  stopped = settings("stop", function() return {} end),
}

return M
