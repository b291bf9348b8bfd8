std = "lua54"
max_line_length = 100
cache = false
exclude_files = { "**/*.d.lua" } -- types for editors: declarations, no code
files["spec"] = { std = "+busted" }
files["rockspec"] = { std = "rockspec" }
