--- The documentation: every name there is, how it is typed, and what it gives.
-- `hp.help` and `hp.doc` read it, and the specs hold it against what is exported.
-- @module heapy.doc

local core = require "heapy.core"

local M = {}

--- Where to begin: what is typed, and what it gives.
M.beginning = {
  title = "To find what grows, and who holds it",
  { "h1 = hp.heap()", "a first look; then let the program run" },
  { "h2 = hp.heap()", "a second one" },
  { "h2:diff(h1)", "what there is more of, by kind" },
  { "new = h2 - h1", "the new objects, a Set: new prints its rows, which are Sets too, from 0" },
  { "new[0].byvia", "through which fields and variables those of its first row are held" },
  { "new[0].referrers", "by whom; .referrers of that goes on" },
  { 'hp.help("where")', 'more of one name; hp.help("Set") prints one section of what follows' },
}

--- Sections in the order in which they are printed. An entry is the name, how it is typed, one
-- line, and where one line is not enough, more.
M.sections = {
  {
    title = "The module",
    { "heap", "hp.heap{collect = true}", "a snapshot: the Set of the objects reachable now",
      "collect = true runs a full collection first. After hp.setref() only what was born since." },
    { "heapu", "hp.heapu()", "the Set of the unreachable objects: garbage not yet swept away",
      "What heapy's loading and printing left behind is garbage too, and among it. Garbage refers "
      .. "to nothing as far as referrers, byrcs and byvia go: only the program's own objects do." },
    { "iso", "hp.iso(v, ...)", "the Set of exactly these values, in a fresh snapshot" },
    { "setref", "hp.setref()", "from now on hp.heap() shows only what was born since",
      "hp.setref(false) shows everything again." },
    { "track", "hp.track{frames = n, ...}", "from now on it is noted where each object is made",
      "frames = n: how many calls are noted with each object, the innermost first, from 1 (the "
      .. "default) to 64. sample = bytes: not every object, but one in so many bytes on average, "
      .. "for production. timeline = bytes: a point of hp.timeline() each time so many were asked "
      .. "for. sites = n: how many there may be, 100000 by default; what is made at more is booked "
      .. "to (other sites). The result tells what the tracker holds." },
    { "untrack", "hp.untrack()", "ends tracking, and gives the VM the host's allocator back",
      "Where another library has wrapped the allocator since, the wrapper stays and only hands "
      .. "requests on; the second result says so." },
    { "tracking", "hp.tracking()", "what the tracker is and holds, or nil",
      "frames, sample, sites, most (of them), objects, bytes (of its own memory), born, asked "
      .. "(bytes), missed (not recorded for want of memory), foreign (not recorded as another "
      .. "state may have made them), uncertain (one of several lines), others (Lua states made "
      .. "with this one's allocator), threads and lines (are they read from the C stack?), cut "
      .. "(has recording ended, as another library took the allocator away?)." },
    { "sites", "hp.sites()", "what was made at each line since tracking began, as Sites",
      "Where tracking is off nil and a reason." },
    { "timeline", "hp.timeline()", "the heap over time, as a Timeline",
      "hp.track{timeline = bytes} begins it; else nil and a reason." },
    { "monitor", "hp.monitor()", "the monitor: from this terminal into other programs that run",
      "A program takes part once it has called require(\"heapy.RM\").on(). In the monitor, h lists "
      .. "the commands and q leaves it. The command heapy monitor is the same." },
    { "help", "hp.help(name)", "prints this; with a name, all there is to say of it" },
    { "doc", "hp.doc", "the same as a value: print(hp.doc); hp.doc.heap is a text" },
  },
  {
    title = "A Set",
    { "count", "set.count", "how many objects" },
    { "size", "set.size", "how many bytes they take, without what they refer to" },
    { "#", "#set", "how many rows" },
    { "[]", "set[i]", "row i as a Set, from 0 as printed; set[-1] is the last",
      "It keeps the classifier: h.bytype[0] prints by type." },
    { "rows", "set:rows(i, j)", "rows i to j, both included, as one Set",
      "Without j up to the last row; both may count from the end, as -1." },
    { "pairs", "for i, row in pairs(set)", "the rows in order, from 0 (ipairs misses it)" },
    { "more", "set.more", "the next rows; print(h.more.more) goes on",
      "A page answers as the Set it is a page of; but Lua never asks == of a page and a Set. "
      .. "Past the last row it is empty." },
    { "all", "set.all", "all rows" },
    { "kind", "set.kind", "the kind, if all objects are of one kind, else nil",
      "It is the name of the only row, by the Set's own classifier: h.bysize[0].kind is a size." },
    { "type", "set.type", "the type, if all objects are of one type, else nil" },
    { "bykind", "set.bykind", "the same objects by kind: their class, or what they are for",
      "A plain table that one instance of a class holds in a field is a 'table of' that class; "
      .. "one that several hold, or none, is a 'table (no owner)'." },
    { "bytype", "set.bytype", "the same objects by type" },
    { "bysize", "set.bysize", "the same objects by their individual sizes" },
    { "bysource", "set.bysource", "functions and prototypes by file:line" },
    { "bymodule", "set.bymodule", "the same objects by module" },
    { "byrcs", "set.byrcs", "the same objects by the kinds of those who refer to them",
      "<Nothing>: no object of the program does; the VM itself may." },
    { "byvia", "set.byvia", "the same objects by the edges through which they are referred to",
      "Array indexes above 10 share a row, [11..]." },
    { "byid", "set.byid", "the objects one by one, the largest first",
      "Those of one size by their text, or by address where there are more than 100000." },
    { "byunity", "set.byunity", "all in one row" },
    { "bysite", "set.bysite", "the same objects by where they were made, while hp.track() is on",
      "A line and its function, named as in that call; [C: ...] if a C function called there made "
      .. "them. Two lines with 'or' between them: one of these. (before tracking): they are older. "
      .. "(not recorded): not in the sample, or there was no memory to note them. (not tracked): "
      .. "tracking was off when the snapshot was taken." },
    { "bytraceback", "set.bytraceback",
      "the same with the callers, as many as hp.track{frames = n} says" },
    { "byage", "set.byage", "the same objects by order of birth, in tenths, oldest first",
      "The tenths are of this Set. It must be one that a single snapshot has all objects of." },
    { "site", "set.site", "where the objects were made, if all at one site, else nil" },
    { "traceback", "set.traceback", "where and from where all were made: an array, callers last",
      "An error where they were made by different calls; nil where that is not known, and set.site "
      .. "tells why." },
    { "referrers", "set.referrers", "the objects that refer directly to any of the Set",
      "set.byvia tells through which fields, upvalues or locals they do; set.referrers.byvia, "
      .. "through which they are held in turn." },
    { "referents", "set.referents", "the objects that any of the Set refers to" },
    { "diff", "set:diff(other)", "what this Set has more or less of than the other, as a Diff",
      "Also set.diff(other), with another Set. Rows are matched by name, under this Set's "
      .. "classifier. It counts growth, of old objects too; set - other has the new "
      .. "objects themselves." },
    { "where", "set:where{kind = k, size = s}", "a subset: criteria, or a function of each object",
      "Criteria are kind, type, size, source, module, rcs, via, site, traceback and age; each a "
      .. "name (size: a number), an array of names or a function of the name; and born_after, a "
      .. "Set: what was born since its snapshot. All must hold. A name that no row has gives the "
      .. "empty Set; printed, that says which name is near. set:where(function(node) ... end) "
      .. "gives the function each object as a Set of one. The classifier is kept." },
    { "has", "set:has(v)", "whether a value of the program is in the Set",
      "False comes with a reason where the snapshot does not know the value." },
    { "iso", "set:iso(v, ...)", "the Set of exactly these values, in this Set's snapshot" },
    { "|", "a | b", "union, by identity",
      "An object of both counts once. A union of sets of two snapshots is of the one that has all "
      .. "objects, a's first; where neither has, objects are as a's snapshot saw them, or, if "
      .. "it did not, as b's. Rows of such a set are matched by name; it has no accounting." },
    { "&", "a & b", "intersection, by identity; also across snapshots" },
    { "-", "a - b", "the objects of a that are not in b; also across snapshots" },
    { "~", "a ~ b", "the objects of either, not of both; across snapshots as a | b" },
    { "<=", "a <= b", "whether b has all objects of a" },
    { "<", "a < b", "the same, and b has more" },
    { "==", "a == b", "whether both have the same objects" },
    { "objects", "set:objects()", "an array of the live values, or nil and a reason",
      "Only objects certain to be the same that the snapshot saw are handed out: the array may be "
      .. "shorter than set.count." },
    { "theone", "set.theone", "the live value of a Set of one, or nil",
      "It is looked for among all objects of the VM: for many values ask set:objects() once." },
    { "why", "set.why", "the reason where set.theone is nil, else nil" },
    { "address", "set.address", "a Set of one: the address, an integer" },
    { "text", "set.text", "a Set of one string: its first bytes",
      "As they are: what a terminal would obey is not escaped, as it is where a Set is printed." },
    { "length", "set.length", "a Set of one string: its length" },
    { "source", "set.source", "a Set of one function or prototype: its file" },
    { "line", "set.line", "a Set of one function or prototype: the line where it begins" },
    { "accounting", "set.accounting", "where each byte of the VM's memory is, in all the snapshot",
      "A table of integers: reachable + unreachable + heapy (what heapy itself has there) + vm "
      .. "(the VM's own) + difference = count, which is what the VM says it holds. A note tells "
      .. "why where difference is not 0." },
    { "close", "set:close()", "frees the snapshot now, with all Sets made from it" },
  },
  {
    title = "A Diff",
    { "count", "diff.count", "objects in a less objects in b" },
    { "size", "diff.size", "bytes of a less bytes of b" },
    { "a", "diff.a", "the Set that was asked" },
    { "b", "diff.b", "the Set it was compared with" },
    { "#", "#diff", "how many rows" },
    { "[]", "diff[i]", "row i, from 0 as printed: index, kind, count, size, a, b" },
    { "pairs", "for i, row in pairs(diff)", "the rows in order, from 0" },
    { "more", "diff.more", "the next rows" },
    { "all", "diff.all", "all rows" },
  },
  {
    title = "A row of a Diff",
    { "index", "row.index", "the row's place, from 0" },
    { "kind", "row.kind", "the name by which the row was matched" },
    { "count", "row.count", "how many objects more, or less" },
    { "size", "row.size", "how many bytes more, or less" },
    { "a", "row.a", "the row's objects in diff.a as a Set, or nil" },
    { "b", "row.b", "the row's objects in diff.b as a Set, or nil" },
  },
  {
    title = "Sites",
    { "count", "sites.count", "live objects" },
    { "size", "sites.size", "bytes that they take now" },
    { "#", "#sites", "how many sites" },
    { "[]", "sites[i]", "row i, from 0 as printed, a table",
      "index, name (or site), traceback, count, size, made, madesize, freed, peak, peaksize, "
      .. "cumulative; and in a sample error and sizeerror, the standard errors of count and size. "
      .. "What lives counts with the bytes it has now, in madesize too, what was freed with those "
      .. "it was made with; peaksize is at least that (no peaks in a sample, nor by line). shown: "
      .. "the name with the calls that differ, where rows have the same name." },
    { "pairs", "for i, row in pairs(sites)", "the rows in order, from 0" },
    { "diff", "sites:diff(earlier)", "what has come since, site by site" },
    { "byline", "sites.byline", "a row for each line, whoever called it" },
    { "more", "sites.more", "the next rows" },
    { "all", "sites.all", "all rows" },
  },
  {
    title = "A Timeline",
    { "#", "#timeline", "how many points" },
    { "interval", "timeline.interval", "bytes asked for between two points, at least" },
    { "sample", "timeline.sample", "as in hp.track{sample = n}, 0 for every object",
      "Of a sample all but asked and bytes are estimates." },
    { "[]", "timeline[i]", "point i, a table, from 1",
      "asked, the bytes asked for by then; bytes, those held; string, table and so on, the live "
      .. "objects of each type; string_bytes and so on, their bytes as made; parts_bytes, what "
      .. "else is held, such as the arrays of tables." },
    { "csv", "timeline:csv(path)", "the points as comma-separated values; without path as text" },
  },
  {
    title = 'RM = require "heapy.RM": the monitor\'s end, in a program',
    { "on", "RM.on{name = s, console = b, limit = n}",
      "lets your monitors in; gives the socket's path, or nil and why not",
      "Nothing need be given. name: what the monitor calls the program. dir: where the socket is. "
      .. "signal: what wakes the program where it sleeps, URG if not said, false for none. "
      .. "console = false: no code can be run. limit: seconds that one command may take, 60 if not "
      .. "said. log: the file where each attach is noted, standard error if not said, or false." },
    { "off", "RM.off()", "ends it; gives whether it was on" },
    { "poll", "RM.poll()", "does what monitors wait for, now; gives how many commands that were",
      "For programs that sleep in an event loop of their own: call it when RM.fd() is readable." },
    { "fd", "RM.fd()", "a descriptor that is readable while a monitor waits, or nil",
      "It is never to be read or closed." },
  },
}

core.own(M)
return M
