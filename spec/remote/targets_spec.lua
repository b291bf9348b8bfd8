-- Targets: which sockets are looked for and where, who is trusted, what is numbered and told.

local client = require "heapy.client"
local lfs = require "lfs"
local places = require "heapy.monitor.places"
local process = require "heapy_process"
local support = dofile "spec/remote/support.lua"
local targets = require "heapy.monitor.targets"

local function touch(path)
  assert(io.open(path, "w")):close()
end

describe("the places of sockets", function()
  before_each(support.directory)
  after_each(support.clean)

  it("are the one that is named, or all where a target may have put it", function()
    assert.same({ "/x" }, places.directories "/x")
    assert.same({ lfs.currentdir() .. "/x/y" }, places.directories "x/y")
    local uid = client.uid()
    local list = places.directories()
    if os.getenv "HEAPY_DIR" then return assert.same({ os.getenv "HEAPY_DIR" }, list) end
    assert.equal(("/tmp/heapy-%d"):format(uid), list[#list])
    assert.equal(("/run/user/%d/heapy"):format(uid), list[#list - 1])
  end)

  it("hold sockets by process and number, and other things that are passed over", function()
    local names = { "12-1.sock", "9-2.sock", "9-1.sock", ".9-3.sock", "x-1.sock", "9.sock", "a",
      ("9"):rep(30) .. "-1.sock" }
    for _, name in ipairs(names) do touch(support.dir .. "/" .. name) end
    local found = {}
    for i, socket in ipairs(places.sockets(support.dir)) do
      found[i] = socket.path:match "[^/]+$"
    end
    assert.same({ "9-1.sock", "9-2.sock", "12-1.sock" }, found)
  end)

  it("may be missing", function()
    assert.same({}, places.sockets(support.dir .. "/no"))
  end)

  it("are not used where others may have put something there", function()
    local function refused(path, reason)
      local list, why = places.sockets(path)
      assert.is_nil(list)
      assert.equal(("%s %s: nothing in it is used"):format(path, reason), why)
    end
    for _, mode in ipairs { "0720", "0702", "1777" } do
      os.execute(("chmod %s '%s'"):format(mode, support.dir))
      refused(support.dir, "can be written to by others")
    end
    os.execute(("chmod 700 '%s'"):format(support.dir))
    lfs.link(support.dir, support.dir .. "/link", true)
    refused(support.dir .. "/link", "is no directory")
    touch(support.dir .. "/file")
    refused(support.dir .. "/file", "is no directory")
  end)

  it("are ours, root's, or where we are root anybody's", function()
    local own = client.uid
    local function as(uid)
      client.uid = function() return uid end
      local answers = { places.trusted(0), places.trusted(1000), places.trusted(1001) }
      client.uid = own
      return answers
    end
    finally(function() client.uid = own end)
    assert.same({ true, true, false }, as(1000))
    assert.same({ true, true, true }, as(0))
  end)
end)

describe("the targets", function()
  local told, all

  before_each(function()
    support.directory()
    told = {}
    all = targets.new({ support.dir }, function(what, subject)
      local who = type(subject) == "table" and (subject.cid or "?") or subject
      told[#told + 1] = what .. " " .. who
    end)
  end)

  after_each(function()
    for _, connection in ipairs(all:open()) do all:close(connection) end
    support.clean()
  end)

  -- Looks and listens until nothing is expected any more.
  local function look(seconds)
    all:scan()
    local limit = client.now() + (seconds or 0.05)
    repeat
      local handles, links = {}, {}
      for i, link in ipairs(all.links) do handles[i], links[i] = link.handle, link end
      local ready = client.poll(handles, {}, 0.01)
      local awake = {}
      for i, link in ipairs(links) do awake[#awake + 1] = ready[i] and link or nil end
      all:turn(awake)
    until all:settled() and client.now() > limit
  end

  it("are numbered as they greet, and told when they come and go", function()
    local one = support.fake()
    look()
    local two = support.fake("name=web")
    look()
    assert.same({ "opened 1", "opened 2" }, told)
    assert.equal(one.pid, all.byid[1].greeting.pid)
    assert.is_nil(all.byid[1].greeting.name)
    assert.equal("web", all.byid[2].greeting.name)
    one:stop()
    look()
    assert.equal("closed 1", told[3])
    assert.same({ all.byid[2] }, all:open())
    two:stop()
    look()
    assert.same({}, all:open())
    support.fake()
    look()
    assert.equal("opened 3", told[5])
  end)

  it("are not connected to again once the user has closed them", function()
    support.fake()
    look()
    all:close(all.byid[1])
    look()
    look(1.2)
    all:scan()
    look()
    assert.same({ "opened 1", "closed 1" }, told)
  end)

  it("are asked something at once, for that is what they wait for", function()
    support.fake("patience=0.3")
    look(0.8)
    assert.same({ "opened 1" }, told)
  end)

  it("are connected to again where it was they that ended it, after ever longer pauses", function()
    -- Waits until so much was told; how long that took.
    local function wait(count)
      local begun = client.now()
      repeat look() until #told >= count or client.now() > begun + 20
      return client.now() - begun
    end
    support.fake()
    wait(1)
    all.byid[1]:request("eval", "drop")
    wait(2)
    assert.is_true(wait(3) > 0.5)
    all.byid[2]:request("eval", "bye")
    wait(4)
    assert.is_true(wait(5) > 1.5)
    assert.same({ "opened 1", "closed 1", "opened 2", "closed 2", "opened 3" }, told)
    assert.equal("too slow \27[31m", all.byid[1].reason)
    assert.equal("monitoring was turned off", all.byid[2].reason)
  end)

  it("leave sockets behind, which are swept away", function()
    local dead = support.fake()
    dead:stop()
    local path = ("%s/%d-1.sock"):format(support.dir, dead.pid)
    assert.equal("socket", lfs.attributes(path, "mode"))
    look()
    assert.is_nil(lfs.attributes(path))
    local mine = ("%s/%d-7.sock"):format(support.dir, process.pid()) -- its process lives
    process.close(assert(process.listen(mine)))
    look()
    assert.equal("socket", lfs.attributes(mine, "mode"))
    assert.same({}, told)
  end)

  it("may be silent, and hold up nobody", function()
    support.fake("silent")
    local begun = client.now()
    look()
    assert.is_true(client.now() - begun < 5)
    support.fake()
    look()
    assert.same({ "silent ?", "opened 1" }, told)
  end)

  it("that speak another language are named once", function()
    local other = support.fake("version=2")
    look()
    look()
    assert.same({ ("trouble process %d: it speaks version 2 of the protocol, "
      .. "this is version 1"):format(other.pid) }, told)
    assert.same({}, all:open())
  end)

  it("that send rubbish are dropped with a reason", function()
    for trick, reason in pairs {
      garbage = "the target sent a frame that is not JSON",
      binary = "the target sent a frame that is no JSON object",
      huge = "the target sent a frame of 1073741824 bytes",
      die = "the target has ended it",
    } do
      support.fake()
      look()
      local connection = all:open()[1]
      local asked = connection:request("eval", trick)
      look(0.2)
      assert.equal(reason, connection.closed)
      assert.is_true(asked.done)
      assert.is_false(asked.ok)
      assert.equal("the connection is closed: " .. reason, asked.error)
      assert.equal("the connection is closed: " .. reason, connection:request("stat").error)
    end
  end)
end)
