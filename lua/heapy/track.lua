--- Allocation tracking: where each object was made, from now on.
-- @module heapy.track

local core = require "heapy.core"
local check = require "heapy.check"
local own = require "heapy.own"
local render = require "heapy.render"
local sites = require "heapy.sites"
local timeline = require "heapy.timeline"

local rawget, setmetatable, type = rawget, setmetatable, type
local tointeger = math.tointeger

local M = {}
local Status = { __name = "heapy.Tracking" }

local OPTIONS = { frames = true, sample = true, timeline = true, sites = true }
local OFF = "tracking is off: hp.track() begins it"

-- An option that may be left out; false where that means none.
local function number_of(options, name, least, most, default, level)
  local value = rawget(options, name)
  if value == nil or value == false and default == 0 then return default end
  local n = type(value) == "number" and tointeger(value)
  if not n then
    check.fail(level + 1, "bad option '%s' to 'track' (integer expected, got %s)", name,
      type(value) == "number" and ("%.14g"):format(value) or check.typename(value))
  elseif n < least or n > most then
    check.fail(level + 1, "bad option '%s' to 'track' (from %d to %d, got %d)", name, least, most,
      n)
  end
  return n
end

--- What the tracker is and holds, as a table that prints itself.
-- @treturn ?table frames, sample, sites, most, objects, bytes, born, asked, missed, foreign,
-- uncertain, others, threads, lines, cut; nil where tracking is off
function M.status()
  local status = core.tracking()
  return status and setmetatable(status, Status)
end

-- To the tracker that there is.
local function name_own()
  if own.place then core.own_code(own.place) end
end

--- Begins tracking: from now on it is noted where each object is made.
-- @tparam[opt] table options `frames`: callers noted with each site, 1 to 64 (1); `sample`: mean
-- bytes between the objects that are taken (every object); `timeline`: bytes between its points;
-- `sites`: how many there may be (100000), all further ones being one
-- @treturn[1] table what the tracker is and holds
-- @treturn[2] nil
-- @treturn[2] string why this VM cannot be read
-- @usage hp.track{frames = 8}
function M.track(options)
  options = options == nil and {} or options
  check.options(options, "track", OPTIONS, 2)
  local frames = number_of(options, "frames", 1, 64, 1, 2)
  local sample = number_of(options, "sample", 1, 1 << 40, 0, 2)
  local line = number_of(options, "timeline", 1, 1 << 50, 0, 2)
  local most = number_of(options, "sites", 1, 10000000, nil, 2)
  if core.tracking() then check.fail(2, "tracking is on already; hp.untrack() ends it") end
  local readable, message = core.check()
  if not readable then return nil, message end
  readable, message = core.track(frames, sample, line, nil, false, most)
  if not readable then return nil, message end
  name_own()
  return M.status()
end

--- Ends tracking, and gives the VM the host's own allocator back.
-- @treturn boolean whether there was tracking
-- @treturn ?string said where another library's wrapper around ours keeps ours in place
function M.untrack()
  local was, out = core.untrack()
  if not out then
    return was, "another library has wrapped the allocator since: the wrapper stays behind its, "
      .. "and only hands requests on"
  end
  return was
end

--- What has been made at each line since tracking began.
-- @treturn[1] Sites
-- @treturn[2] nil
-- @treturn[2] string that tracking is off, or was cut off
-- @usage hp.sites():diff(before)
function M.sites()
  local now = sites.now()
  if now then return now end
  local status = core.tracking()
  return nil, status and render.cut(status) or OFF
end

--- The heap over time.
-- @treturn[1] Timeline
-- @treturn[2] nil
-- @treturn[2] string that there is none
function M.timeline()
  if not core.tracking() then return nil, OFF end
  local line = timeline.now()
  if not line then return nil, "there is no timeline: hp.track{timeline = bytes} begins one" end
  return line
end

check.figures(Status, "hp.tracking()", {})

function Status.__tostring(status) return render.tracking(status) end

name_own() -- of a state that was tracked from its first byte

core.own(M)
core.own(Status)
return M
