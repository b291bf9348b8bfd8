--- The figures of the benchmark: what is measured on each heap, and what it should come to.
-- A figure is a table of
--   name     of the number that heap.lua prints
--   text     for the reader
--   form     how a number is shown
--   scale    what the number is multiplied by first, or nil
--   limit    the most that is right, in the number's own unit, or nil
--   growth   or instead: the most that it may be in terms of the smallest heap's
--   from     objects of the smallest heap for which the limit holds
--   target   the limit in words, or nil
-- @module figures

local M = {}

-- Below these, a few pages or microseconds decide.
local SMALL <const>, LARGE <const> = 100000, 1000000

-- The limit in words.
local function at_most(text, from)
  return "at most " .. text .. (from == LARGE and " from 1M on" or "")
end

local function ratio(name, text, limit, from)
  local target = limit and at_most(("%.1f G"):format(limit), from)
  return { name = name, text = text, form = "%.2f G", limit = limit, from = from or SMALL,
    target = target }
end

local function percent(name, text, limit, from)
  local target = limit and at_most(("%.0f %%"):format(limit * 100), from)
  return { name = name, text = text, form = "%.1f %%", scale = 100, limit = limit,
    from = from or SMALL, target = target }
end

local function plain(name, text, form)
  return { name = name, text = text, form = form }
end

local function constant(name, text, form)
  return { name = name, text = text, form = form, growth = 3,
    target = at_most("3 x the smallest heap's") }
end

--- The tables: a title, and the figures under it.
M.tables = {
  {
    title = "Time, in full collections of the same heap (G)",
    plain("collection", "G, a full collection", "%.1f ms"),
    plain("pause", "hp.heap(): pause", "%.1f ms"),
    plain("first_pause", "... the first", "%.1f ms"),
    ratio("heap", "hp.heap()", 0.8, LARGE),
    ratio("second_heap", "... an older one kept", 0.8, LARGE),
    ratio("first_heap", "... the first, in memory new to the process"),
    ratio("supply", "as much new memory, merely written"),
    ratio("first_referrers", "first .referrers, of one object", 0.5),
    ratio("first_referrers_of_all", "first .referrers, of all objects", 0.5),
    ratio("diff", "h2:diff(h1), printed", 0.3),
    ratio("by_kind", "partition by kind", 0.3),
    ratio("by_type", "... by type", 0.3),
    ratio("by_size", "... by size", 0.3),
    ratio("by_source", "... by source", 0.3),
    ratio("by_module", "... by module", 0.3),
    ratio("by_rcs", "... by rcs", 0.3),
    ratio("by_via", "... by via", 0.3),
    ratio("by_id", "... by id", 0.3),
    ratio("born", "h2 - h1"),
    ratio("gone", "h1 - h2"),
  },
  {
    title = "Memory, in percent of the Lua heap",
    plain("objects", "objects", "%.0f"),
    plain("megabytes", "Lua heap", "%.1f MiB"),
    percent("kept", "kept by a snapshot, counted", 0.25),
    percent("kept_resident", "... resident", 0.25, LARGE),
    percent("peak", "peak while it is taken, counted", 0.40),
    percent("peak_resident", "... resident", 0.40, LARGE),
    percent("kept_reverse", "kept with reverse edges, counted"),
    plain("bytes_per_object", "kept per object", "%.1f bytes"),
    { name = "difference", text = "bytes not accounted for", form = "%.0f", limit = 0, from = 0,
      target = "0" },
  },
  {
    title = "What should not depend on the size of the heap",
    constant("print", "printing a set, already partitioned", "%.0f us"),
    constant("print_more", "... its next page by size", "%.0f us"),
    plain("referrers_of_one", "a later .referrers, of one object", "%.1f us"),
    plain("referrers_of_one_result", "... objects in the result", "%.1f"),
    constant("referrers_of_class", "... of a class, per object found", "%.1f ns"),
    plain("referrers_of_class_result", "... objects in the result", "%.0f"),
    plain("lists", "six values of the same objects, listed in plain Lua", "%.1f us"),
    constant("referrers_of_one_in_lists", "... a later .referrers of one object, in such lists",
      "%.1f x"),
    plain("loading", 'require "heapy"', "%.1f ms"),
  },
}

local function within(name, text, form, limit, target)
  return { name = name, text = text, form = form, limit = limit, from = 0, target = target }
end

--- The table of the remote monitor: it has but one column.
M.monitor = {
  title = "The remote monitor",
  within("idle_trees", "time of a program that makes trees, watched, nobody connected", "%.4f x",
    1.005, at_most "1.005 x"),
  within("idle_strings", "... one that makes strings and closures", "%.4f x", 1.005,
    at_most "1.005 x"),
  within("command", "from a command to its end, in a busy program: median", "%.2f ms", 1,
    at_most "1 ms"),
  within("command_worst", "... worst", "%.2f ms", 20, at_most "20 ms"),
  within("attach", "attaching, and the first command's end", "%.2f ms", 50, at_most "50 ms"),
  within("wake", "from a command to its end, in a program that sleeps in poll", "%.2f ms", 20,
    at_most "20 ms"),
  within("stat_asleep", "stat, of a program that sleeps in waitpid", "%.1f ms", 100,
    at_most "100 ms"),
}

--- A figure's number on a heap as text.
-- @tparam table figure
-- @tparam table heap the numbers by name
-- @treturn string
function M.show(figure, heap)
  local value = heap[figure.name]
  if not value then return "-" end
  return (figure.form:format(value * (figure.scale or 1)))
end

-- The smallest heap of the same order.
local function smallest(heaps, order)
  local found
  for _, heap in ipairs(heaps) do
    if heap.order == order and (not found or heap.asked < found.asked) then found = heap end
  end
  return found
end

-- The most that is right on a heap, or nil where anything is.
local function limit_of(figure, heap, heaps)
  if figure.growth then
    local base = smallest(heaps, heap.order)[figure.name]
    return base and base * figure.growth
  end
  return figure.limit and heap.asked >= figure.from and figure.limit or nil
end

--- Whether a figure is what it should be, on the heaps for which that was said.
-- @tparam table figure
-- @tparam {table,...} heaps
-- @treturn string "met", "missed" on all of them, "missed: " on which, or "-" where nothing
-- was said
function M.verdict(figure, heaps)
  local judged, missed = 0, {}
  for _, heap in ipairs(heaps) do
    local limit, value = limit_of(figure, heap, heaps), heap[figure.name]
    if limit and value then
      judged = judged + 1
      if value > limit then missed[#missed + 1] = heap.title end
    end
  end
  if judged == 0 then return "-" end
  if #missed == 0 then return "met" end
  return #missed == judged and judged > 1 and "missed" or "missed: " .. table.concat(missed, ", ")
end

return M
