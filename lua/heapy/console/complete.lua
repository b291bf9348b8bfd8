--- Completion in the console: what could follow.
-- Only looks: no metamethod of the program's is run, nothing is computed. Of a field of a set that
-- is itself a set, such as `h.referrers`, the fields are known without asking for it.
-- @module heapy.console.complete

local core = require "heapy.core"
local check = require "heapy.check"

local getmetatable, next, rawget, type = getmetatable, next, rawget, type
local find, gmatch, match, sub = string.find, string.gmatch, string.match, string.sub
local sort = table.sort

local M = {}

local MOST = 200 -- candidates
local LONGEST = 200 -- bytes of one: nobody wants longer ones, and all are to go into a frame
local DEPTH = 10 -- of tables behind __index

local WORDS = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto",
  "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while" }

local SET = {} -- stands for some set

-- The tables whose string keys are fields of a value: itself, and those behind `__index`.
local function tables_of(value)
  if type(value) == "string" then value = string end
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

local function fields_of(value)
  if value == SET or check.set_of(value) then return set_tables() end
  if value ~= heapy then return tables_of(value) end
  local _, api = getmetatable(value).__pairs()
  return { api }
end

-- Fields of a set that are sets.
local function gives_set(name)
  return name == "referrers" or name == "referents" or find(name, "^by") ~= nil
end

-- The value of a field, found without running anything.
local function field(value, name)
  if value == SET or check.set_of(value) then return gives_set(name) and SET or nil end
  for _, fields in next, tables_of(value) do
    local found = rawget(fields, name)
    if found ~= nil then return found end
  end
end

-- What stands before the last word: "a.b[3]." of "a.b[3].na".
local function value_before(env, path)
  local value
  for separator, name in gmatch(path, "([.:]?)([%a_][%w_]*)") do
    value = field(separator == "" and env or value, name)
    if value == nil then return nil end
  end
  return value
end

local function collect(tables, word, list)
  local seen = {}
  for _, fields in next, tables do
    for key in next, fields do
      if type(key) == "string" and #key <= LONGEST and not seen[key] and find(key, "^[%a_][%w_]*$")
        and sub(key, 1, #word) == word then
        seen[key] = true
        list[#list + 1] = key
      end
    end
  end
end

local function reserved(word, list)
  for _, name in next, WORDS do
    if sub(name, 1, #word) == word then list[#list + 1] = name end
  end
end

--- What the last word of a line may be meant to be.
-- @tparam table env the console's variables
-- @tparam string code the line up to where it is to go on
-- @treturn {string,...} in order
-- @treturn integer where the word begins
function M.of(env, code)
  local path, word = match(code, "([%a_][%w_.:%[%]]*[.:])([%w_]*)$")
  local list = {}
  if path then
    -- an index of a set is a set, of a table whatever: only the former is followed
    local base, index = match(path, "^([%a_][%w_]*)(%[%-?%d+%].*)$")
    local value
    if base then
      value = check.set_of(field(env, base)) and SET or nil
      for name in gmatch(index, "[.:]([%a_][%w_]*)") do
        value = value and field(value, name)
      end
    else
      value = value_before(env, path)
    end
    if value ~= nil then collect(fields_of(value), word, list) end
  else
    word = match(code, "[%a_][%w_]*$") or ""
    if word ~= "" then
      collect(tables_of(env), word, list)
      reserved(word, list)
    end
  end
  sort(list)
  for i = #list, MOST + 1, -1 do list[i] = nil end
  return list, #code - #word + 1
end

core.own(M)
return M
