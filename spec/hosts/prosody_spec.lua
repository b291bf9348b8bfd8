-- Prosody: an XMPP server that sleeps in epoll, runs its sessions in coroutines, and forbids
-- globals.

local prosody = dofile "spec/hosts/prosody.lua"
local host = prosody.host
local inside, answer = host.inside, host.answer

local CLIENTS <const> = 10

describe("Prosody", function()
  it("is looked into while messages stream, and loses no stanza", inside(function()
    local program, port = prosody.start(CLIENTS)
    local load = host.load("xmpp", port, CLIENTS)
    local monitor = host.monitor(1)
    monitor:enter "lc"
    monitor:expect(("%d {"):format(program.pid))
    monitor:expect "<Monitor> "
    host.console(monitor, 1)
    for _ = 1, 3 do host.look(monitor) end
    answer(monitor, "sessions = 0")
    answer(monitor, "for _ in pairs(prosody.full_sessions) do sessions = sessions + 1 end")
    assert.equal(CLIENTS .. "\r\n", answer(monitor, "sessions"))
    assert.truthy(answer(monitor, "h2.bymodule"):find("util.stanza", 1, true))
    assert.is_true(load:finish() > 500)
  end))

  it("is looked into where it sleeps, and told of by stat", inside(function()
    prosody.start(1)
    local monitor = host.monitor(1)
    monitor:enter "sc 1"
    monitor:expect "<Annex> "
    monitor:enter "stat"
    monitor:expect "target.pid "
    monitor:expect "<Annex> "
    monitor:enter "."
    monitor:expect "<Monitor> "
    host.console(monitor, 1)
    host.look(monitor)
    assert.equal("localhost\r\n", answer(monitor, "(next(prosody.hosts))"))
  end))
end)
