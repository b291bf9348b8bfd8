-- The example program does what it says: files are copied, the cache is bounded,
-- and markers stay where the leak hunt finds them.

local lfs = require "lfs"

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
if here:sub(1, 1) ~= "/" then here = lfs.currentdir() .. "/" .. here end

-- In memory where that can be had: there are thousands of small files.
local function temp_dir()
  local pipe <close> = assert(io.popen("mktemp -d -p /dev/shm 2>/dev/null || mktemp -d"))
  return pipe:read("l")
end

local function remove(dir)
  assert(os.execute(("rm -rf '%s'"):format(dir)))
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

local function write(path, data)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(data))
end

describe("syncdaemon", function()
  local path_before

  setup(function()
    path_before = package.path
    package.path = here .. "syncdaemon/?.lua;" .. package.path
  end)

  teardown(function()
    package.path = path_before
    for name in pairs(package.loaded) do
      if name:find("^syncdaemon%.") then package.loaded[name] = nil end
    end
  end)

  describe("deque", function()
    it("is a queue at both ends", function()
      local q = require("syncdaemon.deque").new()
      q:push_right("b")
      q:push_right("c")
      q:push_left("a")
      local seen = {}
      for item in q:each() do seen[#seen + 1] = item end
      assert.same({ "a", "b", "c" }, seen)
      assert.equal(3, q:length())
      assert.equal("c", q:pop_right())
      assert.equal("a", q:pop_left())
      assert.equal("b", q:pop_left())
      assert.is_nil(q:pop_left())
      assert.is_nil(q:pop_right())
      assert.equal(0, q:length())
    end)

    it("keeps nothing that was taken out", function()
      local q = require("syncdaemon.deque").new()
      for i = 1, 1000 do
        q:push_right(i)
        if i > 3 then q:pop_left() end
      end
      local n = 0
      for _ in pairs(q.items) do n = n + 1 end
      assert.equal(3, n)
    end)
  end)

  describe("lru_cache", function()
    it("drops the entry that was unused for longest", function()
      local cache = require("syncdaemon.lru_cache").new(2)
      cache:set("a", 1)
      cache:set("b", 2)
      assert.equal(1, cache:get("a"))
      cache:set("c", 3)
      assert.is_nil(cache:get("b"))
      assert.equal(1, cache:get("a"))
      assert.equal(3, cache:get("c"))
    end)

    it("is bounded in all its tables, and right, after many random calls", function()
      local seeds = dofile "spec/graph/seed.lua"
      local random = seeds.source()
      local capacity = 10
      local cache = require("syncdaemon.lru_cache").new(capacity)
      local order = {} -- the naive twin: keys by last use, newest at the end
      local function touch(key)
        for i, k in ipairs(order) do
          if k == key then table.remove(order, i) end
        end
        order[#order + 1] = key
        if #order > capacity then table.remove(order, 1) end
      end
      local function present(key)
        for _, k in ipairs(order) do
          if k == key then return true end
        end
        return false
      end
      for i = 1, 5000 do
        local key = random(25)
        if random(2) == 1 then
          cache:set(key, i)
          touch(key)
        else
          local hit = cache:get(key) ~= nil
          assert.equal(present(key), hit, "HEAPY_SEED=" .. seeds.seed)
          if hit then touch(key) end
        end
      end
      local function entries(t)
        local n = 0
        for _ in pairs(t) do n = n + 1 end
        return n
      end
      assert.equal(capacity, cache.count)
      assert.equal(capacity, entries(cache.values))
      assert.equal(capacity + 1, entries(cache.older))
      assert.equal(capacity + 1, entries(cache.newer))
    end)
  end)

  describe("deferred", function()
    it("calls whoever asks, before and after it is fired", function()
      local d = require("syncdaemon.deferred").new()
      local got = {}
      d:add_callback(function(value) got[1] = value end)
      d:callback("v")
      d:add_callback(function(value) got[2] = value end)
      assert.same({ "v", "v" }, got)
      assert.has_error(function() d:callback("again") end)
    end)
  end)

  describe("record", function()
    it("gives back what it was given, whatever a file is called", function()
      local record = require "syncdaemon.record"
      local fields = { path = "a b/%41\n\t%c ö", empty = "", size = 0, mtime = -5 }
      assert.same(fields, record.decode(record.encode(fields)))
    end)
  end)

  describe("checksum", function()
    it("is FNV-1a, in one piece or in many", function()
      local checksum = require "syncdaemon.checksum"
      assert.equal("cbf29ce484222325", checksum.of_string(""))
      assert.equal("af63dc4c8601ec8c", checksum.of_string("a"))
      assert.equal("85944171f73967e8", checksum.of_string("foobar"))
      local state
      for c in ("foobar"):gmatch(".") do state = checksum.update(state, c) end
      assert.equal("85944171f73967e8", checksum.hex(state))
    end)
  end)

  describe("file_shelf", function()
    local dir

    before_each(function() dir = temp_dir() end)
    after_each(function() remove(dir) end)

    it("finds the same record by key and by marker, cached or not", function()
      local file_shelf = require "syncdaemon.file_shelf"
      local mark = require("syncdaemon.marker").new("00ff")
      local cached = file_shelf.new_cached(dir, 1)
      cached:set(mark, { path = "x" })
      assert.same({ path = "x" }, cached:get("00ff"))
      assert.same({ path = "x" }, cached:get(mark))
      assert.same({ path = "x" }, file_shelf.new(dir):get("00ff"))
      assert.is_nil(cached:get("0000"))
    end)
  end)

  describe("daemon", function()
    local dir, root, store, daemon

    local function open()
      return require("syncdaemon.main").new(root, store)
    end

    local function sync()
      daemon:scan()
      daemon:settle()
    end

    local function waiting()
      local keys, unfired = 0, 0
      for _, list in pairs(daemon.action_queue.marker_map.waiting) do
        keys = keys + 1
        for _, d in ipairs(list) do
          if not d.called then unfired = unfired + 1 end
        end
      end
      return keys, unfired
    end

    before_each(function()
      dir = temp_dir()
      root, store = dir .. "/root", dir .. "/store"
      assert(lfs.mkdir(root))
      daemon = open()
    end)

    after_each(function()
      daemon:close()
      remove(dir)
    end)

    it("copies files of all sizes, in directories within directories", function()
      assert(lfs.mkdir(root .. "/a"))
      assert(lfs.mkdir(root .. "/a/b"))
      local contents = {
        ["empty"] = "",
        ["a/one byte"] = "x",
        ["a/b/a chunk"] = ("0123456789abcdef"):rep(1024),
        ["a/b/chunks\nand more"] = ("\0\1\2\n\r\255"):rep(20000),
      }
      for path, data in pairs(contents) do write(root .. "/" .. path, data) end
      sync()
      for path, data in pairs(contents) do
        assert.equal(data, read(store .. "/" .. path))
      end
      assert.equal(4, daemon.status.files_stored)
      assert.equal(6, daemon.status.nodes_made)
      assert.equal(0, daemon.status.failures)
      assert.equal(0, daemon.action_queue:pending())
    end)

    it("sends what has changed, and nothing else", function()
      write(root .. "/a", "first")
      write(root .. "/b", "same")
      sync()
      assert.equal(2, daemon.status.files_stored)
      sync()
      assert.equal(2, daemon.status.files_stored)
      write(root .. "/a", "other")
      sync()
      assert.equal(3, daemon.status.files_stored)
      assert.equal(2, daemon.status.nodes_made)
      assert.equal("other", read(store .. "/a"))
    end)

    it("reads no file again that was old when it was read", function()
      write(root .. "/a", "first")
      assert(lfs.touch(root .. "/a", os.time() - 100))
      sync()
      local of_file = require("syncdaemon.checksum").of_file
      finally(function() require("syncdaemon.checksum").of_file = of_file end)
      require("syncdaemon.checksum").of_file = function() error("read again") end
      sync()
    end)

    it("knows after a restart what it has done before", function()
      assert(lfs.mkdir(root .. "/a"))
      write(root .. "/a/one", "1")
      sync()
      daemon:close()
      daemon = open()
      write(root .. "/a/two", "2")
      sync()
      assert.equal(1, daemon.status.nodes_made)
      assert.equal("2", read(store .. "/a/two"))
      assert.equal("n000003", daemon.store.ids["a/two"])
    end)

    it("says so when a file cannot be stored, and tries again", function()
      write(root .. "/a", "data")
      local make = daemon.store.make
      daemon.store.make = function() return nil, "no room" end
      sync()
      assert.equal(2, daemon.status.failures)
      assert.equal(0, daemon.action_queue:pending())
      daemon.store.make = make
      sync()
      assert.equal("data", read(store .. "/a"))
    end)

    it("keeps no contents that changed while they were sent", function()
      write(root .. "/a", "old data")
      daemon:scan()
      write(root .. "/a", "new data")
      daemon:settle()
      assert.equal(1, daemon.status.failures)
      assert.is_nil(lfs.attributes(store .. "/a"))
      sync()
      assert.equal("new data", read(store .. "/a"))
    end)

    it("keeps the last records of each logger", function()
      local logger = require "syncdaemon.logger"
      for i = 1, 100 do write(root .. "/" .. i, "x") end
      sync()
      assert.equal(logger.KEPT, logger.get("syncdaemon.sync").records:length())
    end)

    it("holds a marker for each node it ever made, though none is waited for", function()
      local cache = daemon.file_system.shelf.cache
      for round = 1, 3 do
        for i = 1, 150 do write(("%s/%d-%d"):format(root, round, i), "x") end
        sync()
        local keys, unfired = waiting()
        assert.equal(150 * round, keys)
        assert.equal(0, unfired)
        assert.equal(cache.capacity, cache.count)
      end
    end)

    it("forgets the markers of nodes that could not be made", function()
      write(root .. "/a", "data")
      daemon.store.make = function() return nil, "no room" end
      sync()
      assert.equal(0, (waiting()))
    end)
  end)

  describe("program", function()
    local dir

    local function run(arguments)
      local pipe = assert(io.popen(("cd '%s' && '%s' '%s' %s 2>&1"):format(dir,
        dofile(here .. "../interpreter.lua"), here .. "syncdaemon/bin/syncdaemon.lua", arguments)))
      local text = pipe:read("a")
      local _, _, status = pipe:close()
      return text, status
    end

    before_each(function()
      dir = temp_dir()
      assert(lfs.mkdir(dir .. "/root"))
      write(dir .. "/root" .. "/a", "data")
    end)
    after_each(function() remove(dir) end)

    it("copies once", function()
      local text, status = run("--root root --store store --once")
      assert.equal("nodes made: 1, files stored: 1, failures: 0\n", text)
      assert.equal(0, status)
      assert.equal("data", read(dir .. "/store/a"))
      assert.truthy(read(dir .. "/store/.syncdaemon/log"):find("a is stored", 1, true))
    end)

    it("says what is wrong with its arguments", function()
      for arguments, message in pairs {
        [""] = "--root and --store are needed",
        ["--root"] = "--root needs a value",
        ["--wrong"] = "unknown argument --wrong",
        ["--root no --store store"] = "no is not a directory",
        ["--root root --store root/store"] = "may not lie in each other",
        ["--root root --store store --interval x"] = "--interval needs a number",
      } do
        local text, status = run(arguments)
        assert.truthy(text:find(message, 1, true), text)
        assert.equal(2, status)
      end
    end)
  end)
end)
