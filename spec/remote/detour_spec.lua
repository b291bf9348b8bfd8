-- The detour of a VM's requests for memory: whom it touches, and when no more. See detour.c.

local program = package.searchpath("heapy_process", package.cpath):match "^(.*)/[^/]*$" .. "/detour"

describe("the detour", function()
  it("touches a VM from its beginning to its end, whoever asks for it", function()
    local file = io.open(program)
    if not file then return pending "there is no library of Lua to link" end
    file:close()
    local pipe <close> = assert(io.popen(("'%s' 0.2"):format(program)))
    local text = pipe:read "a"
    assert.is_true(pipe:close(), text)
    assert.matches("^%d+ calls, 0 failures\n$", text)
  end)
end)
