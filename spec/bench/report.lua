--- The tables as text, which is Markdown too.
-- @module report

local figures = require "figures"

local rep = string.rep

local M = {}

-- Characters, not bytes.
local function width(text)
  return utf8.len(text) or #text
end

-- Rows of cells as aligned lines. The first column and the last two are words, the rest numbers.
local function align(rows)
  local widths = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do widths[i] = math.max(widths[i] or 3, width(cell)) end
  end
  local lines = {}
  for n, row in ipairs(rows) do
    local cells, rule = {}, {}
    for i, cell in ipairs(row) do
      local fill, words = rep(" ", widths[i] - width(cell)), i == 1 or i > #row - 2
      cells[i] = words and cell .. fill or fill .. cell
      rule[i] = words and rep("-", widths[i]) or rep("-", widths[i] - 1) .. ":"
    end
    lines[#lines + 1] = "| " .. table.concat(cells, " | ") .. " |"
    if n == 1 then lines[2] = "| " .. table.concat(rule, " | ") .. " |" end
  end
  return table.concat(lines, "\n")
end

local function table_of(group, heaps)
  local header = { "figure" }
  for _, heap in ipairs(heaps) do header[#header + 1] = heap.title end
  table.move({ "target", "verdict" }, 1, 2, #header + 1, header)
  local rows = { header }
  for _, figure in ipairs(group) do
    local row = { figure.text }
    for _, heap in ipairs(heaps) do row[#row + 1] = figures.show(figure, heap) end
    row[#row + 1] = figure.target or "-"
    row[#row + 1] = figures.verdict(figure, heaps)
    rows[#rows + 1] = row
  end
  return align(rows)
end

--- All tables.
-- @tparam {table,...} heaps
-- @treturn string
function M.tables(heaps)
  local parts = {}
  for _, group in ipairs(figures.tables) do
    parts[#parts + 1] = "## " .. group.title .. "\n\n" .. table_of(group, heaps) .. "\n"
  end
  return table.concat(parts, "\n")
end

--- The table of the monitor.
-- @tparam table numbers by name, as a heap's
-- @treturn string
function M.monitor(numbers)
  return "## " .. figures.monitor.title .. "\n\n" .. table_of(figures.monitor, { numbers }) .. "\n"
end

local function count(group, heaps)
  local all, met = 0, 0
  for _, figure in ipairs(group) do
    local verdict = figures.verdict(figure, heaps)
    if verdict ~= "-" then all = all + 1 end
    if verdict == "met" then met = met + 1 end
  end
  return all, met
end

--- How many figures with a target there are, and how many of them are met.
-- @tparam {table,...} heaps
-- @tparam table monitor
-- @treturn integer
-- @treturn integer
function M.count(heaps, monitor)
  local all, met = count(figures.monitor, { monitor })
  for _, group in ipairs(figures.tables) do
    local more, good = count(group, heaps)
    all, met = all + more, met + good
  end
  return all, met
end

return M
