--- FNV-1a with 64 bits, over data that comes in pieces.
-- It tells changed contents from unchanged ones; it is no protection against
-- someone who wants to make two contents collide.

local OFFSET <const> = 0xcbf29ce484222325
local PRIME <const> = 0x100000001b3
-- string.byte returns this many values at once, well within the C stack.
local BLOCK <const> = 128

local M = {}

--- The state after `data`, going on from `state` (nil: the beginning).
function M.update(state, data)
  state = state or OFFSET
  for i = 1, #data, BLOCK do
    local bytes = { data:byte(i, i + BLOCK - 1) }
    for j = 1, #bytes do
      state = (state ~ bytes[j]) * PRIME
    end
  end
  return state
end

--- The state as text.
function M.hex(state)
  return ("%016x"):format(state or OFFSET)
end

function M.of_string(data)
  return M.hex(M.update(nil, data))
end

--- The checksum of a file's contents, or nil and why not.
function M.of_file(path, chunk_size)
  local file <close>, why = io.open(path, "rb")
  if not file then return nil, why end
  local state
  while true do
    local data, failure = file:read(chunk_size)
    if failure then return nil, failure end
    if not data then return M.hex(state) end
    state = M.update(state, data)
  end
end

return M
