-- heapy in a program that embeds Lua.

local host, is_there = dofile "spec/built.lua" "host"

describe("a program that embeds Lua", function()
  it("can be looked into", function()
    if not is_there then return pending "there is no library of Lua to link" end
    assert.is_true(os.execute(("'%s' spec/truth/embedded.lua"):format(host)))
  end)

  it("can be tracked where its heap begins low", function()
    if not is_there then return pending "there is no library of Lua to link" end
    local words = (" '%s' spec/truth/low.lua"):format(host)
    for _, wrap in ipairs { "", 'setarch "$(uname -m)" -R' } do
      assert.is_true(os.execute(wrap .. words))
    end
  end)

  it("is told what goes wrong", function()
    if not is_there then return pending "there is no library of Lua to link" end
    assert.is_nil((os.execute(("'%s' spec/truth/missing.lua 2>/dev/null"):format(host))))
  end)
end)
