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
local abs, huge, max, min = math.abs, math.huge, math.max, math.min
local concat, sort = table.concat, table.sort

local M = {}
local Sites = { __name = "heapy.Sites" }
local Row = {} -- the metatable of rows

local OWN = "(heapy)" -- one row for all that heapy makes

-- What a row counts; the most at a time is of single objects, and a sample has not seen them.
local NUMBERS = { "count", "size", "made", "madesize", "freed" }
local MOST = { "peak", "peaksize" }
local HIDDEN = { "_turn", "_sizeturn", "_grown" } -- see change_errors

local function row_of(all, i, sampled)
  local name, live, bytes, made, madesize, peak, peaksize, err, sizeerr, turn, sizeturn, grown =
    core.siterow(all, i)
  local row = { name = name, count = live, size = bytes, made = made, madesize = madesize,
    freed = made - live, error = err, sizeerror = sizeerr,
    _all = all, _site = i, _line = false, _turn = turn, _sizeturn = sizeturn, _grown = grown }
  if not sampled then row.peak, row.peaksize = peak, peaksize end
  return row
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

local function add(to, row)
  for _, field in ipairs(NUMBERS) do to[field] = to[field] + row[field] end
  for _, field in ipairs(MOST) do to[field] = to[field] and to[field] + row[field] end
  to.error = (to.error ^ 2 + row.error ^ 2) ^ 0.5
  to.sizeerror = (to.sizeerror ^ 2 + row.sizeerror ^ 2) ^ 0.5
  for _, field in ipairs(HIDDEN) do to[field] = to[field] + row[field] end
end

local NOTHING = { count = 0, size = 0, made = 0, madesize = 0, freed = 0, peak = 0, peaksize = 0,
  error = 0, sizeerror = 0, _turn = 0, _sizeturn = 0, _grown = 0 }

-- The standard errors of what has changed: of two estimates that have nothing in common, or of all
-- that came and went in between, whichever is less. Nobody knows what of it came only to go; nor,
-- in bytes, what has grown of what was there all the time.
local function change_errors(to, row, old)
  local err, size = row.error ^ 2 + old.error ^ 2, row.sizeerror ^ 2 + old.sizeerror ^ 2
  to.error = min(err, abs(row._turn - old._turn)) ^ 0.5
  to.sizeerror = (row._grown == old._grown and min(size, abs(row._sizeturn - old._sizeturn))
    or size) ^ 0.5
  to._turn, to._sizeturn, to._grown = huge, huge, row._grown -- of a change of changes, the former
end

-- Largest first, by live bytes, then by name.
local function order(rows)
  sort(rows, function(a, b)
    if abs(a.size) ~= abs(b.size) then return abs(a.size) > abs(b.size) end
    if a.name ~= b.name then return a.name < b.name end
    return a._site < b._site
  end)
  local cumulative = 0
  for i, row in ipairs(rows) do
    cumulative = cumulative + row.size
    row.index, row.cumulative = i - 1, cumulative
    setmetatable(row, Row)
  end
  return rows
end

-- Rows of one name are a group, whose calls tell them apart.
local function group(rows, all)
  local first, groups = {}, {}
  for _, row in ipairs(rows) do
    local name = row.name
    local other, same = first[name], groups[name]
    if not other then
      first[name] = row
    else
      if not same then
        same = { all = all, other._site }
        groups[name], other._group, other._place = same, same, 1
      end
      same[#same + 1] = row._site
      row._group, row._place = same, #same
    end
  end
end

-- A row's name, with the calls that no other of its group has.
local function shown(row)
  local same = rawget(row, "_group")
  if not same then return nil end
  if not same.own then same.first, same.own = core.sitesapart(same.all, same) end
  local calls, site = { rawget(row, "name") }, rawget(row, "_site")
  local k = max(2, same.first)
  local frame = core.siteframe(same.all, site, k - 1)
  if k > 2 and frame then calls[2] = "..." end
  local last = max(same.own[rawget(row, "_place")], same.first)
  while frame and k <= last do
    calls[#calls + 1] = frame
    k = k + 1
    frame = core.siteframe(same.all, site, k - 1)
  end
  return concat(calls, " < ")
end

local function new(rows, all, n, status, earlier, lines)
  if not lines then group(rows, all) end
  local count, size = 0, 0
  for _, row in ipairs(rows) do count, size = count + row.count, size + row.size end
  return setmetatable({ _rows = order(rows), _all = all, _n = n, _status = status,
    _earlier = earlier, _count = count, _size = size, _lines = lines or false }, Sites)
end

--- What there is now.
-- @treturn ?Sites nil where tracking is off
function M.now()
  local all, n = core.sites()
  local status = core.tracking()
  if not all or not status then return nil end
  local rows, mine = {}, nil
  for i = 0, n - 1 do
    local row = row_of(all, i, status.sample > 0)
    if row.made > 0 or row.count > 0 then
      if row.name ~= OWN then
        rows[#rows + 1] = row
      elseif mine then
        add(mine, row)
      else
        mine, row.name, row.traceback = row, OWN, { OWN }
        rows[#rows + 1] = row
      end
    end
  end
  return new(rows, all, n, status, nil)
end

-- What tells a row from the others; in Sites by line its name.
local function site_of(row)
  return (row.name == OWN or row._line) and row.name or row._site
end

-- One row for each line, whoever called it. Not known is what there was at most at a time: the
-- calls had theirs at different times.
local function by_line(sites)
  local rows, first = {}, {}
  for _, row in ipairs(rawget(sites, "_rows")) do
    local line = first[row.name]
    if line then
      add(line, row)
    else
      line = { name = row.name, traceback = { row.name }, _line = true, _all = row._all,
        _site = row._site }
      for _, field in ipairs(NUMBERS) do line[field] = row[field] end
      for _, field in ipairs(HIDDEN) do line[field] = row[field] end
      line.error, line.sizeerror = row.error, row.sizeerror
      rows[#rows + 1], first[row.name] = line, line
    end
  end
  return new(rows, rawget(sites, "_all"), rawget(sites, "_n"), rawget(sites, "_status"),
    rawget(sites, "_earlier"), true)
end

-- What a row counts more than an older one, or nil: nothing.
local function change(row, sign, old)
  local out, changed = { name = row.name, _all = row._all, _site = row._site, _line = row._line },
    false
  local function take(field)
    if not row[field] then return end
    out[field] = sign * row[field] - old[field]
    changed = changed or out[field] ~= 0
  end
  for _, field in ipairs(NUMBERS) do take(field) end
  for _, field in ipairs(MOST) do take(field) end
  if row.name == OWN or row._line then out.traceback = { row.name } end
  change_errors(out, row, old)
  return changed and out or nil
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
  local lines = rawget(self, "_lines")
  if lines ~= rawget(earlier, "_lines") then
    check.fail(2, "bad argument #1 to 'diff' (both are to be by line, or neither)")
  end
  local before, rows = {}, {}
  for _, row in ipairs(rawget(earlier, "_rows")) do before[site_of(row)] = row end
  for _, row in ipairs(rawget(self, "_rows")) do
    rows[#rows + 1] = change(row, 1, before[site_of(row)] or NOTHING)
    before[site_of(row)] = nil
  end
  for _, row in next, before do rows[#rows + 1] = change(row, -1, NOTHING) end
  local later = rawget(self, "_n") < rawget(earlier, "_n") and earlier or self -- knows all sites
  return new(rows, rawget(later, "_all"), rawget(later, "_n"), rawget(self, "_status"), earlier,
    lines)
end

local function sampled(sites) return rawget(sites, "_status").sample > 0 end

local function knows_peaks(sites) return not sampled(sites) and not rawget(sites, "_lines") end

local function note(sites)
  local status = rawget(sites, "_status")
  local lines = {}
  if sampled(sites) then
    lines[#lines + 1] = render.sites.sampled(status.sample)
    lines[#lines + 1] = render.sites.grown(status.grown)
  end
  for _, line in ipairs(render.sites.unrecorded(status)) do lines[#lines + 1] = line end
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
    header = render.sites.header(sampled(sites), not knows_peaks(sites)),
    row = function(i) return render.sites.row(rows[i + 1], sampled(sites)) end,
    note = note(sites),
    closed = function() return false end,
  }
end

-- What a row does not have at hand. Its name is its site, as a set's is.
local lazy = {
  site = function(row) return rawget(row, "name") end,
  shown = shown,
  traceback = function(row)
    return M.frames(function(all, k) return core.siteframe(all, row._site, k) end, row._all)
  end,
  peak = function() end, -- in a sample, and by line
  peaksize = function() end,
}

function Row.__index(row, field)
  if not lazy[field] then check.field(field, "a row of heapy.Sites", { row, lazy }, 2) end
  return lazy[field](row)
end

--- Fields.
M.fields = {
  count = function(sites) return rawget(sites, "_count") end,
  size = function(sites) return rawget(sites, "_size") end,
  byline = by_line,
  more = function(sites) return view.more(sites, list(sites)) end,
  all = function(sites) return view.all(sites, list(sites)) end,
}

--- Methods.
M.methods = { diff = diff }

--- The row of a site, a table: index, name (or site), traceback, count, size, made, madesize,
-- freed, peak, peaksize, cumulative; and in a sample error and sizeerror, but no peak nor peaksize:
-- the most of estimates is no estimate of the most (nor has a row of `byline`). Bytes of what
-- lives are those that it has grown to, in madesize as well; of what was freed, those it was made
-- with. So peaksize is the least that the most can have been. Where rows have one name, shown has
-- the calls that differ.
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
