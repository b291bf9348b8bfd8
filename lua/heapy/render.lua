--- Text: columns, wrapping, and names made fit for a terminal.
-- The only place that pads. Widths are counted in characters of UTF-8. Whatever comes from the
-- program (names, contents of strings) is bounded in length here, and its control characters,
-- invalid bytes and marks that turn the direction of writing are escaped.
-- @module heapy.render

local core = require "heapy.core"

local ipairs = ipairs
local byte, find, format = string.byte, string.find, string.format
local gmatch, gsub, rep, sub = string.gmatch, string.gsub, string.rep, string.sub
local concat, max = table.concat, math.max

local utf8 = utf8 or require "heapy.ascii" -- luacheck: std lua54
local char, codepoint, offset, ulen = utf8.char, utf8.codepoint, utf8.offset, utf8.len

local M = {}

--- Columns of a line.
M.width = 100

local NAME = 400 -- characters of a name
local VALUE = 40 -- characters of a string's contents
local NARROWEST = 20 -- characters left for a name, however wide the numbers are

local SHORT = { [7] = "\\a", [8] = "\\b", [9] = "\\t", [10] = "\\n", [11] = "\\v", [12] = "\\f",
  [13] = "\\r" }

-- Bytes that may have to be escaped.
local PLAIN = "[\0-\x1F\x7F-\xFF]"
local QUOTED = "[\0-\x1F\"\\\x7F-\xFF]"

-- Characters that a terminal would obey or not show.
local function invisible(code)
  return code < 0x20 or code >= 0x7F and code < 0xA0
    or code >= 0x200B and code <= 0x200F or code >= 0x2028 and code <= 0x202E
    or code >= 0x2060 and code <= 0x2069 or code == 0xFEFF
end

-- The character at byte i as it is shown, and the byte after it.
local function character(text, i, quoted)
  if not ulen(text, i, i) then return format("\\x%02X", byte(text, i)), i + 1 end
  local code = codepoint(text, i)
  local plain = char(code)
  local after = i + #plain
  if quoted and (plain == '"' or plain == "\\") then return "\\" .. plain, after end
  if not invisible(code) then return plain, after end
  if SHORT[code] then return SHORT[code], after end
  return format(code < 0x80 and "\\x%02X" or "\\u{%X}", code), after
end

--- Text with everything escaped that a terminal would not show as it is.
-- @tparam string text
-- @tparam integer limit characters shown
-- @tparam[opt] boolean quoted escape quotes and backslashes too
-- @treturn string
-- @treturn boolean whether it was cut
function M.escape(text, limit, quoted)
  if #text <= limit and not find(text, quoted and QUOTED or PLAIN) then return text, false end
  local shown, n, i = {}, 0, 1
  while i <= #text and n < limit do
    n = n + 1
    shown[n], i = character(text, i, quoted)
  end
  return concat(shown), i <= #text
end

--- A name of the program (a kind, a file, a field), on one line.
-- @tparam string text
-- @tparam[opt] integer limit characters shown
-- @treturn string
function M.name(text, limit)
  local shown, cut = M.escape(text, limit or NAME)
  return cut and shown .. "..." or shown
end

--- The contents of a string, quoted; with its length where not all is shown.
-- @tparam string text the first bytes
-- @tparam integer length bytes of the whole string
-- @treturn string
function M.value(text, length)
  if length > #text then text = gsub(text, "[\xC0-\xFF][\x80-\xBF]*$", "") end
  local shown, cut = M.escape(text, VALUE, true)
  if not cut and length == #text then return '"' .. shown .. '"' end
  return format('"%s"... (%d bytes)', shown, length)
end

--- An address as Lua prints it.
-- @tparam integer address
-- @treturn string
function M.address(address)
  return format("0x%x", address)
end

-- The plural of a word, unless it is one.
local function plural(count, word)
  return count == 1 and word or word .. "s"
end

local function objects(count) return plural(count, "object") end

-- A share of 100, rounded as Heapy does it.
local function percent(part, total)
  return total == 0 and 0 or part * 100.0 / total
end

-- Splits text into lines of at most `room` characters, at spaces where there are any.
local function fold(text, room)
  local lines, line, used = {}, "", 0
  local function flush()
    lines[#lines + 1] = line
    line, used = "", 0
  end
  for gap, word in gmatch(text, "( *)([^ ]+)") do
    local length = ulen(word)
    if used > 0 and used + #gap + length > room then
      flush()
      gap = ""
    end
    while length > room do
      local cut = offset(word, room + 1)
      line = sub(word, 1, cut - 1)
      flush()
      gap, word, length = "", sub(word, cut), length - room
    end
    line, used = line .. gap .. word, used + #gap + length
  end
  if used > 0 then flush() end
  return lines
end

--- A text behind a prefix, folded so that its further lines stand under its first.
-- @tparam string prefix
-- @tparam string text
-- @treturn string
function M.hang(prefix, text)
  local indent = ulen(prefix)
  local room = max(M.width - indent, NARROWEST)
  if ulen(text) <= room then return prefix .. text end
  local lines = fold(text, room)
  return prefix .. concat(lines, "\n" .. rep(" ", indent))
end

--- Rows of two columns: what is typed, and what it gives.
-- @tparam {{string,string},...} rows
-- @treturn string
function M.columns(rows)
  local widest = 0
  for _, row in ipairs(rows) do widest = max(widest, ulen(row[1])) end
  local lines = {}
  for i, row in ipairs(rows) do
    lines[i] = M.hang(format("  %s%s  ", row[1], rep(" ", widest - ulen(row[1]))), row[2])
  end
  return concat(lines, "\n")
end

--- Names with an integer each, the integers under each other.
-- @tparam {{string,integer},...} rows
-- @treturn string
function M.figures(rows)
  local lines = {}
  for i, row in ipairs(rows) do lines[i] = format("  %-12s%14d", row[1], row[2]) end
  return concat(lines, "\n")
end

--- How the next page is asked for in the monitor; nil where it cannot be.
M.remote_page = nil

--- What stands under a page that is not the last.
-- @tparam integer left rows after this page
-- @treturn string
function M.hint(left)
  local page = "h.more"
  if core.remote_busy() then page = M.remote_page end
  if not page then return format("<%d more rows.>", left) end
  return format("<%d more rows. Type e.g. '%s' to view.>", left, page)
end

--- That no row has a name, where another has one that is near.
-- @tparam string criterion
-- @tparam string name
-- @tparam string nearest
-- @treturn string
function M.unknown(criterion, name, nearest)
  return format("There is no %s '%s' here; did you mean '%s'?", criterion, M.name(name),
    M.name(nearest))
end

--- The partition of a set.
M.set = {}

function M.set.label(count, size)
  return format("Partition of a set of %d %s. Total size = %d bytes.", count, objects(count), size)
end

function M.set.header(heading)
  return M.hang(" Index  Count   %     Size   % Cumulative  % ", heading)
end

function M.set.row(row, total_count, total_size)
  local numbers = format("%6d %6d %3.0f %8d %3.0f %9d %3.0f ", row.index,
    row.count, percent(row.count, total_count),
    row.size, percent(row.size, total_size),
    row.cumulative, percent(row.cumulative, total_size))
  return M.hang(numbers, M.name(row.name))
end

--- The single objects of a set.
M.id = {}

function M.id.label(count, size, kind)
  return format("Set of %d <%s> %s. Total size = %d bytes.", count, M.name(kind), objects(count),
    size)
end

function M.id.header(heading)
  return M.hang(" Index     Size   %   Cumulative  %   ", heading)
end

function M.id.row(row, total_size)
  local numbers = format("%6d %8d %5.1f %9d %5.1f ", row.index,
    row.size, percent(row.size, total_size),
    row.cumulative, percent(row.cumulative, total_size))
  return M.hang(numbers, row.name)
end

--- The difference of two sets.
M.diff = {}

local function of_b(size, b_size)
  return b_size == 0 and "   (n.a.)" or format("%9.3g", size * 100.0 / b_size)
end

function M.diff.label(a_count, a_size, b_count, b_size)
  return concat({
    "Summary of difference operation (A-B).",
    "        Count     Size",
    format("  A    %6d %8d", a_count, a_size),
    format("  B    %6d %8d", b_count, b_size),
    format("  A-B  %6d %8d  = %s %% of B", a_count - b_count, a_size - b_size,
      of_b(a_size - b_size, b_size)),
    "",
  }, "\n")
end

function M.diff.title(noun)
  return format("Differences by %s, largest absolute size diffs first.", noun)
end

function M.diff.none(noun)
  return format("No differences by %s.", noun)
end

function M.diff.header(heading)
  return M.hang(" Index  Count     Size  Cumulative  % of B ", heading)
end

function M.diff.row(row, b_size)
  local numbers = format("%6d %6d %8d %9d %s ", row.index, row.count, row.size,
    row.cumulative, of_b(row.cumulative, b_size))
  return M.hang(numbers, M.name(row.name))
end

--- The sites at which objects were made.
M.sites = {}

local CALLS = 500 -- characters of a site with some of its calls

function M.sites.label(sites, count, size, difference)
  return format("%s of %d %s. %s %d %s, %d bytes.",
    difference and "Growth" or "Objects", sites, plural(sites, "site"),
    difference and "Change:" or "Live:", count, objects(count), size)
end

function M.sites.header(sampled, peakless)
  return M.hang(" Index   Live     Size" .. (sampled and "      +/-" or "")
    .. "     Made    Freed " .. (peakless and "" or "  Peak "), "Made at")
end

function M.sites.row(row, sampled)
  local numbers = format("%6d %6d %8d%s %8d %8d %s", row.index, row.count, row.size,
    sampled and format(" %8.0f", row.sizeerror) or "", row.made, row.freed,
    row.peak and format("%6d ", row.peak) or "")
  return M.hang(numbers, row.shown and M.name(row.shown, CALLS) or M.name(row.name))
end

function M.sites.sampled(interval)
  return format("Estimated from a sample: an object in every %d bytes on average; +/- is the "
    .. "standard error\nof Size.", interval)
end

--- What a sample does not tell: objects are taken as they are made, when they are small.
function M.sites.grown(bytes)
  return format("Objects are sampled as they are made. What they grew by (tables' arrays, stacks: "
    .. "%d bytes\nwere asked for) counts in Size only with those that were taken.", bytes)
end

--- That the tracker was cut off, and why.
-- @tparam table status
-- @treturn string
function M.cut(status)
  if status.others > 0 then
    return "Another Lua state has this one's allocator, and who asks for memory cannot be told: "
      .. "nothing\nis recorded any more."
  end
  return "Another library has taken the allocator away: nothing is recorded any more."
end

-- So many objects, and why.
local function unrecorded(n, why)
  return format("%d %s %s not recorded, %s.", n, objects(n), n == 1 and "was" or "were", why)
end

--- What was made and is in no row.
-- @tparam table status
-- @treturn {string,...} lines, maybe none
function M.sites.unrecorded(status)
  local lines = {}
  if status.missed > 0 then lines[1] = unrecorded(status.missed, "for want of memory") end
  if status.foreign > 0 then
    lines[#lines + 1] = unrecorded(status.foreign, "as another Lua state may have made them")
  end
  return lines
end

local BARS = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }
local SPARKS = 60 -- at the most

--- A line of bars, from 0 to the largest value.
-- @tparam {number,...} values
-- @treturn string
function M.spark(values)
  local n = #values
  local shown, bars = n < SPARKS and n or SPARKS, {}
  local largest = 0
  for i = 1, n do largest = max(largest, values[i]) end
  for i = 1, shown do -- the largest of what a bar stands for
    local from, to, value = (i - 1) * n // shown + 1, i * n // shown, 0
    for k = from, to do value = max(value, values[k]) end
    local height = largest == 0 and 1 or 1 + (value * 7 + largest // 2) // largest
    bars[i] = BARS[height // 1 | 0]
  end
  return concat(bars)
end

--- The heap over time.
-- @tparam integer points
-- @tparam integer interval
-- @tparam integer asked
-- @tparam {{string,{number,...}},...} rows names, and their values
-- @tparam integer sample as in the tracker's status; 0: none
-- @treturn string
function M.timeline(points, interval, asked, rows, sample)
  local lines = { format("The heap while %d bytes were asked for: %d %s, at least %d bytes apart.",
    asked, points, plural(points, "point"), interval) }
  for _, row in ipairs(rows) do
    local largest = 0
    for _, value in ipairs(row[2]) do largest = max(largest, value) end
    if largest > 0 then
      lines[#lines + 1] = format("  %-15s %s  at most %d, now %d", row[1], M.spark(row[2]),
        largest, row[2][#row[2]])
    end
  end
  if sample > 0 then
    lines[#lines + 1] = format("All but bytes is estimated from a sample: an object in every %d "
      .. "bytes on average.", sample)
  end
  return concat(lines, "\n")
end

--- What the tracker is and holds.
-- @tparam table status
-- @treturn string
function M.tracking(status)
  local lines = {
    status.sample > 0 and format("Tracking a sample of objects, one in %d bytes on average.",
      status.sample) or "Tracking every object.",
    M.figures {
      { "frames", status.frames }, { "sites", status.sites }, { "objects", status.objects },
      { "bytes", status.bytes }, { "born", status.born }, { "missed", status.missed },
      { "uncertain", status.uncertain },
    },
  }
  if not status.lines or status.uncertain > 0 then
    lines[#lines + 1] = "Where several constructors are possible, a site names all their lines."
  end
  if status.sites >= status.most then
    lines[#lines + 1] = format("There are as many sites as there may be, %d: what is made at "
      .. "any other is booked to\n(other sites).", status.most)
  end
  if status.cut then
    lines[#lines + 1] = M.cut(status)
  elseif status.others > 0 then
    lines[#lines + 1] = "Another Lua state has this one's allocator: only what is surely made "
      .. "by this one is recorded."
  end
  return concat(lines, "\n")
end

core.own(M)
return M
