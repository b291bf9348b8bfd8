-- heapy in a program that embeds Lua.

local directory = package.searchpath("heapy_truth", package.cpath):match "^(.*)/[^/]*$"
local host = directory .. "/host"

local function there()
  local file = io.open(host)
  return file and file:close()
end

describe("a program that embeds Lua", function()
  it("can be looked into", function()
    if not there() then return pending "there is no library of Lua to link" end
    assert.is_true(os.execute(("'%s' spec/truth/embedded.lua"):format(host)))
  end)

  it("is told what goes wrong", function()
    if not there() then return pending "there is no library of Lua to link" end
    assert.is_nil((os.execute(("'%s' spec/truth/missing.lua 2>/dev/null"):format(host))))
  end)
end)
