-- What the heap looks like to Lua code: a second opinion, by the debug library alone.
-- Objects are known by what "%p" says of them, so that equal strings stay different ones.

local format = string.format
local debug, next, rawget, type = debug, next, rawget, type

local M = {}

local OBJECT = { string = true, table = true, ["function"] = true, userdata = true, thread = true }

--- The identity of a value, or nil where it is no object of the heap.
function M.identity(v)
  if not OBJECT[type(v)] then return nil end
  if type(v) == "userdata" and not M.is_full(v) then return nil end
  if type(v) == "function" and M.is_light(v) then return nil end
  return format("%p", v)
end

-- A C function without upvalues is a value and no object.
function M.is_light(f)
  return debug.getinfo(f, "S").what == "C" and not debug.getupvalue(f, 1)
end

-- Light userdata are refused, even where there is nothing to set.
function M.is_full(v)
  return (pcall(debug.setuservalue, v, nil, 0))
end

local function weakness(t)
  local mt = debug.getmetatable(t)
  local mode = mt and rawget(mt, "__mode")
  if type(mode) ~= "string" then return false, false end
  mode = mode:match "^[^\0]*"
  return mode:find("k", 1, true) ~= nil, mode:find("v", 1, true) ~= nil
end

local holds = {} -- per type: holds(object, edge, label): calls edge(to, key) for each reference

-- edge(to, key): key is what must be reachable for the reference to hold, if anything must.
function holds.table(t, edge)
  local weak_keys, weak_values = weakness(t)
  edge(debug.getmetatable(t))
  for k, v in next, t do
    local strong_key = not weak_keys or type(k) == "string"
    if strong_key then edge(k) end
    if type(v) == "string" and weak_values then
      edge(v)
    elseif not weak_values then
      edge(v, not strong_key and M.identity(k) and k or nil)
    end
  end
end

function holds.userdata(u, edge)
  edge(debug.getmetatable(u))
  local i = 1
  while true do
    local value, there = debug.getuservalue(u, i)
    if not there then return end
    edge(value)
    i = i + 1
  end
end

holds["function"] = function(f, edge)
  local i = 1
  while true do
    local name, value = debug.getupvalue(f, i)
    if not name then return end
    edge(value)
    i = i + 1
  end
end

local function frame(co, level, edge)
  edge(debug.getinfo(co, level, "f").func)
  for step = -1, 1, 2 do
    local i = step
    while true do
      local name, value = debug.getlocal(co, level, i)
      if not name then break end
      edge(value)
      i = i + step
    end
  end
end

-- What a coroutine that never ran holds, Lua code cannot see: 'bodies' tells.
M.bodies = setmetatable({}, { __mode = "k" })

function holds.thread(co, edge)
  local level = 0
  while debug.getinfo(co, level, "f") do
    frame(co, level, edge)
    level = level + 1
  end
  if level == 0 and coroutine.status(co) == "suspended" then edge(M.bodies[co]) end
end

--- The references of one object: calls edge(to, key) for each.
function M.edges(v, edge)
  local f = holds[type(v)]
  if f then
    f(v, function(to, key) if M.identity(to) then edge(to, key) end end)
  end
end

-- The references that hold while the objects in 'found' (by identity) are reachable, as a map.
local function referents(v, found)
  local to = {}
  M.edges(v, function(w, key)
    if key == nil or found[M.identity(key)] ~= nil then to[M.identity(w)] = w end
  end)
  return to
end

--- All that can be reached from a root.
-- @return a map from identity to object, and one from identity to the map of its referents
function M.reach(root)
  local found, edges = { [M.identity(root)] = root }, {}
  local changed
  repeat -- the values of weak keys become reachable with their keys
    changed = false
    local todo = {}
    for _, v in next, found do todo[#todo + 1] = v end
    while #todo > 0 do
      local v = table.remove(todo)
      for id, w in next, referents(v, found) do
        if found[id] == nil then
          found[id] = w
          changed = true
          todo[#todo + 1] = w
        end
      end
    end
  until not changed
  for id, v in next, found do edges[id] = referents(v, found) end
  return found, edges
end

return M
