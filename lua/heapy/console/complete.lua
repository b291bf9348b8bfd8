--- Completion in the console: what could follow.
-- Only looks: no metamethod of the program's is run, nothing is computed. Of a field of a set that
-- is itself a set, such as `h.referrers`, the fields are known without asking for it.
-- @module heapy.console.complete

local core = require "heapy.core"
local check = require "heapy.check"

local getmetatable, next, rawequal, rawget, type = getmetatable, next, rawequal, rawget, type
local find, match, sub = string.find, string.match, string.sub
local sort = table.sort

local M = {}

local MOST = 200 -- candidates
local LOOKED = 20000 -- fields looked at: some 10 ms
local LONGEST = 200 -- bytes of one: nobody wants longer ones, and all are to go into a frame
local DEPTH = 10 -- of tables behind __index

local WORDS = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto",
  "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while" }
local RESERVED = {}
for _, word in next, WORDS do RESERVED[word] = true end

local SET = {} -- stands for some set

-- The tables whose string keys are fields of a value: itself, and those behind `__index`.
local function tables_of(value)
  local list = {}
  for _ = 1, DEPTH do
    if type(value) == "table" then list[#list + 1] = value end
    local metatable = getmetatable(value)
    local index = type(metatable) == "table" and rawget(metatable, "__index")
    if type(index) ~= "table" then break end
    value = index
  end
  return list
end

local heapy, set

--- @tparam table api heapy
-- @tparam table sets `heapy.set`
function M.begin(api, sets) heapy, set = api, sets end

local function set_tables() return { set.fields, set.methods } end

-- Compared raw: the program's `__eq` is not to be run.
local function is_set(value)
  return rawequal(value, SET) or check.set_of(value) ~= nil
end

local function fields_of(value)
  if is_set(value) then return set_tables() end
  if not rawequal(value, heapy) then return tables_of(value) end
  local _, fields = getmetatable(value).__pairs()
  return { fields }
end

-- Fields of a set that are sets.
local function gives_set(name)
  return name == "referrers" or name == "referents" or find(name, "^by") ~= nil
end

-- The value of a field, found without running anything.
local function field(value, name)
  if is_set(value) then return gives_set(name) and SET or nil end
  for _, fields in next, tables_of(value) do
    local found = rawget(fields, name)
    if found ~= nil then return found end
  end
end

local function is_name(key, word)
  return type(key) == "string" and #key <= LONGEST and sub(key, 1, #word) == word
    and find(key, "^[%a_][%w_]*$") and not RESERVED[key]
end

-- None where there are too many to look at: with some missing, what all others begin with would be
-- taken for the only way to go on.
local function collect(tables, word)
  local list, seen, looked = {}, {}, 0
  for _, fields in next, tables do
    for key in next, fields do
      looked = looked + 1
      if looked > LOOKED then return nil end
      if is_name(key, word) and not seen[key] then
        seen[key] = true
        list[#list + 1] = key
      end
    end
  end
  return list
end

local function reserved(word, list)
  for _, name in next, WORDS do
    if sub(name, 1, #word) == word then list[#list + 1] = name end
  end
end

-- The value of a path that ends with a dot or a colon: "a.b[3]." of "a.b[3].na". An index of a set
-- is a set, of a table whatever: only the former is followed.
local function value_of(env, path)
  local name, at = match(path, "^([%a_][%w_]*)()")
  local value = field(env, name)
  while value ~= nil and at < #path do
    local behind
    name, behind = match(path, "^[.:]([%a_][%w_]*)()", at)
    at = behind or match(path, "^%[%d+%]()", at)
    if name then
      value = field(value, name)
    else
      value = at and is_set(value) and SET or nil
    end
  end
  return value
end

-- Whether what ends here goes on with a field: behind a dot that is not one of "..", or a colon.
local function is_field(before)
  return find(before, "[.:]%s*$") ~= nil and not find(before, "%.%.%s*$")
end

-- The path that the text ends with: without what stands before it in "a..b." and "a[b.".
local function path_of(before)
  local path = match(before, "[%a_][%w_.:%[%]]*[.:]$")
  if not path then return nil end
  path = match(path, "^.*%.%.([%a_].*)$") or path
  return match(path, "^.*%[([%a_][^%[%]]*)$") or path
end

-- The fields of what stands before the last word. Nothing where that would have to be run first, as
-- in "f().".
local function complete_field(env, before, word)
  local path = path_of(before)
  if not path or is_field(sub(before, 1, #before - #path)) then return nil end
  local value = value_of(env, path)
  return value ~= nil and collect(fields_of(value), word) or nil
end

-- A variable, or a word of the language.
local function complete_variable(env, word)
  local list = collect(tables_of(env), word)
  if list then reserved(word, list) end
  return list
end

-- In order. Where it is too long the last one stays: what the first and the last begin with, all
-- do.
local function bounded(list)
  sort(list)
  if #list > MOST then list[MOST] = list[#list] end
  for i = #list, MOST + 1, -1 do list[i] = nil end
  return list
end

--- What the last word of a line may be meant to be.
-- @tparam table env the console's variables
-- @tparam string code the line up to where it is to go on
-- @treturn {string,...} in order
-- @treturn integer where the word begins
function M.of(env, code)
  local word = match(code, "[%w_]*$")
  local before = sub(code, 1, #code - #word)
  local list
  if is_field(before) then
    list = complete_field(env, before, word)
  elseif find(word, "^[%a_]") then
    list = complete_variable(env, word)
  end
  return bounded(list or {}), #before + 1
end

core.own(M)
return M
