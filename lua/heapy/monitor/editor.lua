--- Input from a terminal, with editing, history and completion by GNU Readline.
-- Its package is optional: where it is missing input is plain.
-- @module heapy.monitor.editor

local core = require "heapy.core"
local client = require "heapy.client"

local sub = string.sub

local M = {}

local INPUT <const> = 0

local Editor = { __name = "heapy.EditorInput" }
Editor.__index = Editor

-- Our candidates replace the text from `from` on, Readline's the word that begins at `word`.
local function fit(line, word, from, candidates)
  local list = {}
  for i, candidate in ipairs(candidates) do
    if from >= word then
      list[i] = sub(line, word, from - 1) .. candidate
    else
      list[i] = sub(candidate, word - from + 1)
    end
  end
  return list
end

-- Called from within Readline: an error must not leave it.
local function completer(self)
  return function(text, word, cursor)
    self.readline.set_completion_append_character ""
    local line = sub(text, 1, cursor)
    local ok, list = pcall(function()
      local candidates, from = self.complete(line)
      return candidates and fit(line, word, from, candidates)
    end)
    return ok and list or {}
  end
end

--- Input from the terminal.
-- @tparam table screen
-- @tparam table readline the module
-- @tparam[opt] string history a file that keeps the lines
-- @treturn ?table nil where Readline's streams are out of reach
function M.new(screen, readline, history)
  local library = package.searchpath("C-readline", package.cpath)
  local streams = { client.streams(library) }
  if not streams[1] then return nil end
  local self = setmetatable({
    descriptor = INPUT,
    terminal = true,
    screen = screen,
    readline = readline,
    history = history,
    modes = client.modes(INPUT),
    library = library,
    streams = streams,
  }, Editor)
  readline.set_options { auto_add = false, completion = true }
  if history then readline.set_options { histfile = history } end
  readline.set_complete_function(completer(self))
  return self
end

-- Takes Readline's hand from the terminal. lua-readline closes its streams first, so they must no
-- longer be Readline's, which then has a last word for the terminal (that pasted text is not to be
-- marked any more): there must be others.
local function remove(self)
  client.setstreams(self.library, self.streams[1], self.streams[2])
  self.readline.handler_remove()
  self.prompted, self.typing = nil, false
end

--- Begins a line.
-- @tparam string text
function Editor:prompt(text)
  self.typing = false
  self.screen:clear()
  self.readline.handler_install(text, function(line)
    remove(self)
    self.line, self.ended = line, line == nil
    self.screen.fresh = line ~= nil
  end)
  self.prompted = true
end

--- Takes a key. Call it when the descriptor is ready.
function Editor:read()
  self.typing = true
  self.readline.read_char()
end

--- Whether `take` would answer.
function Editor:waiting()
  return self.line ~= nil
end

--- The line, once it is whole.
-- @treturn ?string
function Editor:take()
  local line = self.line
  if not line then return nil end
  self.line = nil
  if line:find "%S" and line ~= self.previous then
    self.readline.add_history(line)
    self.previous = line
  end
  return line
end

--- Leaves the line that was begun, for something else to be printed.
function Editor:withdraw()
  if not self.prompted then return end
  if self.readline.sigcleanup then self.readline.sigcleanup() end
  remove(self)
  self.screen.fresh = false
  self.screen:finish()
end

--- Ends the input and keeps the history.
function Editor:close()
  self:withdraw()
  self.readline.set_default_complete_function()
  client.setmodes(INPUT, self.modes)
  if self.history and client.private(self.history) then self.readline.save_history() end
end

core.own(M)
core.own(Editor)
return M
