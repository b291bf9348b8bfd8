-- A class library of middleclass's shape: a class keeps what its instances have as metatable in a
-- dictionary of its own, beside its name.

local function new_class(name, super)
  local dictionary = {}
  dictionary.__index = dictionary
  local class = { name = name, super = super, static = {}, subclasses = setmetatable({},
    { __mode = "k" }), __instanceDict = dictionary, __declaredMethods = {} }
  if super then
    for key, value in pairs(super.__instanceDict) do
      if key ~= "__index" then dictionary[key] = value end
    end
    super.subclasses[class] = true
  end
  return setmetatable(class, {
    __index = class.static,
    __newindex = function(_, key, value)
      class.__declaredMethods[key] = value
      dictionary[key] = value
    end,
    __tostring = function() return "class " .. name end,
    __call = function(self, ...) return self:new(...) end,
  })
end

local function class(name, super)
  local made = new_class(name, super)
  function made.static.new(self, ...)
    local object = setmetatable({ class = self }, self.__instanceDict)
    if object.initialize then object:initialize(...) end
    return object
  end
  function made.static.subclass(self, child) return class(child, self) end
  return made
end

return class
