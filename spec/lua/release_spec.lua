-- heapy in an interpreter that it is not for.

describe("another release of Lua", function()
  it("is told so in a sentence, before anything is loaded that it cannot load", function()
    local interpreter = dofile "spec/interpreter.lua"
    for _, version in ipairs { "Lua 5.1", "Lua 5.5" } do
      local pipe = assert(io.popen(([['%s' -e '_VERSION = "%s" print(pcall(require, "heapy"))']])
        :format(interpreter, version)))
      assert.equal(("false\theapy is for Lua 5.4, and this is %s\n"):format(version), pipe:read "a")
      assert.is_true(pipe:close())
    end
  end)
end)
