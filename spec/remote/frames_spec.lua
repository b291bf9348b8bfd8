-- Frames: what is packed is read again however the bytes are cut; what a target may not send is
-- named, and never kept.

local frames = require "heapy.monitor.frames"

local function framed(text) return string.pack(">s4", text) end

-- All that a reader gives for these pieces.
local function read(...)
  local reader, objects = frames.reader(), {}
  for _, piece in ipairs { ... } do
    reader:feed(piece)
    while true do
      local object, wrong = reader:next()
      if wrong then return objects, wrong end
      if not object then break end
      objects[#objects + 1] = object
    end
  end
  return objects
end

describe("a reader of frames", function()
  local object = { id = 3, out = "a \"b\"\n\t\\ \u{20AC}" }

  it("gives back what was packed, wherever the bytes are cut", function()
    local bytes = frames.pack(object) .. frames.pack { done = true }
    for cut = 1, #bytes - 1 do
      assert.same({ object, { done = true } }, read(bytes:sub(1, cut), bytes:sub(cut + 1)))
    end
    local single = {}
    for i = 1, #bytes do single[i] = bytes:sub(i, i) end
    assert.same({ object, { done = true } }, read(table.unpack(single)))
  end)

  it("has nothing where JSON has null", function()
    assert.same({ { id = 1 } }, read(framed '{"id":1,"name":null}'))
  end)

  it("says what is wrong with what comes", function()
    for text, message in pairs {
      ["[1]"] = "a frame that is no JSON object",
      [""] = "a frame that is no JSON object",
      ["\1\2\3"] = "a frame that is no JSON object",
      ['{"id":'] = "a frame that is not JSON",
      ["{} {}"] = "a frame that is not JSON",
      [("{\"a\":"):rep(5000)] = "a frame that is not JSON",
    } do
      local objects, wrong = read(frames.pack { id = 1 } .. framed(text))
      assert.same({ { id = 1 } }, objects)
      assert.equal(message, wrong)
    end
  end)

  it("takes no frame beyond the limit, and waits for none", function()
    local objects, wrong = read(string.pack(">I4", 1024 * 1024 + 1))
    assert.same({}, objects)
    assert.equal("a frame of 1048577 bytes", wrong)
    local most = '{"out":"' .. ("x"):rep(1024 * 1024 - 10) .. '"}'
    assert.equal(1, #read(framed(most)))
    local pieces = {}
    for i = 1, #framed(most), 7000 do pieces[#pieces + 1] = framed(most):sub(i, i + 6999) end
    assert.equal(1, #read(table.unpack(pieces)))
  end)

  it("takes as long for each of many frames as for each of few", function()
    local function seconds(count)
      local bytes = frames.pack({ id = 1, out = "a line\n" }):rep(count)
      local begun = os.clock()
      assert.equal(count, #read(bytes))
      return os.clock() - begun
    end
    seconds(1000)
    local few = seconds(2000)
    assert.is_true(seconds(64000) < 200 * few) -- 32 times, but for the noise
  end)
end)

describe("a frame to a target", function()
  it("is refused where the target would refuse it", function()
    local bytes, why = frames.pack { code = ("x"):rep(1024 * 1024) }
    assert.is_nil(bytes)
    assert.truthy(why:find("a target takes 1048576 at most", 1, true), why)
  end)
end)
