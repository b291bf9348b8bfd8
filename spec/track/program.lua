-- Random programs that know on which line each of their objects is made.
--
-- A program is given three tables' worth of room and writes into it: o[n] is an object, l[n] its
-- place: the line that makes it; "box:6", a line of another chunk; or { line }, where the VM does
-- not tell that line from the one before, and both may be named. It does so without a call in
-- between, as a call would let the VM save its pc, which it does not do before it makes a table.

local M = {}

local LONG = ("x"):rep(41) -- and more: no two strings are the same object

-- A writer of lines.
local function writer(random)
  local w = { lines = {}, random = random, depth = 0, functions = 0 }
  function w:line() return #self.lines + 1 end
  function w:add(format, ...)
    self.lines[#self.lines + 1] = format:format(...)
  end
  return w
end

local statements

-- Some statements, one after the other.
local function block(w, least, most)
  w.depth = w.depth + 1
  for _ = 1, w.random(least, most) do
    local choice
    repeat choice = statements[w.random(#statements)] until w.depth < 4 or choice.flat
    choice.write(w)
  end
  w.depth = w.depth - 1
end

local function one(w, expression, place)
  w:add("n = n + 1; o[n] = %s; l[n] = %s", expression, place and ("%q"):format(place) or w:line())
end

-- The same in code that may run in the middle of a statement: it counts for itself.
local function aside(w)
  w:add("do q = q + 1; local k = -q; o[k] = {}; l[k] = %d end", w:line())
end

-- A function of its own lines, called on the line that follows.
local function wrapped(w, head, foot, ...)
  w.functions = w.functions + 1
  local name = "f" .. w.functions
  w:add(head, name)
  block(w, 1, 3)
  w:add(foot, name, ...)
end

local plain = {
  function(w) one(w, "{}") end,
  function(w) one(w, "{1, 2, n}") end,
  function(w) one(w, "{x = n, y = l}") end,
  function(w) one(w, "function() return n, o end") end,
  function(w) one(w, ("%q .. n"):format(LONG)) end,
  function(w) one(w, ("(%q):rep(1 + n %% 3)"):format(LONG)) end,
  function(w) one(w, "table.pack(n)") end,
  function(w) one(w, "{...}") end,
  function(w) one(w, "n % 2 == 0 and {} or {n}") end,
  function(w) one(w, "box.new", "box:6") end, -- by __index
  function(w) one(w, "box + 1", "box:8") end,
  function(w) one(w, "box:make()", "box:3") end,
}

statements = {
  { flat = true, write = function(w) plain[w.random(#plain)](w) end },
  { flat = true, write = function(w) plain[1](w) end },
  { flat = true, write = function(w) -- several in a row
    for _ = 1, w.random(2, 4) do one(w, "{}") end
  end },
  { flat = true, write = function(w) -- within each other
    local at = w:line()
    w:add("o[n + 1] = { a = {}, b = { c = {")
    w:add("  d = {}, e = function() return n end } },")
    w:add("  f = {} }; l[n + 1] = %d", at)
    w:add("l[n + 2] = %d; l[n + 3] = %d; l[n + 4] = %d; l[n + 5] = %d; l[n + 6] = %d; "
      .. "l[n + 7] = %d", at, at, at, at + 1, at + 1, at + 2)
    w:add("t = o[n + 1]; o[n + 2] = t.a; o[n + 3] = t.b; o[n + 4] = t.b.c; o[n + 5] = t.b.c.d; "
      .. "o[n + 6] = t.b.c.e; o[n + 7] = t.f; n = n + 7")
  end },
  { flat = true, write = function(w) -- a function of several lines is where it begins
    local at = w:line()
    w:add "n = n + 1; o[n] = function(...)"
    w:add "  local function inner() return n end"
    w:add "  return inner, o, ..."
    w:add("end; l[n] = %d", at)
    w:add "n = n + 1; o[n] = (select(1, o[n - 1]()))"
    w:add("l[n] = %d", at + 1)
  end },
  { flat = true, write = function(w) -- braces that begin a line, in a list
    local at = w:line()
    w:add "o[n + 1] = {"
    w:add "  {},"
    w:add "  { n },"
    w:add "  { x = n,"
    w:add "    y = { n } }, {}, { n }, { 1, 2,"
    w:add("  n } }; l[n + 1] = %d", at)
    w:add("l[n + 2] = { %d }; l[n + 3] = { %d }; l[n + 4] = { %d }; l[n + 5] = %d; l[n + 6] = %d; "
      .. "l[n + 7] = %d; l[n + 8] = { %d }", at + 1, at + 2, at + 3, at + 4, at + 4, at + 4, at + 4)
    w:add "t = o[n + 1]; o[n + 2] = t[1]; o[n + 3] = t[2]; o[n + 4] = t[3]; o[n + 5] = t[3].y"
    w:add "o[n + 6] = t[4]; o[n + 7] = t[5]; o[n + 8] = t[6]; n = n + 8"
  end },
  { write = function(w)
    w:add("if n %% %d == 0 then", w.random(2, 3))
    block(w, 1, 2)
    w:add "else"
    block(w, 1, 2)
    w:add "end"
  end },
  { write = function(w)
    w:add("for i = 1, %d do", w.random(0, 3))
    block(w, 1, 3)
    w:add "end"
  end },
  { write = function(w)
    w:add "for k, v in pairs { 1, x = 2 } do"
    block(w, 1, 2)
    w:add "end"
  end },
  { write = function(w)
    w:add("do local last = n + %d; while n < last do", w.random(1, 4))
    one(w, "{}")
    block(w, 1, 1)
    w:add "end end"
  end },
  { write = function(w)
    w:add("do local i = 0; repeat i = i + 1")
    block(w, 1, 2)
    w:add("until i >= %d end", w.random(1, 2))
  end },
  { write = function(w) wrapped(w, "local function %s(...)", "end %s(n, 2)") end },
  { write = function(w)
    wrapped(w, "local function %s(...)", "end (function() return %s() end)()")
  end },
  { write = function(w) wrapped(w, "local function %s(...)", "end pcall(%s, 3)") end },
  { write = function(w)
    wrapped(w, "local %s = coroutine.wrap(function(...)", "coroutine.yield() end) %s(1)")
  end },
  { write = function(w)
    w.functions = w.functions + 1
    local name = "f" .. w.functions
    w:add("local %s = coroutine.wrap(function(...)", name)
    block(w, 1, 2)
    w:add "coroutine.yield()"
    block(w, 1, 2)
    w:add "end)"
    w:add("%s()", name)
    block(w, 1, 1)
    w:add("%s()", name)
  end },
  { write = function(w)
    w:add "do local c <close> = setmetatable({}, {__close = function(...)"
    block(w, 1, 2)
    w:add "end})"
    block(w, 1, 1)
    w:add "end"
  end },
  { write = function(w) -- a finalizer, of what is garbage at once
    w:add "do local function final()"
    aside(w)
    w:add "end setmetatable({}, {__gc = final}) end collectgarbage()"
  end },
  { write = function(w) -- a hook, at work while the next lines are
    w:add "debug.sethook(function() debug.sethook()"
    aside(w)
    w:add("end, '', %d)", w.random(1, 6))
    block(w, 1, 2)
  end },
  { write = function(w) -- sorted by a function of its own
    w:add "table.sort({3, 1, 2}, function(a, b)"
    one(w, "{}")
    w:add "return a < b end)"
  end },
}

--- The text of a program.
-- @tparam function random as math.random
function M.text(random)
  local w = writer(random)
  w:add "local o, l, box = ..."
  w:add "local n, q, t = #o, 0, nil; while o[-q - 1] do q = q + 1 end"
  w:add "local function main(...)"
  block(w, 3, 10)
  w:add "end main(1, 2, 3) debug.sethook()"
  return table.concat(w.lines, "\n")
end

-- What programs call: it makes objects on lines of its own, which are not theirs.
local box_text = [[
local Box = {}
function Box.make()
  return {}
end
return setmetatable({}, {__index = function(t, k) if k == "make" then return Box.make end
  return {}
end, __add = function()
  return {}
end})]]

--- Runs a program; adds its objects to o, their places to l: line, or chunk and line.
function M.run(text, o, l)
  local box = assert(load(box_text, "=box"))()
  assert(load(text, "=program", "t"))(o, l, box)
end

return M
