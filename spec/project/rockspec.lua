-- Writes the lists of files in the rockspec anew, from what is under src/ and lua/. Run from the
-- top directory ("make rockspec"); with --check it only says whether they are up to date.

local PATH <const> = "rockspec/heapy-scm-1.rockspec"

local function found(command)
  local pipe <close> = assert(io.popen(command .. " | LC_ALL=C sort"))
  local list = {}
  for line in pipe:lines() do
    list[#list + 1] = line
  end
  return list
end

-- The sources of a module of C: those under src/client are heapy.client's, the others heapy.core's.
local function sources(ofclient)
  local list = {}
  for _, path in ipairs(found "find src -mindepth 2 -maxdepth 2 -name '*.c'") do
    if (path:find "^src/client/" ~= nil) == ofclient then
      list[#list + 1] = ('        "%s",\n'):format(path)
    end
  end
  return table.concat(list)
end

local lists = { ["heapy.core"] = sources(false), ["heapy.client"] = sources(true) }

local modules = {}
for _, path in ipairs(found "find lua -name '*.lua' -not -name '*.d.lua'") do -- .d: for editors
  local name = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  modules[#modules + 1] = ('    ["%s"] = "%s",\n'):format(name, path)
end

local file = assert(io.open(PATH))
local old = file:read "a"
file:close()

local new = old:gsub('        "src/[^\n]*\n', ""):gsub('    %["[^\n]*"lua/[^\n]*\n', "")
new = new:gsub('(%["(heapy%.%a+)"%] = {\n      sources = {\n)', function(head, name)
  return head .. lists[name]
end)
new = new:gsub("  },\n  install = {", function(last) return table.concat(modules) .. last end)

if arg[1] == "--check" then
  if new ~= old then
    io.stderr:write(PATH, " does not list what is under src/ and lua/: run 'make rockspec'\n")
    os.exit(1)
  end
elseif new ~= old then
  file = assert(io.open(PATH, "w"))
  assert(file:write(new))
  file:close()
end
