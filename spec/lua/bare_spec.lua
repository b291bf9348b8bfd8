-- heapy in a program that has not all of Lua's libraries.

local PROGRAM = [[
  debug, utf8 = nil, nil
  local hp = require "heapy"
  held = setmetatable({}, { __name = "K\xC3\xA4se" })
  local h = hp.heap()
  print(h.byid)
  print(h:where { kind = "K\xC3\xA4se" })
  print(hp.help("where"))
  hp.track()
  print(hp.sites())
]]

describe("without debug and utf8", function()
  it("is heapy what it is; what is not ASCII is escaped", function()
    local name = os.tmpname()
    local file <close> = assert(io.open(name, "w"))
    file:write(PROGRAM)
    file:close()
    local pipe = assert(io.popen(("'%s' '%s' 2>&1"):format(dofile "spec/interpreter.lua", name)))
    local text = pipe:read "a"
    assert(pipe:close(), text)
    os.remove(name)
    assert.matches("Set of %d+ <mixed> objects", text)
    assert.matches("     0      1 100       56 100        56 100 K\\xC3\\xA4se\n", text, 1, true)
    assert.matches("set:where%{kind = k", text)
    assert.matches("%(before tracking%)\n", text)
  end)
end)
