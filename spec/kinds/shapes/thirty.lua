-- A class library of 30log's shape: a class is its instances' metatable and __index, and has its
-- name, its subclasses and its mixins in fields.

local function instantiate(class, ...)
  local object = setmetatable({ class = class }, class)
  if object.init then object:init(...) end
  return object
end

local function class(name, properties, super)
  local made = { name = name, __subclasses = {}, mixins = {}, super = super, __instances = {} }
  for key, value in pairs(properties or {}) do made[key] = value end
  made.__index = made
  made.create, made.new = instantiate, instantiate
  function made.extend(self, child, more)
    local extended = class(child, more, self)
    self.__subclasses[extended] = true
    return extended
  end
  return setmetatable(made, { __index = super, __call = instantiate,
    __tostring = function(self) return ("class '%s'"):format(rawget(self, "name") or "?") end })
end

return class
