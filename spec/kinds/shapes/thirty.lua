-- A class library of 30log's shape: a class is its instances' metatable and __index, has a copy of
-- all its parent has, and its name, its subclasses and its mixins in fields; its own metatable is
-- its parent, or one for all that have none.

local base = {
  __call = function(class, ...) return class:new(...) end,
  __tostring = function(class) return ("class '%s'"):format(rawget(class, "name") or "?") end,
}

local function instantiate(class, ...)
  local object = setmetatable({ class = class }, class)
  if object.init then object:init(...) end
  return object
end

local function copy(from, to)
  for key, value in pairs(from or {}) do to[key] = value end
  return to
end

local function weak() return setmetatable({}, { __mode = "k" }) end

local function extend(class, name, properties)
  local heir = copy(properties, copy(class, {}))
  heir.name, heir.__index, heir.super, heir.mixins = name, heir, class, {}
  heir.__subclasses, heir.__instances = {}, {}
  class.__subclasses[heir] = true
  return setmetatable(heir, class)
end

return function(name, properties)
  local made = copy(properties, copy(base, { name = name, mixins = weak() }))
  made.__index, made.__subclasses, made.__instances = made, weak(), weak()
  made.new = function(class, ...) return instantiate(class, ...) end
  made.extend = extend
  made.includes = function(class, mixin) return class.mixins[mixin] end
  return setmetatable(made, base)
end
