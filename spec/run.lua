-- Runs the specs named with the interpreter that runs this: lua5.4 spec/run.lua spec/x_spec.lua
require "busted.runner" { standalone = false }
