--- Help: the documentation as text.
-- @module heapy.help

local core = require "heapy.core"
local check = require "heapy.check"
local doc = require "heapy.doc"
local render = require "heapy.render"

local ipairs = ipairs
local match = string.match
local concat = table.concat

local M = {}

-- Names with their entries; a name can be of several sections.
-- Also by the forms in which they are typed; and sections by what they are of.
local entries = {}
local typed = {}
local titled = {}
for _, section in ipairs(doc.sections) do
  local title = section.title
  titled[match(title, "^An? (.+)$") or match(title, "^(%w+) = ") or title] = section
  for _, entry in ipairs(section) do
    local name = entry[1]
    entries[name] = entries[name] or {}
    entries[name][#entries[name] + 1] = entry
    typed[entry[2]] = name
  end
end

local function whole(section)
  local rows = {}
  for i, entry in ipairs(section) do rows[i] = { entry[2], entry[3] } end
  return section.title .. "\n" .. render.columns(rows)
end

--- Everything, a line each.
-- @treturn string
function M.all()
  local parts = { doc.beginning.title .. "\n" .. render.columns(doc.beginning) }
  for _, section in ipairs(doc.sections) do parts[#parts + 1] = whole(section) end
  return concat(parts, "\n\n")
end

local function text(name)
  local parts = {}
  for _, entry in ipairs(entries[name]) do
    parts[#parts + 1] = render.hang(entry[2] .. "  ", entry[3])
    if entry[4] then parts[#parts + 1] = render.hang("  ", entry[4]) end
  end
  return concat(parts, "\n")
end

--- What there is to say of one name: "referrers", "set.referrers", "set:rows" or
-- any form that `hp.help()` prints; or of a section, "Set".
-- @tparam string name
-- @tparam integer level
-- @treturn string
function M.of(name, level)
  if titled[name] then return whole(titled[name]) end
  local short = typed[name] or match(name, "^%a+[.:](%w+)") or match(name, "^(%w+)[({]") or name
  if not entries[short] then check.field(short, "heapy's help", { entries }, level + 1) end
  return text(short)
end

--- The documentation as a value.
M.doc = {}

local Doc = { __name = "heapy.Doc" }

function Doc.__index(_, key)
  if not entries[key] then check.field(key, "heapy.doc", { entries }, 2) end
  return text(key)
end

function Doc.__newindex(_, key)
  check.assignment(key, "heapy.doc", 2)
end

function Doc.__tostring()
  return M.all()
end

setmetatable(M.doc, Doc)

core.own(M)
core.own(M.doc)
core.own(Doc)
return M
