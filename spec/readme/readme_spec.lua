-- The README's sessions are run, all in one program, and must print what it shows. Masked are only
-- figures that hang on the machine: totals of the whole heap, and shares of them.

local function sessions(text)
  local lines, shown = {}, {}
  for block in text:gmatch("\n```lua\n(.-)\n```") do
    for line in (block .. "\n"):gmatch("(.-)\n") do
      shown[#shown + 1] = line
      lines[#lines + 1] = line:match("^> (.*)")
    end
  end
  return lines, shown
end

local function mask(line)
  if line:find("^  %a") then return (line:gsub("%d[%d.e+]*", "N"):gsub(" +", " ")) end
  local row, kind = line:match("^( +%d+ +%-?%d+ +%-?%d+ +%-?%d+) +%S+ (.*)")
  return row and not line:find("^ +%d+ +%d+ +%d+ +%d+ +%d+ +%d+") and row .. " N " .. kind or line
end

local function run(lines)
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  assert(file:write(table.concat(lines, "\n"), "\n"))
  file:close()
  local lua = arg[-1] or "lua5.4"
  local pipe = assert(io.popen(("'%s' spec/readme/session.lua < '%s' 2>&1"):format(lua, name)))
  local out = {}
  for line in pipe:lines() do out[#out + 1] = line end
  pipe:close()
  os.remove(name)
  return out
end

describe("the README", function()
  it("shows sessions as they print", function()
    local file = assert(io.open("README.md"))
    local lines, shown = sessions(file:read("a"))
    file:close()
    assert.is_true(#lines > 10)
    local out = run(lines)
    for i = 1, math.max(#shown, #out) do assert.equal(mask(shown[i] or ""), mask(out[i] or "")) end
  end)
end)
