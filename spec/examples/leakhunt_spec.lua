-- The leak hunt tells the truth about the program it hunts in: as it is, with the
-- leak repaired, and with a second one.

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"

-- In memory where that can be had: there are thousands of small files.
local function temp_dir()
  local pipe <close> = assert(io.popen("mktemp -d -p /dev/shm 2>/dev/null || mktemp -d"))
  return pipe:read("l")
end

local interpreter = dofile(here .. "../interpreter.lua")

--- Runs the hunt on a copy of the program in which, for each {file, old, new},
-- the text `old` is replaced. Returns what it prints.
local function hunt(changes)
  local dir = temp_dir()
  finally(function() os.execute(("rm -rf '%s'"):format(dir)) end)
  assert(os.execute(("cp -r '%ssyncdaemon/syncdaemon' '%s'"):format(here, dir)))
  for _, change in ipairs(changes) do
    local path = dir .. "/syncdaemon/" .. change[1]
    local file = assert(io.open(path))
    local text = file:read("a")
    file:close()
    local first, last = text:find(change[2], 1, true)
    assert(first and not text:find(change[2], last, true), "not once in " .. path)
    file = assert(io.open(path, "w"))
    file:write(text:sub(1, first - 1), change[3], text:sub(last + 1))
    file:close()
  end
  local pipe = assert(io.popen(("unset LUA_PATH_5_4 LUA_CPATH_5_4; "
    .. "TMPDIR='%s' LUA_PATH='%s/?.lua;%s' LUA_CPATH='%s' '%s' '%sleakhunt.lua' 2>&1"):format(
    dir, dir, package.path, package.cpath, interpreter, here)))
  local text = pipe:read("a")
  local _, _, status = pipe:close()
  assert.equal(0, status, text)
  return text
end

--- What the hunt says of each owner: class -> "LEAK", "Bounded" or "Unclear".
local function findings(text)
  local found = {}
  for word, class in text:gmatch("\n(%u%w+): (syncdaemon%.[%w_.]+), fields? ") do
    found[class] = word
  end
  return found
end

--- The counts of markers in the table at the end: holder -> { h1, h2, h3 }.
local function counts(text)
  local found = {}
  for h1, h2, h3, holder in text:gmatch("\n +(%d+) +(%d+) +(%d+)  (table of [%w_.]+)") do
    found[holder] = { tonumber(h1), tonumber(h2), tonumber(h3) }
  end
  return found
end

local REPAIRED = {
  "action_queue.lua", "ipairs(self.waiting[key] or {})", "ipairs(self:take(key))",
}
local UNBOUNDED = {
  "file_system.lua", "file_shelf.new_cached(dir, CACHED)", "file_shelf.new_cached(dir, math.huge)",
}
local MAP <const> = "syncdaemon.action_queue.DeferredMap"
local CACHE <const> = "syncdaemon.lru_cache.LRUCache"

describe("the leak hunt", function()
  local unchanged

  local function hunt_unchanged()
    unchanged = unchanged or hunt {}
    return unchanged
  end

  it("names the leak and the bounded cache", function()
    local text = hunt_unchanged()
    assert.same({ [MAP] = "LEAK", [CACHE] = "Bounded" }, findings(text))
    assert.truthy(text:find("LEAK: " .. MAP .. ", field .waiting.", 1, true), text)
    assert.falsy(text:find("No leak", 1, true), text)
    assert.same({
      ["table of " .. MAP] = { 123, 429, 735 },
      ["table of " .. CACHE] = { 100, 100, 100 },
    }, counts(text))
  end)

  it("shows the session on the way", function()
    local text = hunt_unchanged()
    local at = 1
    for _, pattern in ipairs {
      "> h1 = hp%.heap%(%)\n",
      "> h2 = hp%.heap%(%)\n",
      "> h2:diff%(h1%)\nSummary of difference operation %(A%-B%)%.\n",
      "\n *%d+ +306 +%d+ +%d+ +%S+ syncdaemon%.marker%.MDMarker\n",
      "> markers = h2%[%d+%]\n",
      "> markers\nPartition of a set of 429 objects%. Total size = %d+ bytes%.\n",
      "\n     0    429 100 +%d+ 100 +%d+ 100 syncdaemon%.marker%.MDMarker\n",
      "> markers%.referrers\nPartition of a set of 4 objects%.",
      "> markers%.referrers%[0%]%.referrers\nPartition of a set of 1 object%.",
      "> markers%.referrers%[1%]%.referrers\nPartition of a set of 1 object%.",
      "> h3 = hp%.heap%(%)\n",
    } do
      local first, last = text:find(pattern, at)
      assert.truthy(first, pattern .. " not found in\n" .. text)
      at = last
    end
  end)

  it("finds no leak when it is repaired", function()
    local text = hunt { REPAIRED }
    assert.same({ [CACHE] = "Bounded" }, findings(text))
    assert.truthy(text:find("\nNo leak: ", 1, true), text)
    assert.same({ ["table of " .. CACHE] = { 100, 100, 100 } }, counts(text))
  end)

  it("names the cache too when its bound is taken away", function()
    local text = hunt { UNBOUNDED }
    assert.same({ [MAP] = "LEAK", [CACHE] = "LEAK" }, findings(text))
  end)

  it("names the cache alone when the map is repaired and the bound is gone", function()
    assert.same({ [CACHE] = "LEAK" }, findings(hunt { REPAIRED, UNBOUNDED }))
  end)

  it("does not judge a cache that has just become full", function()
    local text = hunt { { "file_system.lua", "CACHED <const> = 100", "CACHED <const> = 1000" } }
    assert.same({ [MAP] = "LEAK", [CACHE] = "Unclear" }, findings(text))
  end)
end)
