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
      libraries = { "m" },
      sources = {
      },
      incdirs = { "src" },
      defines = { "_GNU_SOURCE" },
      libraries = { "pthread", "dl" },
    },
    ["heapy.client"] = {
      sources = {
        "src/client/link.c",
        "src/client/module.c",
        "src/client/wait.c",
      },
      incdirs = { "src" },
      defines = { "_GNU_SOURCE" },
      libraries = { "dl" },
    },
    ["heapy"] = "lua/heapy.lua",
    ["heapy.RM"] = "lua/heapy/RM.lua",
    ["heapy.accounting"] = "lua/heapy/accounting.lua",
    ["heapy.check"] = "lua/heapy/check.lua",
    ["heapy.classifiers"] = "lua/heapy/classifiers.lua",
    ["heapy.command"] = "lua/heapy/command.lua",
    ["heapy.console"] = "lua/heapy/console.lua",
    ["heapy.console.complete"] = "lua/heapy/console/complete.lua",
    ["heapy.console.eval"] = "lua/heapy/console/eval.lua",
    ["heapy.console.shown"] = "lua/heapy/console/shown.lua",
    ["heapy.console.verbs"] = "lua/heapy/console/verbs.lua",
    ["heapy.diff"] = "lua/heapy/diff.lua",
    ["heapy.doc"] = "lua/heapy/doc.lua",
    ["heapy.gather"] = "lua/heapy/gather.lua",
    ["heapy.help"] = "lua/heapy/help.lua",
    ["heapy.listing"] = "lua/heapy/listing.lua",
    ["heapy.monitor"] = "lua/heapy/monitor.lua",
    ["heapy.monitor.annex"] = "lua/heapy/monitor/annex.lua",
    ["heapy.monitor.editor"] = "lua/heapy/monitor/editor.lua",
    ["heapy.monitor.frames"] = "lua/heapy/monitor/frames.lua",
    ["heapy.monitor.here"] = "lua/heapy/monitor/here.lua",
    ["heapy.monitor.link"] = "lua/heapy/monitor/link.lua",
    ["heapy.monitor.needs"] = "lua/heapy/monitor/needs.lua",
    ["heapy.monitor.places"] = "lua/heapy/monitor/places.lua",
    ["heapy.monitor.plain"] = "lua/heapy/monitor/plain.lua",
    ["heapy.monitor.prompt"] = "lua/heapy/monitor/prompt.lua",
    ["heapy.monitor.request"] = "lua/heapy/monitor/request.lua",
    ["heapy.monitor.screen"] = "lua/heapy/monitor/screen.lua",
    ["heapy.monitor.session"] = "lua/heapy/monitor/session.lua",
    ["heapy.monitor.shell"] = "lua/heapy/monitor/shell.lua",
    ["heapy.monitor.targets"] = "lua/heapy/monitor/targets.lua",
    ["heapy.output"] = "lua/heapy/output.lua",
    ["heapy.page"] = "lua/heapy/page.lua",
    ["heapy.partition"] = "lua/heapy/partition.lua",
    ["heapy.render"] = "lua/heapy/render.lua",
    ["heapy.set"] = "lua/heapy/set.lua",
    ["heapy.sites"] = "lua/heapy/sites.lua",
    ["heapy.suggest"] = "lua/heapy/suggest.lua",
    ["heapy.timeline"] = "lua/heapy/timeline.lua",
    ["heapy.track"] = "lua/heapy/track.lua",
    ["heapy.view"] = "lua/heapy/view.lua",
    ["heapy.where"] = "lua/heapy/where.lua",
  },
  install = {
    bin = { heapy = "lua/bin/heapy" },
  },
}
