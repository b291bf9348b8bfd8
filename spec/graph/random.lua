-- Random object graphs of everything that Lua code can make.

local create, yield, wrap = coroutine.create, coroutine.yield, coroutine.wrap
local ok, lfs = pcall(require, "lfs")
local twin = dofile "spec/graph/twin.lua"

local M = { twin = twin }

-- Functions that make functions: two upvalues, one shared by two, one of its own that is assigned.
local function closures(a, b)
  local function first() return a, b end
  local function second(v) b = v; return a end
  return first, second
end

-- No environment among the upvalues, else every closure would reach all there is.
local function body(a, b, ...)
  local kept, shared = b, a
  local function set(v) shared = v end
  yield(set)
  return kept, shared, ...
end

local function deep(n, value)
  local here = { value }
  if n > 0 then
    deep(n - 1, here)
  else
    yield()
  end
  return here
end

local function failing(value)
  local held = value
  local function raise(v) return v + held end
  raise(value)
end

local makers = {}

function makers.table() return {} end

function makers.closure(pick)
  local first, second = closures(pick(), pick())
  return first, second
end

function makers.sharing(pick)
  local a = pick()
  local function read() return a end
  local function write(v) a = v end
  return read, write
end

function makers.upvalue_of_c()
  local f = wrap(body)
  local _, co = debug.getupvalue(f, 1)
  twin.bodies[co] = body
  return f, string.gmatch("some text", "(%a+)")
end

function makers.suspended(pick)
  local co = create(body)
  local _, set = coroutine.resume(co, pick(), pick(), pick(), pick())
  return co, set
end

function makers.deep(pick, random)
  local co = create(deep)
  coroutine.resume(co, random(9), pick())
  return co
end

function makers.fresh()
  local co = create(body)
  twin.bodies[co] = body
  return co
end

function makers.failed(pick)
  local co = create(failing)
  coroutine.resume(co, pick())
  return co
end

function makers.finished()
  local co = create(closures)
  coroutine.resume(co, 1, 2)
  return co
end

function makers.userdata()
  if not ok then return {} end
  local _, directory = lfs.dir "."
  directory:close()
  return directory
end

-- Each with the string itself, so that two long ones with the same bytes stay two.
function makers.string(_, random)
  return ("k%d"):format(random(40)), ("long "):rep(20) .. random(3)
end

local NAMES = { "table", "table", "table", "table", "closure", "sharing", "upvalue_of_c",
  "suspended", "deep", "fresh", "failed", "finished", "userdata", "string", "string" }

local function finalizer() end

local KEYS = { 1, 2, 3, 5, 100, -1, 1 << 40, 1.5, true, false, "a", "b", "c", "x y" }
local MODES = { "k", "v", "kv", "vk", "strong", "K" }

-- Puts value somewhere into the table.
local function put(t, random, pick, value)
  local how = random(4)
  if how == 1 then
    t[#t + 1] = value
  elseif how == 2 then
    t[KEYS[random(#KEYS)]] = value
  elseif how == 3 then
    t[pick()] = value
  else
    t[value] = random(2) == 1 and pick() or true
  end
end

--- A graph of about n objects.
-- @param random a source
-- @tparam integer n
-- @tparam[opt] boolean weak whether some tables are weak
-- @return an array of the objects; the first is a table that refers to a few
function M.graph(random, n, weak)
  local nodes = { {} }
  local function pick() return nodes[random(#nodes)] end
  while #nodes < n do
    local made = table.pack(makers[NAMES[random(#NAMES)]](pick, random))
    for i = 1, made.n do nodes[#nodes + 1] = made[i] end
  end
  local tables = {}
  for _, v in ipairs(nodes) do if type(v) == "table" then tables[#tables + 1] = v end end
  for _ = 1, n * 2 do put(tables[random(#tables)], random, pick, pick()) end
  for _ = 1, n // 8 do
    local t = tables[random(#tables)]
    if t ~= nodes[1] then setmetatable(t, tables[random(#tables)]) end
  end
  if weak then
    for _ = 1, n // 5 do
      local t = tables[random(#tables)]
      if t ~= nodes[1] then
        setmetatable(t, { __mode = MODES[random(#MODES)], held = pick(),
          __gc = random(6) == 1 and finalizer or nil })
      end
    end
  end
  for _, v in ipairs(nodes) do
    if type(v) == "userdata" then
      debug.setuservalue(v, pick(), 1)
      if random(2) == 1 then debug.setmetatable(v, tables[random(#tables)]) end
    elseif type(v) == "function" and random(4) == 1 then
      debug.setupvalue(v, 1, pick())
    end
  end
  -- Entries removed again: their keys stay in the table, dead.
  for _ = 1, n // 4 do
    local t = tables[random(#tables)]
    local key = next(t)
    if key ~= nil then t[key] = nil end
  end
  for _ = 1, 3 do put(nodes[1], random, pick, pick()) end
  return nodes
end

return M
