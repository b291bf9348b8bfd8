-- Prosody, under load, after a thousand monitors that came, took a heap, and went.

local prosody = dofile "spec/hosts/prosody.lua"
local host = prosody.host

local CLIENTS <const> = 4
local PAUSE <const> = 0.005 -- seconds between a client's messages

describe("Prosody", function()
  it("is as it was after a thousand rounds, and has lost no stanza", host.inside(function()
    local program, port = prosody.start(CLIENTS)
    local load = host.load("xmpp", port, CLIENTS, PAUSE)
    host.rounds(program, 1000, 100)
    assert.is_true(load:finish() > 500)
  end))
end)
