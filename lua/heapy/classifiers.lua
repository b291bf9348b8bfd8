--- The ways to partition a set: what each is called, and what heads its column.
-- The classifying itself is the core's; here are only the words.
-- @module heapy.classifiers

local core = require "heapy.core"

local M = {}

local KIND = "Kind (class / table of class)"

--- Classifiers by name. `field` is the set's field, `heading` heads the names' column,
-- `noun` stands in "Differences by ...". `tracked`: it goes by what the tracker has recorded;
-- `relative`: in another set an object may be in another row.
M.known = {
  kind = { field = "bykind", heading = KIND, noun = "kind" },
  type = { field = "bytype", heading = "Type", noun = "type" },
  size = { field = "bysize", heading = "Individual Size", noun = "individual size" },
  source = { field = "bysource", heading = "Source (file:line)", noun = "source" },
  module = { field = "bymodule", heading = "Module", noun = "module" },
  rcs = { field = "byrcs", heading = "Referrers by " .. KIND, noun = "referrers" },
  via = { field = "byvia", heading = "Referred Via:", noun = "edge" },
  id = { field = "byid" },
  site = { field = "bysite", heading = "Made at", noun = "site", tracked = true },
  traceback = { field = "bytraceback", heading = "Made at < called from", noun = "traceback",
    tracked = true },
  age = { field = "byage", heading = "Age", noun = "age", tracked = true, relative = true },
  unity = { field = "byunity", heading = "<unclassified>", noun = "unity" },
}

--- The classifier of a set that has none of its own.
M.default = "kind"

core.own(M)
return M
