rockspec_format = "3.0"
package = "heapy"
version = "scm-1"
source = {
  url = "git+file://.",
}
description = {
  summary = "What is in the Lua heap, how much of it, and what holds it",
  detailed = [[
Snapshots of the heap of a running Lua 5.4, exact to the byte: partitioned by kind, compared
with one another, and followed from referrer to referrer until the leak is found.
]],
  license = "MIT",
  labels = { "memory", "profiler", "heap", "leak", "debug" },
}
supported_platforms = { "linux" }
dependencies = {
  "lua >= 5.4, < 5.5",
}
build = {
  type = "builtin",
  modules = {
    ["heapy.core"] = {
      sources = {
        "src/analyse/class.c",
        "src/analyse/classify.c",
        "src/analyse/classify_module.c",
        "src/analyse/classify_rcs.c",
        "src/analyse/classify_via.c",
        "src/analyse/combo.c",
        "src/analyse/kind.c",
        "src/analyse/label.c",
        "src/analyse/names.c",
        "src/analyse/partition.c",
        "src/analyse/source.c",
        "src/base/mem.c",
        "src/base/sort.c",
        "src/heap/addr.c",
        "src/heap/build.c",
        "src/heap/edge.c",
        "src/heap/graph.c",
        "src/heap/idset.c",
        "src/heap/lists.c",
        "src/heap/live.c",
        "src/heap/mark.c",
        "src/heap/match.c",
        "src/heap/moment.c",
        "src/heap/reverse.c",
        "src/heap/scan.c",
        "src/heap/shape.c",
        "src/heap/stack.c",
        "src/lua/core.c",
        "src/lua/partition.c",
        "src/lua/set.c",
        "src/lua/snapshot.c",
        "src/lua/state.c",
        "src/lua/value.c",
        "src/vm/frame.c",
        "src/vm/layout.c",
        "src/vm/peek.c",
        "src/vm/probe.c",
        "src/vm/probe_collector.c",
        "src/vm/probe_copies.c",
        "src/vm/probe_functions.c",
        "src/vm/probe_objects.c",
        "src/vm/probe_read.c",
        "src/vm/probe_state.c",
        "src/vm/probe_sums.c",
        "src/vm/push.c",
        "src/vm/scratch.c",
        "src/vm/size.c",
      },
      incdirs = { "src" },
      defines = { "_GNU_SOURCE" },
    },
    ["heapy"] = "lua/heapy.lua",
    ["heapy.accounting"] = "lua/heapy/accounting.lua",
    ["heapy.check"] = "lua/heapy/check.lua",
    ["heapy.classifiers"] = "lua/heapy/classifiers.lua",
    ["heapy.diff"] = "lua/heapy/diff.lua",
    ["heapy.doc"] = "lua/heapy/doc.lua",
    ["heapy.gather"] = "lua/heapy/gather.lua",
    ["heapy.help"] = "lua/heapy/help.lua",
    ["heapy.listing"] = "lua/heapy/listing.lua",
    ["heapy.page"] = "lua/heapy/page.lua",
    ["heapy.partition"] = "lua/heapy/partition.lua",
    ["heapy.render"] = "lua/heapy/render.lua",
    ["heapy.set"] = "lua/heapy/set.lua",
    ["heapy.suggest"] = "lua/heapy/suggest.lua",
    ["heapy.view"] = "lua/heapy/view.lua",
    ["heapy.where"] = "lua/heapy/where.lua",
  },
}
