--- What the system says about this process and this machine, as far as it says anything.
-- @module process

local M = {}

local function read(path)
  local file <close> = io.open(path)
  return file and file:read("a") or ""
end

local function kilobytes(text, name)
  local number = text:match(name .. ":%s*(%d+) kB")
  return number and tonumber(number) * 1024
end

--- Bytes resident now.
-- @treturn ?integer
function M.resident() return kilobytes(read("/proc/self/status"), "VmRSS") end

--- The most bytes that were resident since `reset_peak`.
-- @treturn ?integer
function M.peak() return kilobytes(read("/proc/self/status"), "VmHWM") end

--- Lets `peak` begin anew.
-- @treturn boolean whether the system allows it
function M.reset_peak()
  local file <close> = io.open("/proc/self/clear_refs", "w")
  return file ~= nil and file:write("5") ~= nil and file:flush() ~= nil
end

--- Bytes that the machine could still give.
-- @treturn ?integer
function M.available() return kilobytes(read("/proc/meminfo"), "MemAvailable") end

local function output(command)
  local pipe <close> = io.popen(command .. " 2>/dev/null")
  return pipe and pipe:read("l") or ""
end

-- "Intel(R) Xeon(R) Processor, family 6, model 207", or what there is.
local function cpu(info)
  local name = info:match("model name%s*:%s*([^\n]+)")
  if not name then return output("uname -m") .. " processor" end
  local family, model = info:match("cpu family%s*:%s*(%d+)"), info:match("model%s*:%s*(%d+)")
  if family and model then name = ("%s (family %s, model %s)"):format(name, family, model) end
  return name
end

--- The machine in general terms, in a line.
-- @treturn string
function M.machine()
  local info = read("/proc/cpuinfo")
  local _, cores = info:gsub("processor%s*:", "")
  local memory = kilobytes(read("/proc/meminfo"), "MemTotal") or 0
  local pages = read("/sys/kernel/mm/transparent_hugepage/enabled"):match("%[(%a+)%]") or "unknown"
  local virtual = info:find("hypervisor", 1, true) and ", virtual" or ""
  return ("%s, %d cores%s, %.0f GiB of memory, huge pages: %s"):format(cpu(info), cores, virtual,
    memory / 2 ^ 30, pages)
end

--- The exact release of the Lua that runs this.
-- @tparam string interpreter
-- @treturn string
function M.lua(interpreter)
  local release = output(("'%s' -v"):format(interpreter)):match("^Lua [%d.]+")
  return release or _VERSION
end

return M
