-- Clients of a server, as many as wanted, until a line comes on standard input:
--
--   load.lua KIND PORT CLIENTS [PAUSE [PATH]]
--
-- KIND is http, lines or xmpp. Each client sends something that nobody sent before, and the next
-- when it has come back as it was sent (and PAUSE seconds have gone by); an XMPP client sends it to
-- the next client. What comes back otherwise, or not within PATIENCE, counts as failed. At the end:
-- "N sent, N answered, N failed, slowest N ms".

package.path = "spec/hosts/?.lua;" .. package.path
local client = require "heapy.client"
local process = require "heapy_process"

local PATIENCE <const> = 10 -- seconds

local kind, port, clients = arg[1], math.tointeger(arg[2]), math.tointeger(arg[3])
local pause, path = tonumber(arg[4] or 0), arg[5]
local speech = require("speech." .. kind)
local now = client.now

local sent, answered, failed, slowest = 0, 0, 0, 0
local sessions, stopping = {}, false

local function fail(session, why)
  failed = failed + 1
  if failed <= 5 then print(("client %d: %s"):format(session.number, why)) end
  session.waiting = nil
end

local function send(session)
  sent = sent + 1
  session.token = ("%d-%d"):format(session.number, sent)
  session.since, session.waiting = now(), true
  local ok, why = process.write(session.fd, speech.request(session, session.token, path))
  if not ok then fail(session, why) end
end

-- 'text' has come for what the session sent.
local function answer(session, text)
  if not session.waiting then return fail(session, "an answer that nobody waits for: " .. text) end
  if text ~= session.token then
    return fail(session, ("sent %q, got %q"):format(session.token, text))
  end
  answered = answered + 1
  slowest = math.max(slowest, now() - session.since)
  session.waiting = nil
  session.next = now() + pause
end

local function receive(session)
  local bytes = client.read(session.fd)
  if not bytes or bytes == "" then
    session.closed = true
    return fail(session, "the server closed the connection")
  end
  session.text = session.text .. bytes
  while true do
    local text, rest = speech.answer(session.text)
    if not text then return end
    session.text = rest
    answer(speech.asker(session, sessions), text)
  end
end

local function open(number)
  local session = { number = number, text = "", next = 0, fd = assert(process.dial(port)) }
  speech.greet(session, clients, function(bytes)
    if bytes then assert(process.write(session.fd, bytes)) end
    local got = assert(client.read(session.fd))
    assert(got ~= "", "the server closed the connection")
    return got
  end)
  sessions[number] = session
end

-- Who waits, and who is due to send; true while there is anything to wait for.
local function turn()
  local busy, moment = false, now()
  for _, session in ipairs(sessions) do
    if session.waiting and moment - session.since > PATIENCE then fail(session, "no answer") end
    if not session.closed and not session.waiting and not stopping and moment >= session.next then
      send(session)
    end
    busy = busy or session.waiting
  end
  return busy or not stopping
end

local function wait()
  local fds, flags = { 0 }, { false }
  for i, session in ipairs(sessions) do
    fds[i + 1], flags[i + 1] = session.fd, false
  end
  local ready = client.poll(fds, flags, pause > 0 and math.min(pause, 0.05) or 0.05)
  if ready[1] and not stopping then stopping = true end
  for i, session in ipairs(sessions) do
    if ready[i + 1] and not session.closed then receive(session) end
  end
end

for number = 1, clients do open(number) end
print "ready"
io.stdout:flush()
while turn() do wait() end
print(("%d sent, %d answered, %d failed, slowest %.0f ms"):format(sent, answered, failed,
  slowest * 1000))
