-- The session from another terminal, on two real processes, comes out as it must.

local interpreter = dofile "spec/interpreter.lua"

describe("attaching to the daemon #noasan", function()
  it("finds who holds the markers, and leaves the daemon at work", function()
    local pipe = assert(io.popen(("'%s' spec/examples/attach.lua 2>&1"):format(interpreter)))
    local text = pipe:read "a"
    assert(pipe:close(), text)
    local at = 1
    local function shows(part, pattern)
      local from, to = text:find(part, at, not pattern)
      assert(from, ("no %q in\n%s"):format(part, text:sub(at)))
      at = to + 1
    end
    shows "<Monitor> \n*** Connection 1 opened ***\n<Monitor> lc\nCID PID"
    shows "--debug-heapy_monitor'}\n<Monitor> sc 1\n"
    shows "\nclose  h  help  int  isolatest  q  reset  stat\n"
    shows "\ntarget.pid        = "
    shows "\n> h2:diff(h1)\nSummary of difference operation (A-B).\n"
    shows " syncdaemon.marker.MDMarker\n"
    shows "\n> markers = h2["
    shows "\n> markers\nPartition of a set of 60 objects."
    shows(" 60 100 [^\n]+ syncdaemon%.marker%.MDMarker\n", true)
    shows "\n> markers.referrers\nPartition"
    shows(" 1 [^\n]+ table of syncdaemon%.action_queue%.DeferredMap\n", true)
    shows "\n> markers.referrers[0].referrers\nPartition"
    shows "\n> markers.referrers[1].referrers\nPartition"
    shows " syncdaemon.action_queue.DeferredMap\n"
    shows "\n*** Connection 1 closed ***\n<Monitor> q\n"
    shows " syncs on.\n"
  end)
end)
