-- What a target sends, and how much of it: frames that any client can take.

local client = require "heapy.client"
local process = require "heapy_process"
local target = dofile "spec/remote/target.lua"
local inside = target.inside

local LOOP = "while true do for i = 1, 1000 do local t = {i} end end"

-- Longer frames are an error wherever they come: see Peer:measure in target.lua.
describe("what a target sends is in frames of 64 KiB at most:", function()
  local LONG = "('\\1'):rep(100000)"

  it("the greeting", inside(function()
    local _, path = target.lua(LOOP, ("{ log = false, name = %s }"):format(LONG),
      nil, ("for i = 1, 5000 do arg[i] = i == 1 and %s or 'argument ' .. i end"):format(LONG))
    local g = target.connect(path).greeting
    assert.truthy(g.name:find "^\1+%.%.%.$")
    assert.truthy(g.argv[1]:find "script%d+%.lua$")
    assert.truthy(g.argv[2]:find "^\1+%.%.%.$")
    assert.equal("argument 2", g.argv[3])
    local n = #g.argv
    assert.equal("argument " .. n - 2, g.argv[n - 1])
    assert.equal("...", g.argv[n])
  end))

  it("candidates", inside(function()
    local _, path = target.lua(LOOP, nil, nil, [[
      for i = 100, 299 do _G['k' .. i .. ('x'):rep(i - 100)] = 1 end
      for i = 300, 400 do _G['k' .. i .. ('x'):rep(i * 1000)] = 1 end
    ]])
    local candidates = target.connect(path):ask("complete", "k").candidates
    assert.equal("k100", candidates[1])
    assert.truthy(#candidates >= 190)
    for _, name in ipairs(candidates) do assert.truthy(#name <= 200) end
  end))

  it("an error", inside(function()
    local peer = target.connect((select(2, target.lua(LOOP))))
    local answer = peer:ask("eval", ("error(%s)"):format(LONG))
    assert.is_false(answer.ok)
  end))

  it("how the program is", inside(function()
    local _, path = target.lua [[
      local name = ("f"):rep(100000)
      load(("function %s() while true do end end %s()"):format(name, name))()
    ]]
    local peer = target.connect(path)
    target.eventually(function() return peer:ask "stat".out:find "in function 'f+\n" end)
    assert.is_true(peer:ask "stat".ok)
  end))
end)

describe("output", function()
  -- Asks for code; gives how many frames there were, the bytes in them, and the last one.
  local function frames(peer, code, each)
    local id, n, size = peer:send("eval", code), 0, 0
    while true do
      local frame = peer:frame()
      if not frame or frame.id == id and frame.done then return n, size, frame end
      n, size = n + 1, size + #(frame.out or "")
      if each then each(frame) end
    end
  end

  it("is gathered", inside(function()
    local peer = target.connect((select(2, target.lua(LOOP))))
    local n, size, last = frames(peer, "for i = 1, 1e5 do print 'nine more' end")
    assert.is_true(last.ok)
    assert.equal(1e6, size)
    assert.truthy(n < 1000)
  end))

  it("comes while the command goes on", inside(function()
    local peer = target.connect((select(2, target.lua(LOOP))))
    local id = peer:send("eval", "print 'one' print 'two' while not later do end")
    local out = ""
    repeat
      local frame = peer:frame()
      out = out .. (frame.out or "")
    until out == "one\ntwo\n"
    peer:send("interrupt")
    assert.truthy(peer:answer(id).error:find "interrupted")
  end))

  it("comes while the command sleeps in C", inside(function()
    local peer = target.connect((select(2, target.lua(LOOP, nil,
      "process = require 'heapy_process'"))))
    local from, first = target.now(), nil
    frames(peer, "print 'one' print 'two' process.sleep(2)", function(frame)
      if frame.out then first = first or target.now() - from end
    end)
    assert.truthy(first < 1.5)
  end))

  it("is not lost on a client that takes its time #noasan #novalgrind", inside(function()
    local peer = target.connect((select(2, target.lua(LOOP))))
    local taken = 0
    local _, size, last = frames(peer, "local s = ('x'):rep(999) for i = 1, 12000 do print(s) end",
      function(frame)
        taken = taken + #frame.out
        if taken < 1e6 then return end
        taken = 0
        target.sleep(0.3)
      end)
    assert.truthy(last)
    assert.is_true(last.ok, last.error)
    assert.equal(12e6, size)
  end))
end)

describe("a client that asks and then says no more", function()
  it("is answered", inside(function()
    local path = select(2, target.lua(LOOP))
    local descriptor = assert(process.connect(path))
    process.write(descriptor, string.pack(">s4", '{"id":1,"do":"ping"}')
      .. string.pack(">s4", '{"id":2,"do":"eval","code":"local t = os.clock() while os.clock() < '
        .. 't + 0.3 do end return 6 * 7"}'))
    process.shut(descriptor)
    local all = ""
    while true do
      client.poll({ descriptor }, { false }, 5)
      local bytes = client.read(descriptor)
      if not bytes or bytes == "" then break end
      all = all .. bytes
    end
    process.close(descriptor)
    assert.truthy(all:find('"out":"42\\n"', 1, true), all)
    assert.truthy(all:find('{"id":2,"done":true,"ok":true', 1, true), all)
    -- and it is gone
    local stay = target.connect(path)
    assert.equal("1\n", stay:eval "1")
  end))
end)
