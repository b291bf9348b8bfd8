--- One logger for each module.
-- A logger keeps its last records in memory, for a report after something went
-- wrong, and writes each record to the log when there is one.

local deque = require "syncdaemon.deque"

local KEPT = 50

local Logger = {}
Logger.__index = Logger

local M = { Logger = Logger, KEPT = KEPT }

local loggers = {}
local output

--- The logger of that name; the same one each time.
function M.get(name)
  local logger = loggers[name]
  if not logger then
    logger = setmetatable({ name = name, records = deque.new() }, Logger)
    loggers[name] = logger
  end
  return logger
end

--- From now on records are written to `file` (nil: nowhere).
function M.set_output(file)
  output = file
end

function Logger:log(level, format, ...)
  -- A file's name may hold anything; a record is one line all the same.
  local text = format:format(...):gsub("%c", "?")
  local record = ("%s %-5s %s: %s"):format(os.date("%Y-%m-%d %H:%M:%S"), level,
    self.name, text)
  self.records:push_right(record)
  if self.records:length() > KEPT then
    self.records:pop_left()
  end
  if output then
    output:write(record, "\n")
  end
end

function Logger:info(format, ...)
  self:log("INFO", format, ...)
end

function Logger:warning(format, ...)
  self:log("WARN", format, ...)
end

return M
