--- A session of the monitor: its loop over sockets and input, and where the user is in it.
-- The user is in the Monitor, in the Annex of a connection, or in the console of either; each
-- connection remembers where in it the user was.
-- @module heapy.monitor.session

local core = require "heapy.core"
local client = require "heapy.client"
local annex = require "heapy.monitor.annex"
local here = require "heapy.monitor.here"
local prompt = require "heapy.monitor.prompt"
local screen = require "heapy.monitor.screen"

local find, format, match, sub = string.find, string.format, string.match, string.sub

local M = {}

local LOOK <const> = 0.3 -- seconds between two looks for new targets
local SOON <const> = 0.02 -- seconds, while a target is about to greet us
local BRIEF <const> = 0.005 -- seconds, while the terminal has no room
local PAUSE <const> = 0.1 -- seconds between two looks at an answer that does not come
local SILENCE <const> = 1 -- seconds of waiting that need no word
local GRACE <const> = 1 -- seconds that a target may take to break off what it does
local TYPED <const> = 1 -- seconds that a completion may take

local Session = { __name = "heapy.Session" }
Session.__index = Session

--- A session.
-- @tparam table targets
-- @tparam table shown the screen
-- @tparam[opt] table input
function M.new(targets, shown, input)
  return setmetatable({
    targets = targets,
    screen = shown,
    input = input,
    news = {},
    looked = -LOOK,
    faults = 0,
  }, Session)
end

-- ---- what happens meanwhile ------------------------------------------------------------------

--- Takes news of the targets; told when the user can be told.
function Session:hear(what, subject)
  if what == "trouble" then
    self.trouble = subject
    self.news[#self.news + 1] = format("*** %s ***", subject)
  elseif what == "silent" then
    local pid = subject.socket.pid
    self.news[#self.news + 1] = format("*** Process %d has not answered yet ***", pid)
  else
    local reason = what == "closed" and subject.reason
    self.news[#self.news + 1] = format("*** Connection %d %s%s ***", subject.cid, what,
      reason and format(" (%s)", reason) or "")
  end
end

--- Tells the news there are.
function Session:tell()
  for _, news in ipairs(self.news) do self.screen:line(screen.plain(news)) end
  self.news = {}
end

--- Looks for new targets, if it is time.
function Session:look()
  local now = client.now()
  if now - self.looked < LOOK then return end
  self.looked = now
  self.targets:scan(self.wanted)
end

--- Waits for the sockets, and for input where that is wanted, and gives each its turn.
-- @tparam number seconds
-- @tparam[opt] boolean reading
-- @treturn boolean whether Ctrl-C was typed
function Session:turn(seconds, reading)
  local links, handles, writing = {}, {}, {}
  for i, connection in ipairs(self.targets.links) do
    links[i], handles[i], writing[i] = connection, connection.handle, connection:wants_to_send()
  end
  if reading then
    handles[#handles + 1], writing[#writing + 1] = self.input.descriptor, false
  end
  local ready, interrupted = assert(client.poll(handles, writing, seconds))
  local awake = {}
  for i, connection in ipairs(links) do
    if ready[i] then awake[#awake + 1] = connection end
  end
  self.targets:turn(awake)
  if reading and ready[#handles] then self.input:read() end
  return interrupted
end

--- Finds all targets there are now.
function Session:settle()
  self.targets:scan(self.wanted)
  while not self.targets:settled() do
    if self:turn(SOON) then break end
    self.targets:scan(self.wanted)
  end
end

-- Whether there are news that can be told without disturbing.
local function can_tell(self)
  return #self.news > 0 and not self.input.typing
end

-- Whether the connection that the user is in has ended.
local function lost(self)
  return self.current and self.current.closed
end

--- The next line of input.
-- @tparam string text the prompt
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] string "end", "interrupt" or "lost"
function Session:line(text)
  self:tell()
  self.input:prompt(text)
  while not self.input:waiting() do
    if self.input.ended then return nil, "end" end
    self:look()
    local settled = self.targets:settled()
    if self:turn(settled and LOOK or SOON, settled) then
      self.input:withdraw()
      return nil, "interrupt"
    end
    if not self.input:waiting() and (lost(self) or can_tell(self)) then
      self.input:withdraw()
      if lost(self) then return nil, "lost" end
      self:tell()
      self.input:prompt(text)
    end
  end
  local line = self.input:take()
  if not self.current then self:settle() end
  self:tell()
  return line
end

-- ---- asking ----------------------------------------------------------------------------------

-- What has come of an answer, fit to be printed.
local function output_of(asked)
  local text, lost_bytes = asked:output()
  text = screen.plain(text)
  if lost_bytes == 0 then return text end
  asked.cut = true
  return text .. format("\n(%d more bytes came than are kept)\n", lost_bytes)
end

-- Says why it takes long, if it does.
local function show_progress(self, asked, waiting)
  local waited = client.now() - waiting.since
  if waiting.broken then
    self.screen:finish()
    self.screen:progress "interrupted; Ctrl-C again leaves it alone"
  elseif asked.progress then
    self.screen:progress(asked.progress)
  elseif waited > SILENCE then
    self.screen:progress(format("waiting for the target, %d s", waited // 1))
  end
end

-- Breaks off what takes too long, or what the user or nobody wants to see any more.
-- True: that was done before, and there is no more waiting for it.
local function break_off(connection, asked, waiting, unwanted)
  local passed = client.now() - (waiting.broken or waiting.since)
  local late = waiting.limit and passed > (waiting.broken and GRACE or waiting.limit)
  if not unwanted and not late then return false end
  if waiting.broken then return true end
  asked.late = not unwanted
  waiting.broken = client.now()
  connection:interrupt()
  return false
end

-- Prints of an answer what there is room for; then how long the next may be waited for.
local function pour(self, asked, rest)
  local room
  if rest.from > #rest.text then rest.text, rest.from = output_of(asked), 1 end
  rest.from, room = self.screen:pour(rest.text, rest.from)
  if not room then return BRIEF end
  return (rest.from <= #rest.text or asked.done) and 0 or PAUSE
end

--- Waits for an answer and prints it as it comes. Ctrl-C breaks it off in the target; a second one
-- leaves it alone. What comes is taken however slow the terminal is: a target drops a client that
-- it would have to wait for.
-- @tparam table connection
-- @tparam table asked its `late` tells whether it was broken off because of the limit
-- @tparam[opt] number limit seconds, then it is broken off
-- @treturn boolean whether it is done
function Session:await(connection, asked, limit)
  local waiting = { since = client.now(), limit = limit }
  local rest = { text = "", from = 1 }
  while not asked.done or rest.from <= #rest.text or asked:has_output() do
    local interrupted = self:turn(pour(self, asked, rest))
    if interrupted and rest.from <= #rest.text then
      rest.text = ""
      asked:output()
    end
    if not asked.done then
      if break_off(connection, asked, waiting, interrupted or self.screen.failed) then
        return false
      end
      show_progress(self, asked, waiting)
    end
  end
  self.screen:clear()
  self.screen:finish()
  return true
end

--- Counts what went wrong, and says it.
-- @tparam[opt] string sentence
function Session:fault(sentence)
  self.faults = self.faults + 1
  if sentence then self.screen:line(screen.plain(sentence)) end
end

--- What went wrong with a request.
-- @tparam table asked
-- @treturn string
function Session.problem(asked)
  return type(asked.error) == "string" and asked.error or "it failed, and did not say why"
end

-- Prints how a request ended.
local function conclude(self, asked)
  if asked.gone then return self:fault() end -- the end of the connection is told
  if asked.more then return end
  if not asked.ok then self:fault(self.problem(asked)) end
  if asked.paused then self.screen:line(format("paused %.1f ms", asked.paused)) end
end

--- Waits for what the user's connection was last asked, and prints the answer.
function Session:wait()
  local connection = self.current
  local asked = connection.asked
  if not self:await(connection, asked) then
    self.screen:line(format("Connection %d goes on with it: sc waits for it, ki interrupts it.",
      connection.cid))
    self.current = nil
    return
  end
  connection.asked = nil
  conclude(self, asked)
  return asked
end

--- Asks the user's connection, and prints the answer.
-- @tparam string verb
-- @tparam[opt] string code
-- @treturn ?table the request, if it is done
function Session:ask(verb, code)
  self.current.asked = self.current:request(verb, code)
  return self:wait()
end

-- ---- where the user is -----------------------------------------------------------------------

--- Goes to a connection: to where the user was in it.
function Session:attach(connection)
  self.current, self.used = connection, connection
  self.screen:line(format("Remote connection %d. To return to Monitor, type <Ctrl-C> or .<RETURN>",
    connection.cid))
  if connection.asked then self:finish_chunk(self:wait()) end
end

--- Enters the console of the user's connection.
function Session:console()
  if not self.current.greeting.console then
    return self:fault "This target has no console: heap, diff and stat are what it answers."
  end
  self.current.console = true
  self.screen:line "Remote interactive console. To return to Annex, type '-'."
end

--- Enters the console of the monitor itself.
function Session:local_console()
  self.here = self.here or here.new(self.screen)
  self.in_here = true
  self.screen:line "Local interactive console. To return to Monitor, type '-'."
end

-- Leaves the console that the user is in; its variables stay.
local function leave_console(self)
  local place = self.current or self.here
  place.chunk = nil
  if self.current then self.current.console = nil else self.in_here = nil end
  self.screen:write "\nnow exiting Console...\n"
end

--- Returns to the Monitor. A line of Lua that was not complete is given up.
function Session:leave()
  if self.current then self.current.chunk = nil end
  if self.here then self.here.chunk = nil end
  self.current, self.in_here = nil, nil
end

--- Ends the session.
-- @tparam[opt] boolean process end the process too
function Session:quit(process)
  self.over, self.exit = true, process
end

local function in_console(self)
  if self.current then return self.current.console end
  return self.in_here
end

--- The prompt of where the user is.
function Session:prompt()
  if in_console(self) then
    return (self.current or self.here).chunk and ">> " or "> "
  end
  return self.current and "<Annex> " or "<Monitor> "
end

-- ---- lines -----------------------------------------------------------------------------------

-- What a chunk of the console has come to: more lines are wanted, or it is over.
function Session:finish_chunk(asked)
  if asked and not asked.more and self.current then self.current.chunk = nil end
end

-- Whether a line that was of no use is a command of the Monitor, with a number or without: says
-- how that is typed here.
local function hint_at_dot(self, line)
  local command, rest = prompt:find(line)
  if not command or find(rest, "%D") then return false end
  self.screen:line(format("%s is a command of the Monitor: type .%s", match(line, "%S+"),
    match(line, "%S.*")))
  return true
end

local function enter_console(self, line)
  local place = self.current or self.here
  if not place.chunk and not find(line, "%S") then return end
  place.chunk = place.chunk and place.chunk .. "\n" .. line or line
  if self.current then
    local single = place.chunk == line
    local asked = self:ask("eval", place.chunk)
    local useless = asked and not asked.gone and (not asked.ok or asked.is_nil)
    if single and useless then hint_at_dot(self, line) end
    return self:finish_chunk(asked)
  end
  if not self.here:eval(place.chunk) then place.chunk = nil end
end

-- ".cmd": a command of the Monitor, from wherever the user is. In a console only what is one, for
-- a line of Lua can begin with a dot.
local function enter_dotted(self, line)
  local rest = match(line, "^%.%s*(.-)%s*$")
  if rest == "" then
    self:leave()
  elseif not in_console(self) or prompt:find(rest) then
    prompt:run(self, rest)
  else
    enter_console(self, line)
  end
end

--- Does what a line says, where the user is.
function Session:enter(line)
  if sub(line, 1, 1) == "." then return enter_dotted(self, line) end
  if in_console(self) then
    if match(line, "^%s*%-%s*$") then return leave_console(self) end
    return enter_console(self, line)
  end
  if not find(line, "%S") then return end
  if not self.current then return prompt:run(self, line) end
  if not annex:find(line) and hint_at_dot(self, line) then return self:fault() end
  return annex:run(self, line)
end

local function interrupted(self)
  self.screen:line "KeyboardInterrupt"
  if self.current then
    self.screen:line "Use the ki command to interrupt a remote process."
  end
  self:leave()
end

local function ended(self)
  if in_console(self) and (self.current or self.here).chunk then
    self:fault "The code is incomplete: it was not run."
  end
  self.screen:line "*** End Of File - Exiting Monitor ***"
  self:quit()
end

--- Reads and obeys until the user leaves.
function Session:run()
  while not self.over do
    local line, event = self:line(self:prompt())
    if line then
      self:enter(line)
    elseif event == "interrupt" then
      interrupted(self)
    elseif event == "end" then
      ended(self)
    end
    if lost(self) then self:leave() end
    if self.screen.failed then self:quit() end
  end
  for _, connection in ipairs(self.targets:open()) do self.targets:close(connection) end
  self:tell()
end

-- ---- completion ------------------------------------------------------------------------------

local function complete_command(self, line)
  local dotted, word = match(line, "^%s*(%.?)([%w]*)$")
  if not word then return end
  local commands = (dotted == "." or not self.current) and prompt or annex
  local list = {}
  for _, name in ipairs(commands:names(self)) do
    if sub(name, 1, #word) == word then list[#list + 1] = name end
  end
  return list, #line - #word + 1
end

local function complete_lua(self, line)
  if not self.current then return end -- names are completed where they are, in a target
  local connection = self.current
  local before = connection.chunk and connection.chunk .. "\n" or ""
  local asked = connection:request("complete", before .. line)
  local limit = client.now() + TYPED
  while not asked.done and client.now() < limit do
    if self:turn(SOON) then break end
  end
  if not asked.done then -- else it would wait there, before the commands to come
    if not connection:busy() then connection:interrupt() end
    return
  end
  local from = asked.from and asked.from - #before
  if asked.candidates and from and from >= 1 and from <= #line + 1 then
    return asked.candidates, from
  end
end

--- What a line can be completed to.
-- @tparam string line up to the cursor
-- @treturn ?{string,...} what may stand from there on
-- @treturn ?integer from where on
function Session:complete(line)
  if in_console(self) then return complete_lua(self, line) end
  return complete_command(self, line)
end

core.own(M)
core.own(Session)
return M
