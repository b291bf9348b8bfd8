-- Runs the lines of a session, given on standard input, as the interpreter's prompt would, and
-- prints each line behind its "> " with what it answers.

local function run(line)
  local chunk = load("return " .. line, "=stdin") or assert(load(line, "=stdin"))
  local results = table.pack(pcall(chunk))
  if not results[1] then return print(results[2]) end
  if results.n > 1 then print(table.unpack(results, 2, results.n)) end
end

for line in io.lines() do
  print("> " .. line)
  run(line)
end
