-- The reader of clients' frames, with the corpus and with what becomes of it when it is spoilt.

local lfs = require "lfs"

local CORPUS = "spec/remote/corpus"
local program = dofile "spec/built.lua" "fuzz"

-- Requests that each file holds, of so many frames.
local KNOWN = {
  session = "6 frames, 6 requests", verbs = "8 frames, 8 requests",
  escapes = "2 frames, 2 requests", surrogates = "5 frames, 0 requests",
  numbers = "18 frames, 4 requests", values = "12 frames, 4 requests",
  shapes = "17 frames, 2 requests", types = "7 frames, 0 requests",
  bytes = "4 frames, 1 requests", ["empty-frame"] = "0 frames, 0 requests, refused",
  ["too-long"] = "0 frames, 0 requests, refused", negative = "0 frames, 0 requests, refused",
  truncated = "1 frames, 1 requests", ["head-only"] = "0 frames, 0 requests",
  http = "0 frames, 0 requests, refused", nothing = "0 frames, 0 requests",
  deep = "1 frames, 0 requests", ["long-string"] = "2 frames, 2 requests",
}

describe("the reader of frames", function()
  it("reads the corpus, and survives what is made of it", function()
    local files = {}
    for name in lfs.dir(CORPUS) do
      if name:sub(1, 1) ~= "." then files[#files + 1] = CORPUS .. "/" .. name end
    end
    local rounds = tonumber(os.getenv "HEAPY_ROUNDS" or "") and 300 or 3000
    local seed = os.getenv "HEAPY_SEED" or os.time()
    local pipe <close> = assert(io.popen(("'%s' %d %s %s"):format(program, rounds, seed,
      table.concat(files, " "))))
    local seen = {}
    for line in pipe:lines() do
      local name, result = line:match "^([^:]+): (.*)$"
      seen[name] = result
    end
    assert.is_true(pipe:close(), "seed " .. seed)
    assert.same(KNOWN, seen)
  end)
end)
