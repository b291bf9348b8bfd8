--- The documentation: every name there is, how it is typed, and what it gives.
-- `hp.help` and `hp.doc` read it, and the specs hold it against what is exported.
-- @module heapy.doc

local core = require "heapy.core"

local M = {}

--- Sections in the order in which they are printed. An entry is the name, how it is typed, one
-- line, and where one line is not enough, more.
M.sections = {
  {
    title = "The module",
    { "heap", "hp.heap{collect = true}", "a snapshot: the Set of the objects reachable now",
      "collect = true runs a full collection first. After hp.setref() only what was born since." },
    { "heapu", "hp.heapu()", "the Set of the unreachable objects: garbage not yet swept away",
      "The texts that heapy has made to print are garbage too, and among it. Garbage refers to "
      .. "nothing as far as referrers, byrcs and byvia go: only the program's own objects do." },
    { "iso", "hp.iso(v, ...)", "the Set of exactly these values, in a fresh snapshot" },
    { "setref", "hp.setref()", "from now on hp.heap() shows only what was born since",
      "hp.setref(false) shows everything again." },
    { "track", "hp.track{frames = n, sample = bytes, timeline = bytes}",
      "from now on it is noted where each object is made",
      "frames: how many callers are noted with each site, from 1 (by default) to 64. sample: not "
      .. "every object, but one in so many bytes on average, for production. timeline: a point of "
      .. "hp.timeline() each time so many bytes were asked for. The result tells what the tracker "
      .. "holds." },
    { "untrack", "hp.untrack()", "ends tracking, and gives the VM the host's allocator back",
      "Where another library has wrapped the allocator since, the wrapper stays and only hands "
      .. "requests on; the second result says so." },
    { "tracking", "hp.tracking()", "what the tracker is and holds, or nil",
      "frames, sample, sites, objects, bytes (of its own memory), born, asked (bytes), missed (not "
      .. "recorded for want of memory), uncertain (one of several lines), threads and lines (are "
      .. "they read from the C stack?), cut (has another library taken the allocator away?)." },
    { "sites", "hp.sites()", "what was made at each line since tracking began, as Sites" },
    { "timeline", "hp.timeline()", "the heap over time, as a Timeline" },
    { "monitor", "hp.monitor()", "the monitor: from this terminal into other programs that run",
      "A program takes part once it has called require(\"heapy.RM\").on(). In the monitor, h lists "
      .. "the commands and q leaves it. The command heapy monitor is the same." },
    { "help", "hp.help(name)", "prints this; with a name, what there is to say of it" },
    { "doc", "hp.doc", "the same as a value: hp.doc prints as this does, hp.doc.heap is a text" },
  },
  {
    title = "A Set",
    { "count", "set.count", "how many objects" },
    { "size", "set.size", "how many bytes" },
    { "#", "#set", "how many rows" },
    { "[]", "set[i]", "row i as a Set, from 0 as printed; set[-1] is the last",
      "It keeps the classifier: h.bytype[0] prints by type." },
    { "rows", "set:rows(i, j)", "rows i to j, both included, as one Set",
      "Without j up to the last row; both may count from the end, as -1." },
    { "pairs", "for i, row in pairs(set)", "the rows in order, from 0 (ipairs misses it)" },
    { "more", "set.more", "the next rows; print(h.more.more) goes on",
      "A page answers as the Set it is a page of. Past the last row it is empty." },
    { "all", "set.all", "all rows" },
    { "kind", "set.kind", "the kind, if all objects are of one kind, else nil",
      "It is the name of the only row, by the Set's own classifier: h.bysize[0].kind is a size." },
    { "type", "set.type", "the type, if all objects are of one type, else nil" },
    { "bykind", "set.bykind", "the same objects by kind: their class, or what they are for" },
    { "bytype", "set.bytype", "the same objects by type" },
    { "bysize", "set.bysize", "the same objects by their individual sizes" },
    { "bysource", "set.bysource", "functions and prototypes by file:line" },
    { "bymodule", "set.bymodule", "the same objects by module" },
    { "byrcs", "set.byrcs", "the same objects by the kinds of those who refer to them" },
    { "byvia", "set.byvia", "the same objects by the edges through which they are referred to",
      "Array indexes above 10 share a row, [11..]." },
    { "byid", "set.byid", "the objects one by one, the largest first",
      "Those of one size by their text, or by address where there are more than 100000." },
    { "byunity", "set.byunity", "all in one row" },
    { "bysite", "set.bysite", "the same objects by where they were made, while hp.track() is on",
      "A line and its function, named as at its first call; [C: ...] if a C function called there "
      .. "made them. Two lines with 'or' between them: one of these." },
    { "bytraceback", "set.bytraceback", "the same with the callers, as many as frames says" },
    { "byage", "set.byage", "the same objects by order of birth, in tenths" },
    { "site", "set.site", "where the objects were made, if all at one site, else nil" },
    { "traceback", "set.traceback", "where the one object was made, and from where: an array" },
    { "referrers", "set.referrers", "the objects that refer directly to any of the Set",
      "Try set.referrers.byvia to see through which fields, upvalues or locals." },
    { "referents", "set.referents", "the objects that any of the Set refers to" },
    { "diff", "set:diff(other)", "what this Set has more or less of than the other, as a Diff",
      "Also set.diff(other), with another Set. Rows are matched by name, under this Set's "
      .. "classifier. It counts growth, of old objects too; set - other has the new "
      .. "objects themselves." },
    { "where", "set:where{kind = k, size = s}", "a subset: criteria, or a function of each object",
      "Criteria are kind, type, size, source, module, rcs, via, site, traceback and age; each a "
      .. "name (size: a number), "
      .. "an array of names or a function of the name; and born_after, a Set: what was born since "
      .. "its snapshot. All must hold. "
      .. "set:where(function(node) ... end) gives the function each object as a Set of one. "
      .. "The classifier is kept." },
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
      "A table of integers: reachable + unreachable + heapy + vm + difference = count, which "
      .. "is what the VM says it holds. A note tells why where difference is not 0." },
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
      "index, name, traceback, count, size, made, madesize, freed, peak, peaksize, cumulative; and "
      .. "in a sample error and sizeerror, the standard errors of count and size. Bytes made and "
      .. "at the peak are what the objects took when they were made." },
    { "pairs", "for i, row in pairs(sites)", "the rows in order, from 0" },
    { "diff", "sites:diff(earlier)", "what has come since, site by site" },
    { "more", "sites.more", "the next rows" },
    { "all", "sites.all", "all rows" },
  },
  {
    title = "A Timeline",
    { "[]", "timeline[i]", "point i, from 1, a table: asked, bytes, and live objects by type" },
    { "csv", "timeline:csv(path)", "the points as comma-separated values; without path as text" },
  },
}

core.own(M)
return M
