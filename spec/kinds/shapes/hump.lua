-- A class library of hump.class's shape: a class is its instances' metatable and __index, what it
-- inherits is copied into it, one metatable with __call is made for each; nothing has a name.

local function include(to, from)
  for key, value in pairs(from) do
    if to[key] == nil then to[key] = value end
  end
  return to
end

local function new(class)
  class = class or {}
  for _, parent in ipairs(class.__includes or {}) do include(class, parent) end
  class.__index = class
  class.init = class.init or class[1] or function() end
  class.include = include
  return setmetatable(class, { __call = function(self, ...)
    local object = setmetatable({}, self)
    object:init(...)
    return object
  end })
end

return setmetatable({ new = new, include = include }, { __call = function(_, ...)
  return new(...)
end })
