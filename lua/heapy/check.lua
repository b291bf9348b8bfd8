--- Arguments: what the caller gave, and how to say that it will not do.
-- Every `level` is as for `error`, seen from the function that calls the check: 2 is its caller.
-- So that it holds, a function that takes a level must not be called as a tail call.
-- Values of the program are only looked at, never compared, indexed or printed: no metamethod runs.
-- @module heapy.check

local core = require "heapy.core"
local parts = require "heapy.parts"
local render = require "heapy.render"
local suggest = require "heapy.suggest"
local view = require "heapy.view"

local error, getmetatable, ipairs, next = error, getmetatable, ipairs, next
local rawequal, rawget, type = rawequal, rawget, type
local format, match, tointeger = string.format, string.match, math.tointeger
local concat, sort = table.concat, table.sort

local M = {}

local NAME = 60 -- characters of a name given by the caller

--- Raises one sentence.
-- @tparam integer level
-- @tparam string message a format
-- @param ... its arguments
function M.fail(level, message, ...)
  error("heapy: " .. format(message, ...), level + 1)
end

--- The set that a value is, or is a page of.
-- @param value anything
-- @return the Set, or nil
function M.set_of(value)
  local set = view.client(value) or value
  return rawequal(getmetatable(set), core.Set) and set or nil
end

--- What a value is called in a message.
-- @param value anything
-- @treturn string
function M.typename(value)
  if M.set_of(value) then return "Set" end
  local metatable = type(value) == "table" and getmetatable(value)
  local name = type(metatable) == "table" and rawget(metatable, "__name")
  return type(name) == "string" and match(name, "^heapy%.(%a+)$") or type(value)
end

--- Holds that a set can still be asked.
-- @param set a Set
-- @tparam integer level
function M.open(set, level)
  if parts.closed(set) then M.fail(level + 1, "this set is closed") end
end

--- The set that a method was called on.
-- @param value the method's first argument
-- @tparam string method its name
-- @tparam integer level
-- @return a Set
function M.self(value, method, level)
  local set = M.set_of(value)
  if not set then
    M.fail(level + 1, "'%s' is called on a Set, as set:%s(...), not on a %s", method, method,
      M.typename(value))
  end
  M.open(set, level + 1)
  return set
end

--- An argument that must be a set.
-- @param value the argument
-- @tparam integer position
-- @tparam string callee
-- @tparam integer level
-- @return a Set
function M.set(value, position, callee, level)
  local set = M.set_of(value)
  if not set then M.argument(position, callee, "Set", value, level + 1) end
  if parts.closed(set) then
    M.fail(level + 1, "bad argument #%d to '%s' (this set is closed)", position, callee)
  end
  return set
end

--- Says that an argument is not what was expected.
-- @tparam integer position
-- @tparam string callee
-- @tparam string expected
-- @param value the argument
-- @tparam integer level
function M.argument(position, callee, expected, value, level)
  M.fail(level + 1, "bad argument #%d to '%s' (%s expected, got %s)", position, callee, expected,
    M.typename(value))
end

--- An argument that must be a value of the program, not a set.
-- @param value the argument
-- @tparam integer position
-- @tparam string callee
-- @tparam string instead what there is for sets
-- @tparam integer level
function M.value(value, position, callee, instead, level)
  if not M.set_of(value) then return end
  M.fail(level + 1, "bad argument #%d to '%s' (a value of the program expected, got a Set; sets "
    .. "are %s)", position, callee, instead)
end

--- Says that an argument is not there.
-- @tparam integer position
-- @tparam string callee
-- @tparam integer level
function M.missing(position, callee, level)
  M.fail(level + 1, "bad argument #%d to '%s' (value expected, got no value)", position, callee)
end

--- The index of a row, from 0, or from the end where negative.
-- @param index what was given
-- @tparam integer total rows there are
-- @tparam integer level
-- @tparam[opt] integer position where it is an argument,
-- @tparam[opt] string callee of that
-- @treturn integer from 0
function M.row(index, total, level, position, callee)
  local i = type(index) == "number" and tointeger(index)
  if not i then
    local what = callee and format("argument #%d to '%s'", position, callee) or "row index"
    local got = type(index) == "number" and format("%.14g", index) or M.typename(index)
    M.fail(level + 1, "bad %s (integer expected, got %s)", what, got)
  end
  if i >= 0 and i < total then return i end
  if i < 0 and i >= -total then return i + total end
  if total == 0 then M.fail(level + 1, "no row %d: there are no rows", i) end
  M.fail(level + 1, "no row %d: the rows are 0 to %d, or -1 to %d from the end", i, total - 1,
    -total)
end

--- Holds that a set is of exactly one object.
-- @param set a Set
-- @tparam string field what was asked of it
-- @tparam integer level
function M.one(set, field, level)
  local count = parts.count(set)
  if count ~= 1 then
    M.fail(level + 1, "%s needs a set of exactly one object, this one has %d", field, count)
  end
end

--- Holds that a set is of one snapshot.
-- @param set a Set
-- @tparam string field what was asked of it
-- @tparam integer level
function M.together(set, field, level)
  local of = core.parts(set)
  if of then
    M.fail(level + 1, "%s needs a set that one snapshot has all of, this one is of %d", field, #of)
  end
end

-- "; did you mean 'referrers'?", or nothing.
local function meant(name, tables)
  local names = {}
  for _, known in next, tables do
    for key in next, known do
      if type(key) == "string" then names[#names + 1] = key end
    end
  end
  sort(names)
  local nearest = suggest.nearest(name, names)
  return nearest and format("; did you mean '%s'?", nearest) or ""
end

--- Says that something has no such field, and which one was probably meant.
-- @param key what was asked for
-- @tparam string owner "a heapy.Set"
-- @tparam {table,...} tables the fields that exist are the keys of these
-- @tparam integer level
function M.field(key, owner, tables, level)
  if type(key) ~= "string" then
    M.fail(level + 1, "no field of type %s in %s", M.typename(key), owner)
  end
  M.fail(level + 1, "no field '%s' in %s%s", render.name(key, NAME), owner, meant(key, tables))
end

--- Makes tables of figures answer for each field that they do not have as sets do.
-- @tparam table metatable theirs
-- @tparam string owner "a heapy.Set"
-- @tparam {[string]=boolean,...} optional fields that may be nil
function M.figures(metatable, owner, optional)
  function metatable.__index(figures, key)
    if optional[key] then return nil end
    M.field(key, owner, { figures, optional }, 2)
  end
end

--- Says that a field cannot be set.
-- @param key the field
-- @tparam string owner "a heapy.Set"
-- @tparam integer level
function M.assignment(key, owner, level)
  if type(key) ~= "string" then M.fail(level + 1, "cannot assign to a field of %s", owner) end
  M.fail(level + 1, "cannot assign to field '%s' of %s", render.name(key, NAME), owner)
end

--- Holds the keys of a table given by the caller against those that are known.
-- @tparam table given
-- @tparam string what "option"
-- @tparam string callee
-- @tparam table known
-- @tparam integer level
function M.keys(given, what, callee, known, level)
  for key in next, given do
    if type(key) ~= "string" then
      M.fail(level + 1, "unknown %s of type %s to '%s'", what, M.typename(key), callee)
    elseif known[key] == nil then
      M.fail(level + 1, "unknown %s '%s' to '%s'%s", what, render.name(key, NAME), callee,
        meant(key, { known }))
    end
  end
end

-- Is the value of one of the types, or none? true: whoever asks looks at it himself.
local function is_one_of(types, value)
  if types == true or value == nil then return true end
  for _, name in ipairs(types) do
    if type(value) == name then return true end
  end
  return false
end

--- Holds a table of options against what there is.
-- @param options what was given
-- @tparam string callee
-- @tparam {[string]={string,...}|boolean,...} known the types that each may have; true: any
-- @tparam integer level
function M.options(options, callee, known, level)
  if type(options) ~= "table" or M.set_of(options) then
    M.argument(1, callee, "table", options, level + 1)
  end
  M.keys(options, "option", callee, known, level + 1)
  for name, types in next, known do
    local value = rawget(options, name)
    if not is_one_of(types, value) then
      M.fail(level + 1, "bad option '%s' to '%s' (%s expected, got %s)", name, callee,
        concat(types, " or "), M.typename(value))
    end
  end
end

core.own(M)
return M
