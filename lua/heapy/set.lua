--- Sets of objects: what `hp.heap()` gives, and all that can be asked of it.
-- A set is a view of an immutable snapshot. It never keeps an object of the program alive.
-- This file fills in the metatable of the core's userdata; fields and methods stand apart from it.
-- @classmod heapy.Set

local core = require "heapy.core"
local accounting = require "heapy.accounting"
local check = require "heapy.check"
local classifiers = require "heapy.classifiers"
local diff = require "heapy.diff"
local listing = require "heapy.listing"
local partition = require "heapy.partition"
local parts = require "heapy.parts"
local sites = require "heapy.sites"
local view = require "heapy.view"
local where = require "heapy.where"

local pairs, rawequal, select, type = pairs, rawequal, select, type

local M = {}

--- Fields: functions of the set. They are called last in `__index`, so that their level 2 is the
-- program's line.
M.fields = {}

--- Methods.
M.methods = {}

local fields, methods = M.fields, M.methods

-- ---- fields ----------------------------------------------------------------------------------

--- How many objects there are.
-- @treturn integer
function fields.count(set) return parts.count(set) end

--- How many bytes the objects take.
-- @treturn integer
function fields.size(set) return parts.size(set) end

-- What a set of one is, read once.
local function description(set)
  local state = core.state(set)
  if not state.description then state.description = core.describe(set) end
  return state.description
end

-- A field that only a set of one has.
local function single(field)
  return function(set)
    check.one(set, "'" .. field .. "'", 2)
    return description(set)[field]
  end
end

--- The kind, if all objects are of one kind: the name of the only row, by the set's classifier.
-- So `h.byvia[0].kind` is an edge; objects by identity have the kinds that `bykind` gives them.
-- @treturn ?string
function fields.kind(set)
  local classifier = partition.naming(set)
  if classifier == classifiers.default and parts.count(set) == 1 then
    return description(set).kind
  end
  local name = partition.name(set, classifier)
  return name
end

--- The type, if all objects are of one type.
-- @treturn ?string
function fields.type(set)
  if parts.count(set) == 1 then return description(set).type end
  local name = partition.name(set, "type")
  return name
end

--- The address of the one object.
-- @treturn integer
fields.address = single("address")

--- The first bytes of the one object, a string.
-- @treturn ?string
fields.text = single("text")

--- The length of the one object, a string.
-- @treturn ?integer
fields.length = single("length")

--- The file of the one object, a function or prototype.
-- @treturn ?string
fields.source = single("source")

--- The line on which the one object, a function or prototype, is defined.
-- @treturn ?integer
fields.line = single("line")

--- Where the objects were made, if all at one site; "(not tracked)" where that is not known.
-- @treturn ?string
function fields.site(set)
  local name = partition.name(set, "site")
  return name
end

--- Where the one object was made, and who called: the frames, innermost first. Also of several that
-- the same calls made.
-- @treturn ?{string,...} nil where the VM was not tracked
function fields.traceback(set)
  local one = parts.count(set) == 1 or not core.parts(set) and partition.name(set, "traceback")
  if not one then check.one(set, "'traceback'", 2) end
  local frames = sites.frames(core.frame, core.at(set, 0))
  return frames[1] and frames
end

for name, classifier in pairs(classifiers.known) do
  fields[classifier.field] = function(set)
    if classifier.relative then check.together(set, "'" .. classifier.field .. "'", 2) end
    local same = partition.reclassified(set, name)
    return same
  end
end

--- The objects that refer directly to any of the set.
-- @treturn Set
-- @usage h[0].referrers.byvia
function fields.referrers(set) return parts.referrers(set) end

--- The objects that any of the set refers to.
-- @treturn Set
function fields.referents(set) return parts.referents(set) end

--- The next rows, as a page.
-- @treturn View
function fields.more(set)
  local rest = view.more(set, listing.of(set))
  return rest
end

--- All rows, as a page.
-- @treturn View
function fields.all(set)
  local whole = view.all(set, listing.of(set))
  return whole
end

--- The one object itself, or nil where it cannot be handed out; `why` then tells the reason.
-- @return the live value, or nil
function fields.theone(set)
  check.one(set, "theone", 2)
  local values = parts.live(set)
  return values and values[1]
end

--- Why `theone` is nil.
-- @treturn ?string nil where `theone` is the object
function fields.why(set)
  check.one(set, "why", 2)
  local values, reason = parts.live(set)
  return not values and reason or nil
end

--- Where each byte of the VM's memory is, for the whole snapshot.
-- @treturn table of integers: reachable, unreachable, heapy, vm, count, difference; maybe a note
function fields.accounting(set)
  local of = core.parts(set)
  if of then
    check.fail(2, "'accounting' is that of one snapshot, and this set has objects of %d", #of)
  end
  local bytes = accounting.of(set)
  return bytes
end

--- The difference to another set: `a:diff(b)`, or `a.diff(b)`.
-- Rows are matched by name under the classifier of a.
-- @treturn function
-- @usage h2:diff(h1)
function fields.diff(set)
  return function(...)
    local a, b = ...
    local given = select("#", ...)
    if given < 2 then a, b = set, a end
    -- To Lua h:diff() and h.diff(h) are one call.
    if given == 0 or given == 1 and rawequal(check.set_of(b), set) then
      check.fail(2, "bad argument #1 to 'diff' (another Set expected, got no value)")
    end
    a = check.self(a, "diff", 2)
    b = check.set(b, 1, "diff", 2)
    return diff.new(a, b)
  end
end

-- ---- methods ---------------------------------------------------------------------------------

--- Rows i to j, both included, as one set with the same classifier.
-- @tparam integer i from 0; from the end where negative
-- @tparam[opt=-1] integer j
-- @treturn Set empty if j comes before i
-- @usage h:rows(0, 2)
function methods:rows(i, j)
  local set = check.self(self, "rows", 2)
  local total = partition.of(set):nrows()
  i = check.row(i, total, 2, 1, "rows")
  j = j == nil and total - 1 or check.row(j, total, 2, 2, "rows")
  if j < i then
    return partition.classify(parts.none(set), partition.classifier(set))
  end
  return partition.rows(set, i, j)
end

--- Whether a value of the program is in the set.
-- @param value a table, string, function, userdata or coroutine
-- @treturn boolean
-- @treturn ?string the reason, where the snapshot does not know the value
function methods:has(...)
  local set, value = check.self(self, "has", 2), ...
  if select("#", ...) == 0 then check.missing(1, "has", 2) end
  check.value(value, 1, "has", "compared with <=", 2)
  return parts.has(set, value)
end

--- A subset: the objects that meet every criterion, or for which a function holds.
-- @tparam table|function criteria by kind, type, size, source, module, rcs, via, site, traceback or
-- age: the name (or size), an array of names, or a function of the name; born_after: a Set, for
-- what was born since its snapshot; or instead of the table a function of the node, which is a
-- set of one
-- @treturn Set with the same classifier
-- @usage h:where{kind = "string", size = function(n) return n > 1000 end}
-- @usage h:where(function(node) return node.text == "hits" end)
function methods:where(criteria)
  local set = check.self(self, "where", 2)
  local subset
  if type(criteria) == "table" and not check.set_of(criteria) then
    subset = where.criteria(set, criteria, 2)
  elseif type(criteria) == "function" then
    subset = where.nodes(set, criteria)
  else
    check.argument(1, "where", "table or function", criteria, 2)
  end
  return partition.classify(subset, partition.classifier(set))
end

--- The live values: those certain to be the same that the snapshot saw.
-- @treturn[1] {any,...} maybe fewer than `count`
-- @treturn[2] nil
-- @treturn[2] string the reason why there are none
function methods:objects()
  local set = check.self(self, "objects", 2)
  local values, reason = parts.live(set)
  if not values then return nil, reason end
  return values
end

--- Exactly these values, in the set's snapshot.
-- @param ... values of the program; an error names the one that the snapshot does not know
-- @treturn Set
function methods:iso(...)
  local set = check.self(self, "iso", 2)
  local values = M.iso(set, 2, ...)
  return values
end

--- Frees the snapshot now, and with it all sets that were made from it.
function methods:close()
  local set = check.set_of(self)
  if not set then check.self(self, "close", 2) end
  core.close(set)
end

--- The set of some values in a set's snapshot.
-- @param set a Set
-- @tparam integer level
-- @param ... the values
-- @return a Set
function M.iso(set, level, ...)
  local n = select("#", ...)
  if n == 0 then check.missing(1, "iso", level + 1) end
  for k = 1, n do check.value((select(k, ...)), k, "iso", "joined with |", level + 1) end
  local values, i, reason = parts.iso(set, ...)
  if not values then check.fail(level + 1, "bad argument #%d to 'iso' (%s)", i, reason) end
  return values
end

-- ---- metamethods -----------------------------------------------------------------------------

local Set = core.Set
local OWNER = "a heapy.Set"

function Set.__index(set, key)
  local method = methods[key]
  if method then return method end
  local field = fields[key]
  if field then
    check.open(set, 2)
    return field(set)
  end
  if type(key) ~= "number" then check.field(key, OWNER, { fields, methods }, 2) end
  check.open(set, 2)
  local i = check.row(key, partition.of(set):nrows(), 2)
  return partition.rows(set, i, i)
end

function Set.__call()
  check.fail(2, "a Set is not called: a view is a field, as h.bykind, without parentheses")
end

function Set.__newindex(_, key)
  check.assignment(key, OWNER, 2)
end

function Set.__len(set)
  check.open(set, 2)
  return partition.of(set):nrows()
end

local function next_row(set, i)
  check.open(set, 2)
  i = i + 1
  if i < partition.of(set):nrows() then return i, partition.rows(set, i, i) end
end

function Set.__pairs(set)
  check.open(set, 3) -- 2 is the function pairs
  return next_row, set, -1
end

function Set.__tostring(set)
  if parts.closed(set) then return "heapy.Set (closed)" end
  return listing.first(listing.of(set))
end

local function operand(value, operator, level)
  local set = check.set_of(value)
  if not set then
    check.fail(level + 1, "bad operand to '%s' (Set expected, got %s)", operator,
      check.typename(value))
  end
  check.open(set, level + 1)
  return set
end

local function combination(operator)
  return function(a, b)
    a, b = operand(a, operator, 2), operand(b, operator, 2)
    return parts.combine(operator, a, b)
  end
end

local function comparison(operator)
  return function(a, b)
    return parts.compare(operator, operand(a, operator, 2), operand(b, operator, 2))
  end
end

local operators = {
  __bor = combination("|"),
  __band = combination("&"),
  __sub = combination("-"),
  __bxor = combination("~"),
  __le = comparison("<="),
  __lt = comparison("<"),
}
for event, metamethod in pairs(operators) do Set[event] = metamethod end
view.operators(operators)

function Set.__eq(a, b)
  a, b = check.set_of(a), check.set_of(b)
  if not a or not b then return false end
  check.open(a, 2)
  check.open(b, 2)
  return parts.compare("==", a, b)
end

core.own(M)
core.own(Set)
return M
