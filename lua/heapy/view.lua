--- Pages: a view of some rows of a set or a difference.
-- A page prints its rows; asked for anything else it answers as what it is a page of.
-- It holds that, and no text: the rows are read when they are printed.
-- @module heapy.view

local core = require "heapy.core"
local listing = require "heapy.listing"
local page = require "heapy.page"

local getmetatable, pairs, rawequal, rawget = getmetatable, pairs, rawequal, rawget
local setmetatable = setmetatable

local M = {}
local View = { __name = "heapy.View" }

--- What a page is a page of.
-- @param value anything
-- @return a Set or a Diff, or nil where value is no page
function M.client(value)
  if rawequal(getmetatable(value), View) then return rawget(value, "_client") end
  return nil
end

local function new(client, list, first, last, whole)
  return setmetatable({ _client = client, _listing = list, _first = first, _last = last,
    _whole = whole }, View)
end

--- The page after the first.
-- @param client a Set or a Diff
-- @tparam table list its listing
-- @treturn View
function M.more(client, list)
  local first = page.last(0, list.total) + 1
  return new(client, list, first, page.last(first, list.total), false)
end

--- All rows.
-- @param client a Set or a Diff
-- @tparam table list its listing
-- @treturn View
function M.all(client, list)
  return new(client, list, 0, list.total - 1, true)
end

function View.__index(self, key)
  local client, list = rawget(self, "_client"), rawget(self, "_listing")
  if key == "more" then
    local first = rawget(self, "_last") + 1
    return new(client, list, first, page.last(first, list.total), false)
  elseif key == "all" then
    return M.all(client, list)
  end
  return getmetatable(client).__index(client, key)
end

function View.__newindex(self, key, value)
  local client = rawget(self, "_client")
  return getmetatable(client).__newindex(client, key, value)
end

function View.__len(self)
  local client = rawget(self, "_client")
  return getmetatable(client).__len(client)
end

function View.__pairs(self)
  local client = rawget(self, "_client")
  return getmetatable(client).__pairs(client)
end

function View.__tostring(self)
  if rawget(self, "_listing").closed() then return "heapy.View (closed)" end
  return listing.text(rawget(self, "_listing"), rawget(self, "_first"), rawget(self, "_last"),
    rawget(self, "_whole"))
end

--- Lets pages of sets stand for their sets in operations too.
-- @tparam {[string]=function} operators metamethods
function M.operators(operators)
  for event, metamethod in pairs(operators) do View[event] = metamethod end
end

core.own(M)
core.own(View)
return M
