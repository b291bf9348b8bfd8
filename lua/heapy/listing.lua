--- Listings: what there is to print of a set or a difference, row by row.
-- A listing is a table of
--   total    rows in all
--   label    the lines above the columns' header
--   header   the columns' header
--   row      function (i) -> the line of row i, read when it is printed
--   note     the last lines of a whole listing, or nil
--   closed   function () -> whether the rows can no longer be read
-- @module heapy.listing

local core = require "heapy.core"
local classifiers = require "heapy.classifiers"
local page = require "heapy.page"
local parts = require "heapy.parts"
local partition = require "heapy.partition"
local render = require "heapy.render"

local select = select
local format = string.format
local concat = table.concat

local M = {}

local APPROXIMATE = "Objects were matched by address and type; "
  .. "some may be others born in the same place."

-- The numbers of row i of a partition.
local function numbers(p, i)
  local name, count, size, cumulative = p:row(i)
  return { index = i, name = name, count = count, size = size, cumulative = cumulative }
end

local SAMPLED = "Only a sample of objects was recorded, the others are (not recorded); "
  .. "hp.sites() has estimates."

local function note(set, classifier)
  local lines = {}
  if classifier.tracked and parts.sampled(set) then lines[#lines + 1] = SAMPLED end
  if parts.approximate(set) then lines[#lines + 1] = APPROXIMATE end
  return #lines > 0 and concat(lines, "\n") or nil
end

local function closed(set)
  return function() return parts.closed(set) end
end

local function of_partition(set, classifier)
  local p, count, size = partition.of(set), parts.count(set), parts.size(set)
  return {
    total = p:nrows(),
    label = render.set.label(count, size),
    header = render.set.header(classifier.heading),
    row = function(i) return render.set.row(numbers(p, i), count, size) end,
    note = note(set, classifier),
    closed = closed(set),
  }
end

-- How one object is shown among others of its kind: the header, and the text.
local function rendering(description)
  if description.text then
    return "Value", render.value(description.text, description.length)
  elseif description.source then
    local place = format("%s:%d", render.name(description.source, 60), description.line or 0)
    return "Source:Line at Address", place .. " at " .. render.address(description.address)
  end
  return "Address", render.address(description.address)
end

local function of_objects(set, classifier)
  local p, count, size = partition.of(set), parts.count(set), parts.size(set)
  local kind = partition.name(set, "kind")
  local function shown(i)
    local description = core.describe(p:rowset(i, i))
    local header, text = rendering(description)
    if kind then return header, text end
    return "Brief", render.name(description.kind, 60) .. ": " .. text
  end
  return {
    total = p:nrows(),
    label = render.id.label(count, size, kind or "mixed"),
    header = render.id.header((shown(0))),
    row = function(i)
      local row = numbers(p, i)
      row.name = select(2, shown(i))
      return render.id.row(row, size)
    end,
    note = note(set, classifier),
    closed = closed(set),
  }
end

--- The listing of a set, by its classifier.
-- @param set a Set
-- @treturn table
function M.of(set)
  if parts.count(set) == 0 then
    local hint = core.state(set).hint
    return { total = 0, label = render.set.label(0, 0), note = hint and hint(),
      closed = closed(set) }
  end
  local name = partition.classifier(set)
  return (name == "id" and of_objects or of_partition)(set, classifiers.known[name])
end

--- Some rows of a listing.
-- @tparam table list
-- @tparam integer first
-- @tparam integer last less than `first` for none
-- @tparam boolean whole with the label and the note
-- @treturn string
function M.text(list, first, last, whole)
  local lines = {}
  if whole then lines[1] = list.label end
  if first <= last then
    lines[#lines + 1] = list.header
    for i = first, last do lines[#lines + 1] = list.row(i) end
    if last < list.total - 1 then lines[#lines + 1] = render.hint(list.total - 1 - last) end
  end
  if whole and list.note then lines[#lines + 1] = list.note end
  return concat(lines, "\n")
end

--- The first page of a listing, with all that belongs to it.
-- @tparam table list
-- @treturn string
function M.first(list)
  return M.text(list, 0, page.last(0, list.total), true)
end

local function next_row(of, i)
  i = i + 1
  if i < #of then return i, of[i] end
end

--- `pairs` for what has a length and rows from 0: the metamethod.
function M.pairs(of)
  return next_row, of, -1
end

core.own(M)
return M
