-- Tracking that begins with the state: in a program that makes its states with the wrapper.

local program, is_there = dofile "spec/built.lua" "first"
local runner = os.getenv "HEAPY_RUNNER" or "" -- for another release's library

local seed = tonumber(os.getenv "HEAPY_SEED") or os.time()

local function there()
  return is_there or pending "there is no library of Lua to link"
end

-- What it prints, and its status.
local function run(mode, frames, words)
  local pipe = assert(io.popen(("%s '%s' %s %d %s 2>&1"):format(runner, program, mode, frames,
    words)))
  local text = pipe:read "a"
  local _, _, status = pipe:close()
  return text, status
end

local function must(...)
  local text, status = run(...)
  assert(status == 0, ("seed %d: %s"):format(seed, text))
  return text
end

local function script(at) return ("spec/track/first.lua %d"):format(seed + at) end

describe("a state that is tracked from its first byte", function()
  it("has a record of all that it holds, and of all that it ever asked for", function()
    if not there() then return end
    for frames = 1, 3 do must("tracked", frames * frames, script(frames) .. " watched") end
  end)

  it("asks of the allocator below what it asks untracked, byte for byte", function()
    if not there() then return end
    for i = 1, 4 do
      must("compared", i * i, script(i))
      must("compared", i * i, script(i) .. " seen")
    end
  end)

  it("would be found to ask for something else", function()
    if not there() then return end
    local text, status = run("cheated", 1, script(0))
    assert.equal(1, status, text)
  end)

  it("may not come to be, and may go without heapy", function()
    if not there() then return end
    local times = must("refused", 2, script(0)):match "refused (%d+) times"
    assert.is_true(tonumber(times) > 20)
  end)
end)
