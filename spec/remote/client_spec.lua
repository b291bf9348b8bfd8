-- What the monitor has of the system: sockets with the kernel's word on who listens, waiting, and
-- Ctrl-C.

local client = require "heapy.client"
local process = require "heapy_process"
local support = dofile "spec/remote/support.lua"

local INT <const> = 2

describe("a link", function()
  local path, listening

  before_each(function()
    path = support.directory() .. "/s"
    listening = assert(process.listen(path))
  end)

  after_each(function()
    process.close(listening)
    support.clean()
  end)

  it("knows who listens", function()
    local link, uid, pid = client.connect(path)
    assert.equal("userdata", type(link))
    assert.equal(client.uid(), uid)
    assert.equal(process.pid(), pid)
    client.close(link)
  end)

  it("carries bytes both ways, and says what ends it", function()
    local link <close> = client.connect(path)
    local other = assert(process.accept(listening))
    assert.same({ nil, "Resource temporarily unavailable", "again" }, { client.read(link) })
    assert.equal(4, client.write(link, "abc"))
    assert.equal("abc", client.read(other))
    assert.is_true(process.write(other, "xyz"))
    assert.same({ true }, client.poll({ link }, { false }, 1))
    assert.equal("xyz", client.read(link))
    process.close(other)
    assert.equal("", client.read(link))
    local where, why = client.write(link, "abc") -- no signal ends us
    assert.is_nil(where)
    assert.equal("Broken pipe", why)
  end)

  it("takes no more than the other end has room for, and goes on where it stopped", function()
    local link <close> = client.connect(path)
    local other = assert(process.accept(listening))
    local bytes, at, got = ("0123456789"):rep(100000), 1, {}
    while at <= #bytes do
      local kind, _
      local from = at
      at, _, kind = client.write(link, bytes, from)
      if not at then
        assert.equal("again", kind)
        assert.same({ false }, client.poll({ link }, { true }, 0))
        got[#got + 1] = client.read(other)
        at = from
      end
    end
    client.close(link)
    repeat got[#got + 1] = client.read(other) until got[#got] == ""
    assert.equal(bytes, table.concat(got))
    process.close(other)
  end)

  it("is not made where nobody listens", function()
    assert.same({ nil, "No such file or directory", nil }, { client.connect(path .. "x") })
    process.close(listening)
    assert.same({ nil, "Connection refused", "refused" }, { client.connect(path) })
    listening = assert(process.listen(path .. "2"))
    assert.same({ nil, "File name too long" }, { client.connect(("x"):rep(200)) })
  end)

  it("is closed once, and cannot be asked then", function()
    local link = client.connect(path)
    client.close(link)
    client.close(link)
    assert.has_error(function() client.read(link) end,
      "bad argument #1 to 'read' (the link is closed)")
  end)
end)

describe("Ctrl-C", function()
  it("is told once by the next wait, also if it came before", function()
    client.catch(true)
    finally(function() client.catch(false) end)
    process.kill(process.pid(), INT)
    local begun = client.now()
    assert.same({ {}, true }, { client.poll({}, {}, 10) })
    assert.same({ {}, false }, { client.poll({}, {}, 0) })
    assert.is_true(client.now() - begun < 5)
  end)

  it("does again what it did before, when it is no more caught", function()
    support.directory()
    finally(support.clean)
    local lua = support.piped { support.lua, "-e", [[
      local client = require "heapy.client"
      client.catch(true) client.catch(true) client.catch(false)
      print "caught" io.stdout:flush()
      print(select(2, client.poll({}, {}, 20)))
      client.catch(false)
      print "released" io.stdout:flush()
      while true do end]] }
    lua:expect "caught"
    lua:signal "INT"
    lua:expect "true\nreleased"
    lua:signal "INT"
    lua:expect "interrupted!"
    lua:ends(1)
  end)
end)
