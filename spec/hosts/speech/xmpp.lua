-- An XMPP server, and users client1, client2, ... with the password "pw": each sends its messages
-- to the next, and the last to the first.

local DOMAIN <const> = "localhost"

local function base64(s)
  local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  return (s:gsub("..?.?", function(part)
    local a, b, c = part:byte(1, 3)
    local n = a << 16 | (b or 0) << 8 | (c or 0)
    local out = ""
    for i = 0, #part do
      local digit = n >> 18 - 6 * i & 63
      out = out .. digits:sub(digit + 1, digit + 1)
    end
    return out .. ("="):rep(3 - #part)
  end))
end

local STREAM <const> = ("<?xml version='1.0'?><stream:stream to='%s' version='1.0' " ..
  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"):format(DOMAIN)

local function name(number) return "client" .. number end

local M = {}

-- Sends, and reads until the pattern has come.
local function step(exchange, bytes, pattern)
  local text = exchange(bytes)
  while not text:find(pattern) do text = text .. exchange() end
end

function M.greet(session, clients, exchange)
  local user = name(session.number)
  session.next_user = name(session.number % clients + 1)
  step(exchange, STREAM, "</stream:features>")
  step(exchange, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" ..
    base64(("\0%s\0pw"):format(user)) .. "</auth>", "<success")
  step(exchange, STREAM, "</stream:features>")
  step(exchange, "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>" ..
    "<resource>spec</resource></bind></iq>", "</iq>")
  step(exchange, "<presence/>", "<presence.-/>")
end

function M.request(session, token)
  return ("<message type='chat' to='%s@%s/spec' id='%s'><body>%s</body></message>"):format(
    session.next_user, DOMAIN, token, token)
end

function M.answer(text)
  local _, to, body = text:find "<message.-<body>(.-)</body>.-</message>"
  if body then return body, text:sub(to + 1) end
end

-- What came was sent by the one before.
function M.asker(session, sessions)
  return sessions[(session.number - 2) % #sessions + 1]
end

return M
