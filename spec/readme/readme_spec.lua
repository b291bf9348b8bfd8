-- The README's sessions are run, and must print what it shows: those of Lua all in one program,
-- those at a shell with the programs it shows. Masked are only figures that hang on the machine:
-- totals of the whole heap, shares of them, times and process numbers.

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  return lines
end

-- The blocks of that language that do, or do not, begin with the name of a file.
local function blocks(language, file)
  local list = {}
  for block in read("README.md"):gmatch("\n```" .. language .. "\n(.-)\n```") do
    local name = block:match "^%-%- (%w+%.lua): "
    if (name ~= nil) == (file or false) then list[#list + 1] = { name = name, text = block } end
  end
  return list
end

local function same(mask, shown, out)
  for i = 1, math.max(#shown, #out) do assert.equal(mask(shown[i] or ""), mask(out[i] or "")) end
end

describe("the README", function()
  local function sessions()
    local lines, shown = {}, {}
    for _, block in ipairs(blocks "lua") do
      for _, line in ipairs(lines_of(block.text)) do
        shown[#shown + 1] = line
        lines[#lines + 1] = line:match("^> (.*)")
      end
    end
    return lines, shown
  end

  -- What depends on the machine: how large the rest of the heap is.
  local MACHINE <const> = { A = true, B = true, reachable = true, unreachable = true, heapy = true,
    vm = true, count = true }

  local function mask(line)
    local name = line:match "^  ([%a-]+) +%-?%d"
    if name and MACHINE[name] then return (line:gsub("%d[%d.e+]*", "N"):gsub(" +", " ")) end
    if name == "A-B" then return (line:gsub("= .*", "= N")) end
    local row, kind = line:match("^( +%d+ +%-?%d+ +%-?%d+ +%-?%d+) +%S+ (.*)")
    return row and not line:find("^ +%d+ +%d+ +%d+ +%d+ +%d+ +%d+") and row .. " N " .. kind or line
  end

  local function run(lines)
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    assert(file:write(table.concat(lines, "\n"), "\n"))
    file:close()
    local lua = dofile "spec/interpreter.lua"
    local pipe = assert(io.popen(("'%s' spec/readme/session.lua < '%s' 2>&1"):format(lua, name)))
    local out = {}
    for line in pipe:lines() do out[#out + 1] = line end
    pipe:close()
    os.remove(name)
    return out
  end

  it("shows sessions as they print", function()
    local lines, shown = sessions()
    assert.is_true(#lines > 10)
    same(mask, shown, run(lines))
  end)
end)

describe("the README's sessions at a shell #noasan", function()
  local support = dofile "spec/remote/support.lua"
  local client = require "heapy.client"
  local lfs = require "lfs"

  local LATER <const> = 0.5 -- seconds, where a line says so

  before_each(function()
    support.directory()
    for _, block in ipairs(blocks("lua", true)) do
      local file <close> = assert(io.open(support.dir .. "/" .. block.name, "w"))
      assert(file:write(block.text, "\n"))
    end
  end)
  after_each(support.clean)

  local function mask(line)
    return (line:gsub("%d[%d.]*", "N"):gsub(" +", " "):gsub("objects?%.", "objects."))
  end

  local PROMPTS <const> = { "<Monitor> ", "<Annex> ", "> " }

  local function typed(line)
    for _, prompt in ipairs(PROMPTS) do
      if line:sub(1, #prompt) == prompt then return line:sub(#prompt + 1) end
    end
  end

  -- The monitor, given what is typed in the lines shown.
  local function converse(shown)
    local monitor = support.piped_heapy "monitor"
    for _, line in ipairs(shown) do
      local text = typed(line)
      if text and text ~= "" then
        if text:find "^%-%- " then client.poll({}, {}, LATER) end
        monitor:enter(text)
      elseif line:find "opened" then
        monitor:expect "opened ***\n<Monitor> "
      end
    end
    monitor:hang_up():wait()
    return monitor.text
  end

  -- A command as the shell runs it, where the programs that are shown lie.
  local function shell(command)
    return support.piped { "sh", "-c", ("heapy() { '%s' '%s/lua/bin/heapy' \"$@\"; }; cd '%s'; %s")
      :format(support.lua, lfs.currentdir(), support.dir, command) }
  end

  local function start(command)
    local target = shell("exec " .. command:gsub("^lua5.4", support.lua):gsub(" &$", ""))
    client.poll({}, {}, LATER)
    return target
  end

  -- The number of the process that is shown stands for the target's.
  local function execute(command, target)
    local number = command:match "%-%-pid (%d+)"
    local status, text = shell(command:gsub(number, target.pid)):hang_up():wait()
    assert.equal(0, status)
    return (text:gsub("paused [%d.]+ ms\n", ""))
  end

  it("print what they show", function()
    local block = assert(blocks("console")[1]).text
    local target
    local count = 0
    for command, shown in ("\n" .. block .. "\n$ "):gmatch "%$ ([^\n]+)\n(.-)%f[$\0]" do
      count = count + 1
      local out = ""
      if command:find "&$" then
        target = start(command)
      elseif command == "heapy monitor" then
        out = converse(lines_of(shown))
      else
        out = execute(command, target)
      end
      same(mask, lines_of(shown), lines_of(out))
    end
    assert.equal(3, count)
  end)
end)
