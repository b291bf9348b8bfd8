-- A class library of classic's shape: a class is its instances' metatable and __index, its parent
-- is its own metatable; nothing has a name.

local Object = {}
Object.__index = Object

function Object.new() end

function Object:extend()
  local class = {}
  for key, value in pairs(self) do
    if type(key) == "string" and key:find("^__") then class[key] = value end
  end
  class.__index = class
  class.super = self
  return setmetatable(class, self)
end

function Object:__call(...)
  local object = setmetatable({}, self)
  object:new(...)
  return object
end

return Object
