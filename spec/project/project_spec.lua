-- The project itself: what lies where, what the module exports, how it is installed.
-- All of it is looked at from the top directory, through the tools a packager would use.

local lfs = require "lfs"

local top = lfs.currentdir()
local lua = os.getenv "LUA" or "lua5.4"
local build = os.getenv "BUILD" or "build"
if build:sub(1, 1) ~= "/" then
  build = top .. "/" .. build
end

local function quote(s)
  return "'" .. s:gsub("'", "'\\''") .. "'"
end

-- Standard output and error of a shell command, and whether it succeeded. A make in it is no
-- part of the make that runs the specs.
local function run(command)
  local pipe = assert(io.popen("unset MAKEFLAGS MFLAGS MAKELEVEL\n{ " .. command .. "\n} 2>&1"))
  local out = pipe:read "a"
  local ok = pipe:close()
  return out, ok == true
end

local function must(command)
  local out, ok = run(command)
  assert(ok, command .. "\n" .. out)
  return out
end

local function lines(s)
  local list = {}
  for line in s:gmatch "[^\n]+" do
    list[#list + 1] = line
  end
  table.sort(list)
  return list
end

-- The files of the project: what git knows and what is new, or, outside a checkout, what is there.
local function files(pattern)
  local out, ok = run "git ls-files --cached --others --exclude-standard"
  if not ok then
    out = must "find . -type f -not -path './build/*' -not -path './.git/*' | cut -c3-"
  end
  local list = {}
  for _, path in ipairs(lines(out)) do
    if path:find(pattern or "") and lfs.attributes(path, "mode") then
      list[#list + 1] = path
    end
  end
  return list
end

-- A directory of its own for the function, gone afterwards.
local function in_temporary(f)
  local dir = must("mktemp -d"):gsub("\n$", "")
  local ok, err = pcall(f, dir)
  must("rm -rf " .. quote(dir))
  if not ok then
    error(err, 0)
  end
end

describe("the top directory #noasan", function()
  it("holds only what is expected there", function()
    local known = {}
    for name in ("src lua spec rockspec Makefile README.md LICENSE CHANGELOG.md"):gmatch "%S+" do
      known[name] = true
    end
    for _, path in ipairs(files()) do
      local first = path:match "^[^/]+"
      assert(known[first] or first:sub(1, 1) == ".", first .. " does not belong at the top")
      known[first] = "seen"
    end
    for name, seen in pairs(known) do
      assert(seen == "seen", name .. " is missing")
    end
  end)

  it("and all below it name no directory of one machine", function()
    -- "ro[o]t" keeps this file from finding itself.
    local out = run("grep -nE '(^|[^[:alnum:]_.])/(ro[o]t|ho[m]e|wo[r]k)/' -- " ..
                    table.concat(files(), " "))
    assert.equal("", out)
  end)
end)

describe("the rockspec #noasan", function()
  it("lists what is under src/ and lua/", function()
    must(lua .. " spec/project/rockspec.lua --check")
  end)
end)

for _, name in ipairs { "core", "client" } do
  local path = quote(("%s/lib/heapy/%s.so"):format(build, name))

  describe("the module heapy." .. name .. " #noasan", function()
    it("exports its entry and nothing else", function()
      local out = must ("nm -D --defined-only " .. path)
      assert.equal(("luaopen_heapy_%s\n"):format(name), (out:gsub("%x+ %a ", "")))
    end)

    it("is not linked with a Lua library", function()
      local out = must ("readelf -d " .. path)
      assert.is_nil(out:lower():match "needed[^\n]*lua[^\n]*")
    end)
  end)
end

describe("make #noasan", function()
  it("help names every target of the README's kind", function()
    local help = must "make -s help"
    for target in ("all deps demo test lint asan valgrind matrix hosts bench install uninstall " ..
        "clean"):gmatch "%S+" do
      assert(help:find("\n  " .. target .. " ", 1, true), target)
    end
  end)

  it("env lets Lua find the tree from elsewhere", function()
    local out = must('cd / && unset LUA_PATH LUA_CPATH LUA_PATH_5_4 LUA_CPATH_5_4 && ' ..
                     'eval "$(make -s -C ' .. quote(top) .. ' env)" && ' ..
                     lua .. [[ -e '
                       print(package.searchpath("heapy", package.path))
                       print(package.searchpath("heapy.core", package.cpath))
                       print(package.path:find("./?.lua", 1, true) ~= nil)']])
    assert.equal(("%s/lua/heapy.lua\n%s/lib/heapy/core.so\ntrue\n"):format(top, build), out)
  end)

  it("env survives spaces and quotes, and keeps what the user has set", function()
    in_temporary(function(dir)
      local odd = dir .. "/it's a dir"
      must("mkdir -p " .. quote(odd .. "/lua") .. " && cp Makefile " .. quote(odd))
      local env = "LUA_PATH='mine/?.lua' make -s -C " .. quote(odd) .. " env"
      local out = must("unset LUA_PATH_5_4; " .. 'eval "$(' .. env .. ')" && echo "$LUA_PATH"')
      assert.equal(odd .. "/lua/?.lua;" .. odd .. "/lua/?/init.lua;mine/?.lua\n", out)
    end)
  end)

  it("install, then uninstall, leaves nothing", function()
    in_temporary(function(dir)
      local to = " DESTDIR=" .. quote(dir .. "/a b") .. " PREFIX=/usr"
      must("make -s install" .. to)
      local expected = { "usr/bin/heapy", "usr/lib/lua/5.4/heapy/client.so",
        "usr/lib/lua/5.4/heapy/core.so" }
      for _, path in ipairs(files "^lua/.+%.lua$") do
        expected[#expected + 1] = "usr/share/lua/5.4/" .. path:gsub("^lua/", "")
      end
      table.sort(expected)
      local installed = quote(dir .. "/a b/usr/bin/heapy")
      assert.equal("heapy scm-1 for Lua 5.4\n", must(installed .. " --version"))
      local found = "cd " .. quote(dir .. "/a b") .. " && find . -type f | cut -c3-"
      assert.same(expected, lines(must(found)))

      must("make -s uninstall" .. to)
      assert.same({}, lines(must(found)))
      assert.equal("", must("find " .. quote(dir) .. " -name heapy"))
    end)
  end)

  it("deps says what is missing where there is no apt", function()
    in_temporary(function(dir)
      -- A PATH with the shell's own tools alone: no apt-get, no interpreter, no compiler.
      for tool in ("sh cat mktemp rm id"):gmatch "%S+" do
        must(("ln -s \"$(command -v %s)\" %s"):format(tool, quote(dir)))
      end
      local out, ok = run("PATH=" .. quote(dir) .. " .ci/deps run")
      assert.is_false(ok)
      assert.truthy(out:find("  lua5.4 ", 1, true), out)
      assert.truthy(out:find("  gcc ", 1, true), out)
      assert.truthy(out:find("no apt-get on this system", 1, true), out)
    end)
  end)
end)
