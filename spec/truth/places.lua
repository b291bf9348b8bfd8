-- Where Lua code can run: each entry calls a function there. It returns false where that was not
-- to be had (no finalizer runs while one is running, no hook in a hook).
-- __concat is not among them: up to 5.4.4 Lua loses its way if one makes the stack move, as these
-- do.

local truth = require "heapy_truth"

local M = {}

-- A function that calls f once; and one that says whether it has, after which it is too late.
local function called(f)
  local done, late = false, false
  return function(...)
    if late then return end
    done, late = true, true
    f(...)
  end, function()
    late = true
    return done
  end
end

function M.coroutine(f)
  local co = coroutine.create(function() coroutine.yield() f() end)
  coroutine.resume(co)
  coroutine.resume(co)
  return true
end

function M.wrap(f)
  coroutine.wrap(function(...) local _ = select("#", ...) f() end)(nil, {}, "x")
  return true
end

-- A new stack: the depth counts anew for all but C's.
function M.finalizer(f)
  local call, done = called(f)
  setmetatable({}, { __gc = call })
  collectgarbage()
  return done()
end

function M.close(f)
  local _ <close> = setmetatable({}, { __close = function() f() end })
  return true
end

function M.close_after_error(f)
  pcall(function()
    local _ <close> = setmetatable({}, { __close = function() f() end })
    error {}
  end)
  return true
end

-- A coroutine closed from outside.
function M.close_coroutine(f)
  local co = coroutine.create(function()
    local _ <close> = setmetatable({}, { __close = function() f() end })
    coroutine.yield()
  end)
  coroutine.resume(co)
  coroutine.close(co)
  return true
end

local function hook(mask, count)
  return function(f)
    local call, done = called(f)
    local old, oldmask, oldcount = debug.gethook()
    local function work(...) return (select("#", ...)) end
    local ok, problem = pcall(function()
      debug.sethook(call, mask, count)
      for _ = 1, 3 do work({}, "x") end
    end)
    debug.sethook(old, oldmask, oldcount)
    if not ok then error(problem, 0) end
    return done()
  end
end

M.call_hook = hook("c")
M.return_hook = hook("r")
M.line_hook = hook("l")
M.count_hook = hook("", 3)

function M.comparator(f)
  local call, done = called(f)
  table.sort({ 3, 1, 2 }, function(a, b)
    call()
    return a < b
  end)
  return done()
end

function M.gsub(f)
  string.gsub("x", "x", function() f() end)
  return true
end

function M.index(f)
  local object = setmetatable({}, { __index = function() f() end })
  local _ = object.field
  return true
end

function M.handler(f)
  xpcall(error, function() f() end, {})
  return true
end

-- A handler of an error deep down: the frames are still there.
function M.deep_handler(f)
  local function down(n)
    if n == 0 then error {} end
    return 1 + down(n - 1)
  end
  xpcall(down, function() f() end, 12)
  return true
end

function M.c_function(f)
  truth.closure(f, {}, "upvalue", function() end)(1, {})
  return true
end

function M.recursion(f)
  local function down(n, ...)
    if n == 0 then return f() end
    return (down(n - 1, ...))
  end
  down(math.random(1, 20), {}, "x")
  return true
end

function M.iterator(f)
  for _ in function(_, done) if not done then f() return true end end do end
  return true
end

-- For all that is not Lua's to hold: the reader of a chunk that is not text.
function M.binary_reader(f)
  local pieces, i = { string.dump(function() return {} end) }, 0
  assert(load(function()
    i = i + 1
    f()
    return pieces[i]
  end))
  return true
end

M.names = {}
for name in pairs(M) do if name ~= "names" then M.names[#M.names + 1] = name end end
table.sort(M.names)

return M
