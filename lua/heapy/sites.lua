--- Sites: what the program has made at each line, as the tracker knows it.
-- A copy, of the moment when it was asked for; the difference of two of them is one again.
-- @classmod heapy.Sites

local core = require "heapy.core"
local check = require "heapy.check"
local listing = require "heapy.listing"
local render = require "heapy.render"
local view = require "heapy.view"

local getmetatable, ipairs, next = getmetatable, ipairs, next
local rawequal, rawget = rawequal, rawget
local setmetatable, type = setmetatable, type
local abs = math.abs
local getinfo = debug and debug.getinfo
local find, match = string.find, string.match
local concat, sort = table.concat, table.sort

local M = {}
local Sites = { __name = "heapy.Sites" }
local Row = {} -- the metatable of rows

local OWN = "(heapy)" -- one row for what heapy's own Lua code makes

-- Where heapy's files are, as sites name them: heapy.lua, and what is in heapy/.
local place = getinfo and match(getinfo(1, "S").source, "^@(.*heapy)[/\\][^/\\]*$")

local function own(name)
  return place and find(name, place, 1, true) == 1 and find(name, "^[./\\]", #place + 1)
end

local NUMBERS = { "count", "size", "made", "madesize", "freed", "peak", "peaksize" }

local function row_of(all, i)
  local name, live, bytes, made, madesize, peak, peaksize, err, sizeerr = core.siterow(all, i)
  return { name = name, count = live, size = bytes, made = made, madesize = madesize,
    freed = made - live, peak = peak, peaksize = peaksize, error = err, sizeerror = sizeerr }
end

--- All frames of something, innermost first.
-- @tparam function frame gives frame k, from 0, of what it is given, or nil
-- @param of what it is given
-- @treturn {string,...}
function M.frames(frame, of)
  local frames, k = {}, 0
  repeat
    frames[k + 1] = frame(of, k)
    k = k + 1
  until not frames[k]
  return frames
end

-- The standard errors of a sum, or a difference, of what two rows estimate.
local function set_errors(to, a, b)
  to.error = (a.error ^ 2 + b.error ^ 2) ^ 0.5
  to.sizeerror = (a.sizeerror ^ 2 + b.sizeerror ^ 2) ^ 0.5
end

local EXACT = { error = 0, sizeerror = 0 }

local function add(to, row)
  for _, field in ipairs(NUMBERS) do to[field] = to[field] + row[field] end
  set_errors(to, to, row)
end

-- Largest first, by live bytes, then by name.
local function order(rows)
  sort(rows, function(a, b)
    if abs(a.size) ~= abs(b.size) then return abs(a.size) > abs(b.size) end
    if a.name ~= b.name then return a.name < b.name end
    return a.key < b.key
  end)
  local cumulative = 0
  for i, row in ipairs(rows) do
    cumulative = cumulative + row.size
    row.index, row.cumulative = i - 1, cumulative
    setmetatable(row, Row)
  end
  return rows
end

-- How many frames of a row's traceback no other row of those has, from its first; and the first
-- at which any two of them differ.
local function difference(rows)
  local seen, first = {}, nil
  for _, row in ipairs(rows) do
    local prefix = ""
    for k, frame in ipairs(row.traceback) do
      prefix = prefix .. frame .. "\n"
      seen[prefix] = (seen[prefix] or 0) + 1
      if seen[prefix] == 1 and row ~= rows[1] and not (first and first <= k) then first = k end
    end
  end
  return seen, first or #rows[1].traceback + 1
end

-- Rows of one name show the calls that tell them apart.
local function tell_apart(rows)
  local seen, first = difference(rows)
  for _, row in ipairs(rows) do
    local shown, prefix = { row.name }, ""
    if first > 2 and row.traceback[first] then shown[2] = "..." end
    for k, frame in ipairs(row.traceback) do
      prefix = prefix .. frame .. "\n"
      if k > 1 and k >= first then shown[#shown + 1] = frame end
      if k >= first and seen[prefix] == 1 then break end
    end
    row.shown = concat(shown, " < ")
  end
end

local function name_rows(rows)
  local by_name = {}
  for _, row in ipairs(rows) do
    local same = by_name[row.name] or {}
    by_name[row.name], same[#same + 1] = same, row
  end
  for _, same in next, by_name do
    if #same > 1 then tell_apart(same) end
  end
end

local function new(rows, status, earlier)
  name_rows(rows)
  local count, size = 0, 0
  for _, row in ipairs(rows) do count, size = count + row.count, size + row.size end
  return setmetatable({ _rows = order(rows), _status = status, _earlier = earlier,
    _count = count, _size = size }, Sites)
end

--- What there is now.
-- @treturn ?Sites nil where tracking is off
function M.now()
  local all <close>, n = core.sites()
  local status = core.tracking()
  if not all or not status then return nil end
  local rows, mine = {}, nil
  for i = 0, n - 1 do
    local row = row_of(all, i)
    if row.made > 0 or row.count > 0 then
      if own(row.name) then
        if mine then add(mine, row) else
          mine, row.name, row.traceback, row.key = row, OWN, { OWN }, OWN
          rows[#rows + 1] = row
        end
      else
        row.traceback = M.frames(function(_, k) return core.siteframe(all, i, k) end)
        row.key = concat(row.traceback, "\n")
        rows[#rows + 1] = row
      end
    end
  end
  return new(rows, status, nil)
end

--- What has come since an earlier time, site by site; those where nothing changed are left out.
-- @tparam Sites earlier
-- @treturn Sites
-- @usage hp.sites():diff(before)
local function diff(self, earlier)
  if not rawequal(getmetatable(earlier), Sites) then
    check.argument(1, "diff", "Sites", earlier, 2)
  end
  if rawget(self, "_status").session ~= rawget(earlier, "_status").session then
    check.fail(2, "bad argument #1 to 'diff' (it is of another hp.track(), which counted anew)")
  end
  local before, rows = {}, {}
  for _, row in ipairs(rawget(earlier, "_rows")) do before[row.key] = row end
  local function take(row, sign, old)
    local out = { name = row.name, key = row.key, traceback = row.traceback }
    local changed = false
    for _, field in ipairs(NUMBERS) do
      out[field] = sign * row[field] - (old and old[field] or 0)
      changed = changed or out[field] ~= 0
    end
    set_errors(out, row, old or EXACT)
    if changed then rows[#rows + 1] = out end
  end
  for _, row in ipairs(rawget(self, "_rows")) do
    take(row, 1, before[row.key])
    before[row.key] = nil
  end
  for _, row in next, before do take(row, -1) end
  return new(rows, rawget(self, "_status"), earlier)
end

local function sampled(sites) return rawget(sites, "_status").sample > 0 end

local function note(sites)
  local status = rawget(sites, "_status")
  local lines = {}
  if sampled(sites) then
    lines[#lines + 1] = render.sites.sampled(status.sample)
    lines[#lines + 1] = render.sites.grown(status.grown)
  end
  if status.missed > 0 then lines[#lines + 1] = render.sites.missed(status.missed) end
  if status.cut then
    lines[#lines + 1] = render.cut(status)
  end
  return #lines > 0 and concat(lines, "\n") or nil
end

local function list(sites)
  local rows = rawget(sites, "_rows")
  return {
    total = #rows,
    label = render.sites.label(#rows, rawget(sites, "_count"), rawget(sites, "_size"),
      rawget(sites, "_earlier") ~= nil),
    header = render.sites.header(sampled(sites)),
    row = function(i) return render.sites.row(rows[i + 1], sampled(sites)) end,
    note = note(sites),
    closed = function() return false end,
  }
end

-- A row's name is its site, as a set's is.
function Row.__index(row, key)
  if key == "site" then return rawget(row, "name") end
  if key ~= "shown" then check.field(key, "a row of heapy.Sites", { row, { site = true } }, 2) end
end

--- Fields.
M.fields = {
  count = function(sites) return rawget(sites, "_count") end,
  size = function(sites) return rawget(sites, "_size") end,
  more = function(sites) return view.more(sites, list(sites)) end,
  all = function(sites) return view.all(sites, list(sites)) end,
}

--- Methods.
M.methods = { diff = diff }

--- The row of a site, a table: index, name (or site), traceback, count, size, made, madesize,
-- freed, peak, peaksize, cumulative; and in a sample error and sizeerror. Bytes of what lives are
-- those that it has grown to, in madesize as well; of what was freed, those that it was made with.
-- So peaksize is the least that the most can have been. Where rows have one name, shown has the
-- calls that differ.
function Sites.__index(sites, key)
  if M.methods[key] then return M.methods[key] end
  local field = M.fields[key]
  if field then return field(sites) end
  if type(key) ~= "number" then
    check.field(key, "a heapy.Sites", { M.fields, M.methods }, 2)
  end
  local rows = rawget(sites, "_rows")
  return rows[check.row(key, #rows, 2) + 1]
end

function Sites.__newindex(_, key)
  check.assignment(key, "a heapy.Sites", 2)
end

function Sites.__len(sites) return #rawget(sites, "_rows") end

Sites.__pairs = listing.pairs

function Sites.__tostring(sites)
  return listing.first(list(sites))
end

core.own(M)
core.own(Row)
core.own(Sites)
return M
