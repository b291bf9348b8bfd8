-- A class library of middleclass's shape: a class keeps what its instances have as metatable in a
-- dictionary of its own, beside its name; what it is asked itself is in 'static', which knows the
-- dictionary by a function; a subclass's dictionary is a copy.

local function new_class(name, super)
  local dictionary = {}
  dictionary.__index = dictionary
  local class = { name = name, super = super, static = {}, subclasses = setmetatable({},
    { __mode = "k" }), __instanceDict = dictionary, __declaredMethods = {} }
  setmetatable(class.static, { __index = function(_, key)
    local value = rawget(dictionary, key)
    if value == nil and super then return super.static[key] end
    return value
  end })
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

local defaults = {
  __tostring = function(self) return "instance of " .. self.class.name end,
  initialize = function() end,
  isInstanceOf = function(self, class) return self.class == class end,
}

local static = {
  new = function(self, ...)
    local object = setmetatable({ class = self }, self.__instanceDict)
    object:initialize(...)
    return object
  end,
  subclass = function(self, name)
    local made = new_class(name, self)
    for key, value in pairs(self.__instanceDict) do
      if key ~= "__index" then made.__instanceDict[key] = value end
    end
    made.initialize = function(object, ...) return self.initialize(object, ...) end
    self.subclasses[made] = true
    return made
  end,
}

return function(name)
  local made = new_class(name)
  for key, value in pairs(defaults) do made[key] = value end
  for key, value in pairs(static) do made.static[key] = value end
  return made
end
