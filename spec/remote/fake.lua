--- A target that is none: speaks the wire, and misbehaves when told to. For the specs of the
-- monitor, which must get along with targets of every kind.
-- usage: fake.lua DIR [console=no] [name=...] [pid=N] [state=N] [version=N] [silent]
--   [patience=SECONDS until a client must have asked something]

local client = require "heapy.client"
local process = require "heapy_process"
local cjson = require "cjson"

local options = { pid = process.pid() }
for i = 2, #arg do
  local name, value = arg[i]:match("^(%w+)=(.*)$")
  options[name or arg[i]] = value or true
end

local path = ("%s/%d-%s.sock"):format(arg[1], process.pid(), options.state or "1")
local listening = assert(process.listen(path))
local variables = setmetatable({}, { __index = _G })

local function send(fd, object)
  return process.write(fd, string.pack(">s4", cjson.encode(object)))
end

local verbs = {}

-- Words that stand for misbehaviour, where a target would have code.
local tricks = {}

function tricks.die() os.exit(7) end

function tricks.garbage(fd) process.write(fd, string.pack(">s4", "{\"id\": nonsense")) end

function tricks.huge(fd) process.write(fd, string.pack(">I4", 1 << 30)) end

function tricks.binary(fd) process.write(fd, string.pack(">s4", "\1\2\3")) end

function tricks.control(fd, id)
  send(fd, { id = id, out = "red \27[31m \7 \194\155m\ttab\n" })
  send(fd, { id = id, done = true, ok = false, error = "bad \27]0;title\7 thing" })
end

-- Works until it is interrupted, and says so.
function tricks.slow(fd, id)
  send(fd, { id = id, out = "begun\n" })
  send(fd, { id = id, progress = "waiting for the VM: in C since 3 s" })
  return id
end

-- Works, and hears nothing.
function tricks.deaf(fd, id)
  send(fd, { id = id, progress = "deaf" })
end

function verbs.stat(fd, request)
  send(fd, { id = request.id, out = "Target overview\ntarget.pid = " .. options.pid .. "\n" })
  send(fd, { id = request.id, done = true, ok = true })
end

function verbs.ping(fd, request) send(fd, { id = request.id, done = true, ok = true }) end

for _, name in ipairs { "reset", "heap", "diff", "isolatest" } do verbs[name] = verbs.stat end

function verbs.eval(fd, request)
  local trick = tricks[request.code]
  if trick then return trick(fd, request.id) end
  local chunk, why = load("return " .. request.code, "=stdin", "t", variables)
  if not chunk then chunk, why = load(request.code, "=stdin", "t", variables) end
  if not chunk then
    local more = why:find("<eof>", -5, true) ~= nil -- no fault: there was nothing to run
    return send(fd, { id = request.id, done = true, ok = more, more = more or nil,
      error = not more and why or nil })
  end
  local results = table.pack(pcall(chunk))
  if results[1] and results.n > 1 then
    send(fd, { id = request.id, out = tostring(results[2]) .. "\n" })
  end
  send(fd, { id = request.id, done = true, ok = results[1], paused_ms = 3.14,
    error = not results[1] and results[2] or nil })
end

-- What a word is completed to by targets that are none.
local completions = {}

function completions.hang(_, id) return id end

function completions.mixed(fd, id)
  send(fd, { id = id, from = 1,
    candidates = { {}, 1, "mixed\27]0;title\7", "mixed\n", ("mixed"):rep(100), "mixed_up" } })
end

function completions.far(fd, id) send(fd, { id = id, candidates = { "farther" }, from = 1e308 }) end

function completions.table(fd, id) send(fd, { id = id, candidates = { "tables" }, from = {} }) end

function completions.word(fd, id) send(fd, { id = id, candidates = "words", from = 1 }) end

function completions.before(fd, id) send(fd, { id = id, candidates = { "x" }, from = -1 }) end

function verbs.complete(fd, request)
  local odd = completions[request.code]
  if odd then
    local running = odd(fd, request.id)
    if not running then send(fd, { id = request.id, done = true, ok = true }) end
    return running
  end
  local word = request.code:match("[%w_]*$")
  local candidates = {}
  for _, name in ipairs { "referrers", "referents", "rows" } do
    if name:sub(1, #word) == word then candidates[#candidates + 1] = name end
  end
  send(fd, { id = request.id, candidates = candidates, from = #request.code - #word + 1 })
  send(fd, { id = request.id, done = true, ok = true })
end

function verbs.close(fd) process.close(fd) end

-- More than there is room for, as fast as it is taken; a target waits a second in all.
function tricks.flood(fd, id)
  for _ = 1, 300 do
    local frames = {}
    for i = 1, 1000 do
      frames[i] = string.pack(">s4", cjson.encode { id = id, out = ("x"):rep(55) .. "\n" })
    end
    process.write(fd, table.concat(frames))
  end
  send(fd, { id = id, done = true, ok = true })
end

-- Ends a connection as a target does, with the reason.
function tricks.drop(fd)
  send(fd, { error = "too slow \27[31m" })
  process.close(fd)
end

function tricks.bye(fd)
  send(fd, { bye = "monitoring was turned off" })
  process.close(fd)
end

-- Whether something is asked in time.
local function is_asked(fd)
  if client.poll({ fd }, { false }, tonumber(options.patience))[1] then return true end
  send(fd, { error = "nothing was asked" })
  process.close(fd)
end

-- One client.
local function serve(fd)
  if options.silent then return end
  send(fd, { heapy = tonumber(options.version) or 1, pid = tonumber(options.pid),
    state = tonumber(options.state) or 1,
    argv = { "fake.lua", "it's", "\27[31m" }, name = options.name or cjson.null,
    console = options.console ~= "no" })
  if options.patience and not is_asked(fd) then return end
  local bytes, running = "", nil
  while true do
    client.poll({ fd }, { false }, -1)
    local got = client.read(fd)
    if not got or got == "" then return process.close(fd) end
    bytes = bytes .. got
    while #bytes >= 4 and #bytes >= 4 + string.unpack(">I4", bytes) do
      local text, after = string.unpack(">s4", bytes)
      bytes = bytes:sub(after)
      local request = cjson.decode(text)
      if request["do"] == "interrupt" then
        variables.interrupts = (variables.interrupts or 0) + 1
        if running then
          send(fd, { id = running, done = true, ok = false, error = "interrupted!" })
        end
        send(fd, { id = request.id, done = true, ok = true })
        running = nil
      elseif request["do"] == "close" then
        return process.close(fd)
      else
        running = verbs[request["do"]](fd, request)
      end
    end
  end
end

print "ready"
io.stdout:flush()
while true do serve(assert(process.accept(listening))) end
