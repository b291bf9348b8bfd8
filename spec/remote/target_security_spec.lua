-- Who may come to the monitor's end, and what it takes from them.

local client = require "heapy.client"
local frames = require "heapy.monitor.frames"
local lfs = require "lfs"
local target = dofile "spec/remote/target.lua"
local inside, support = target.inside, target.support

local LOOP = "while true do for i = 1, 1000 do local t = {i} end end"

local function shell(...) assert(os.execute(table.concat({ ... }, " "))) end

-- What RM.on says in a program of its own.
local function turned_on(dir, env)
  local path = support.dir .. "/run.lua"
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(([[io.write(tostring(select(-1, require "heapy.RM".on { dir = %s })))]]):format(
    dir and ("%q"):format(dir) or "nil")))
  file:close()
  local program = support.piped({ support.lua, path }, env)
  local _, out = program:wait()
  return out
end

describe("the directory of the sockets", function()
  it("is made for the user alone", inside(function()
    local dir = support.dir .. "/new"
    assert.equal(dir .. "/", turned_on(dir):match "^(.*/)%d+%-1%.sock$")
    assert.equal("rwx------", lfs.attributes(dir, "permissions"))
    assert.equal(dir .. "/heapy/", turned_on(nil, { "HEAPY_DIR=", "XDG_RUNTIME_DIR=" .. dir })
      :match "^(.*/)%d+%-1%.sock$")
    assert.equal("rwx------", lfs.attributes(dir .. "/heapy", "permissions"))
  end))

  it("is not used where others can enter it, or may have put it there", inside(function()
    local dir = support.dir .. "/d"
    lfs.mkdir(dir)
    for _, mode in ipairs { "0750", "0701", "0777", "1777" } do
      shell("chmod", mode, dir)
      assert.equal(("%s is open to other users (mode %s; 0700 is needed)"):format(dir, mode),
        turned_on(dir))
    end
    shell("chmod 0700", dir)
    shell("ln -s", dir, support.dir .. "/link")
    assert.truthy(turned_on(support.dir .. "/link"):find "symbolic link")
    assert.truthy(turned_on(support.dir .. "/link//"):find "symbolic link")
    shell("touch", support.dir .. "/file")
    assert.truthy(turned_on(support.dir .. "/file"):find "not a directory")
    shell("ln -s", "/no/where", support.dir .. "/dangling")
    assert.truthy(turned_on(support.dir .. "/dangling"):find "symbolic link")
    if client.uid() ~= 0 then return end
    shell("chown 12345", dir)
    assert.equal(dir .. " belongs to another user (uid 12345)", turned_on(dir))
  end))

  it("has sockets that are the user's alone", inside(function()
    local _, path = target.lua(LOOP)
    assert.equal("rw-------", lfs.attributes(path, "permissions"))
    assert.equal("socket", lfs.attributes(path, "mode"))
  end))
end)

describe("each attachment", function()
  it("is logged in a line", inside(function()
    local log = support.dir .. "/log"
    local _, path = target.lua(LOOP, ("{ log = %q }"):format(log))
    for _ = 1, 3 do target.connect(path):close() end
    local n = 0
    for line in io.lines(log) do
      n = n + 1
      assert.truthy(line:find(("^heapy: %%d+%%-%%d+%%-%%d+T[%%d:]+Z monitor attached: "
        .. "uid %d, pid %%d+, to state 1 of pid %%d+$"):format(client.uid())), line)
    end
    assert.equal(3, n)
  end))

  it("is logged to standard error by itself", inside(function()
    local program, path = target.lua("io.stderr:setvbuf 'no' " .. LOOP, "{}")
    local peer = target.connect(path)
    assert.equal("1\n", peer:eval "1")
    program:expect "monitor attached: uid "
  end))

  it("is refused to other users", inside(function()
    if client.uid() ~= 0 then return pending "only root can be another user" end
    local log = support.dir .. "/log"
    local _, path = target.lua(LOOP, ("{ log = %q }"):format(log))
    shell("chmod 0755", support.dir, "&& chmod 0666", path) -- as it never is
    local other = support.dir .. "/other.lua"
    local file <close> = assert(io.open(other, "w"))
    assert(file:write [[
      local client = require "heapy.client"
      local link = client.connect(arg[1])
      if not link then print "not even a connection" return end
      local bytes
      repeat client.poll({ link }, { false }, 1) bytes = client.read(link) until bytes
      print(#bytes)
    ]])
    file:close()
    -- what the other user needs lies where anybody may read
    local module = assert(package.searchpath("heapy.client", package.cpath))
    shell("chmod 0644", other, "&& mkdir", support.dir .. "/heapy", "&& cp", module,
      support.dir .. "/heapy/ && chmod -R a+rX", support.dir .. "/heapy")
    local program = support.piped { "setpriv", "--reuid=12345", "--clear-groups", "env",
      ("LUA_CPATH=%s/?.so"):format(support.dir), "lua5.4", other, path }
    local _, out = program:wait()
    assert.equal("0\n", out)
    target.eventually(function() return io.open(log):read "a":find "monitor refused: uid 12345" end)
  end))
end)

describe("root, who asks for another user's process", function()
  -- Which of the usual directories of user 54321 are looked into for a process of theirs.
  local function looked_into(owner)
    local places = require "heapy.monitor.places"
    local dir = "/tmp/heapy-54321"
    local program = support.piped { "setpriv", "--reuid=54321", "--clear-groups", "sleep", "60" }
    target.eventually(function() return places.owner(program.pid) == 54321 end)
    shell("rm -rf", dir, "&& mkdir -m 0700", dir, "&& chown", owner, dir)
    local found = false
    for _, path in ipairs(places.directories(nil, program.pid)) do found = found or path == dir end
    shell("rm -rf", dir)
    program:stop()
    return found
  end

  it("looks where that user's programs have their sockets, and at nobody else's", inside(function()
    if require("heapy.client").uid() ~= 0 or os.getenv "HEAPY_DIR" then return end
    assert.is_true(looked_into "54321")
    assert.is_true(looked_into "0")
    assert.is_false(looked_into "12345")
  end))
end)

describe("what comes from a client", function()
  -- Sends bytes; the error that comes back, before the connection ends.
  local function refused(path, bytes)
    local peer = target.connect(path)
    peer:write(bytes)
    local frame, last = peer:frame(), nil
    while frame do last, frame = frame, peer:frame() end
    return last and last.error
  end

  it("costs only that connection where it is malformed", inside(function()
    local program, path = target.lua(LOOP)
    local good = target.connect(path)
    local function object(text) return string.pack(">s4", text) end
    for bytes, expected in pairs {
      ["\0\0\0\0"] = "a frame of no length, or of more than 1 MiB",
      ["\0\x10\0\1{"] = "a frame of no length, or of more than 1 MiB",
      ["\xFF\xFF\xFF\xFF"] = "a frame of no length, or of more than 1 MiB",
      ["GET / HTTP/1.1\r\n\r\n"] = "a frame of no length, or of more than 1 MiB",
      [object "x"] = "an object expected",
      [object "[]"] = "an object expected",
      [object "{"] = "a string expected",
      [object '{"id":1,"do":"ping"} x'] = "something after the object",
      [object '{"id":1,"do":{}}'] = "an object or array inside the object",
      [object '{"do":"ping"}'] = "id is missing",
      [object '{"id":1}'] = "do is missing",
      [object '{"id":1.5,"do":"ping"}'] = "id is no whole number",
      [object '{"id":-1,"do":"ping"}'] = "id is no whole number",
      [object '{"id":9007199254740993,"do":"ping"}'] = "id is no whole number",
      [object '{"id":1,"do":"\\ud800"}'] = "lone surrogate",
      [object '{"id":1,"do":"a\nb"}'] = "a control character in a string",
      [object '{"id":1,"do":"eval","code":7}'] = "code is no string",
    } do
      assert.equal("malformed request: " .. expected, refused(path, bytes))
    end
    assert.equal("1\n", good:eval "1")
    assert.is_nil(program.status)
  end))

  it("may be large, in pieces, and several at once", inside(function()
    local _, path = target.lua(LOOP)
    local peer = target.connect(path)
    local code = "return #'" .. ("x"):rep(1000000) .. "'"
    assert.equal("1000000\n", peer:eval(code))
    local bytes = frames.pack { id = 50, ["do"] = "ping" }
      .. frames.pack { id = 51, ["do"] = "ping" }
    for i = 1, #bytes do
      assert(peer:write(bytes:sub(i, i)))
      if i % 7 == 0 then target.sleep(0.001) end
    end
    assert.equal(50, peer:frame().id)
    assert.equal(51, peer:frame().id)
  end))

  it("may be anything in a string", inside(function()
    local _, path = target.lua(LOOP)
    local peer = target.connect(path)
    assert.equal("5\n", peer:eval "#'a\0b\xFFc'")
    assert(peer:write(string.pack(">s4", [[{"more":null,"x":-1.5e+3,"id":77,"do":"ev\u0061l",]]
      .. [["code":"return '\u20ac\ud83d\ude00\"\\\\\/\b\t'","y":true}]])))
    local frame = peer:frame()
    assert.equal(77, frame.id)
    assert.equal("€😀\"\\/\\b\t\n", frame.out)
  end))

  it("must come in time", inside(function()
    -- the module made for tests can be told to be a hundred times as impatient
    local _, path = target.lua("require 'heapy.core'.remote_hurry(100) " .. LOOP, nil,
      { "LUA_CPATH=" .. target.testing })
    local silent, slow, good = target.connect(path), target.connect(path), target.connect(path)
    assert(slow:write "\0\0\0\x20{")
    assert.is_true(good:ask "ping".ok)
    assert.equal("a request was not finished in 10 seconds", slow:frame().error)
    assert.is_nil(slow:frame())
    assert.equal("nothing was asked in 30 seconds", silent:frame().error)
    assert.is_nil(silent:frame())
    target.sleep(0.4)
    assert.is_true(good:ask "ping".ok) -- after its first request it may be silent
  end))

  it("may be too many of them", inside(function()
    local _, path = target.lua(LOOP)
    local peers = {}
    for i = 1, 8 do peers[i] = target.connect(path) end
    local ninth = target.connect(path)
    assert.equal("too many connections to this program", ninth.greeting.error)
    assert.is_nil(ninth:frame())
    for i = 1, 8 do assert.equal("1\n", peers[i]:eval "1") end
    peers[1]:close()
    target.eventually(function() return target.connect(path).greeting.heapy end)
  end))

  it("is survived in any form", inside(function()
    local program, path = target.lua(LOOP)
    local random = math.random
    math.randomseed(tonumber(os.getenv "HEAPY_SEED" or "") or os.time())
    local parts = { '{"id":1,"do":"', "heap", "stat", "eval", '"', "}", ',"code":"', "\\u00", "{",
      "[", "\0\0\0", "\x10", "close", "interrupt", ("x"):rep(1000), "null", "1e9", "\xFF\xFE" }
    for _ = 1, 100 do
      local peer = target.connect(path)
      local bytes = {}
      for i = 1, random(8) do bytes[i] = parts[random(#parts)] end
      local body = table.concat(bytes)
      peer:write(random(3) > 1 and string.pack(">s4", body) or body)
      peer:close()
    end
    assert.equal("1\n", target.connect(path):eval "1")
    assert.is_nil(program.status)
  end))
end)
