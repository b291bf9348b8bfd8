-- The detour of a VM's requests for memory: whom it touches, and when no more. See detour.c.

local program, is_there = dofile "spec/built.lua" "detour"

describe("the detour", function()
  it("touches a VM from its beginning to its end, whoever asks for it", function()
    if not is_there then return pending "there is no library of Lua to link" end
    local pipe <close> = assert(io.popen(("timeout 60 '%s' 0.2"):format(program)))
    local text = pipe:read "a"
    assert.is_true(pipe:close(), text)
    assert.matches("^%d+ calls, 0 failures\n$", text)
  end)
end)
