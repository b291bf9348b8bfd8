--- A leak hunt, as one would type it: a sync daemon runs here, files are fed to
-- it, and what its heap has gained is followed to who holds it.
-- Each line after "> " is really evaluated, and what it gives is what follows.

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = package.path .. ";" .. here .. "/syncdaemon/?.lua"

local hp = require "heapy"
local lfs = require "lfs"
local main = require "syncdaemon.main"

local MARKER <const> = "syncdaemon.marker.MDMarker"
local ROUNDS <const> = { 120, 300, 300 }
local FILES_IN_DIR <const> = 50

-- ---- the daemon and its files ----------------------------------------------------------------

local function temp_dir()
  local pipe <close> = assert(io.popen("mktemp -d"))
  return assert(pipe:read("l"), "mktemp gave no directory")
end

local function remove(dir)
  for name in lfs.dir(dir) do
    if name ~= "." and name ~= ".." then
      local path = dir .. "/" .. name
      if lfs.symlinkattributes(path, "mode") == "directory" then
        remove(path)
      else
        os.remove(path)
      end
    end
  end
  lfs.rmdir(dir)
end

local function write_files(root, round, count)
  local dir
  for i = 1, count do
    if (i - 1) % FILES_IN_DIR == 0 then
      dir = ("%s/round %d, files from %d"):format(root, round, i)
      assert(lfs.mkdir(dir))
    end
    local file <close> = assert(io.open(("%s/note %d.txt"):format(dir, i), "w"))
    for line = 1, i do
      file:write(("Note %d of round %d, line %d.\n"):format(i, round, line))
    end
  end
end

-- ---- the session -----------------------------------------------------------------------------

local function say(format, ...)
  print(format:format(...))
end

local session = { hp = hp }

--- Types a line into the session and prints what it gives.
local function enter(line)
  print("> " .. line)
  local chunk = load("return " .. line, "=stdin", "t", session)
    or assert(load(line, "=stdin", "t", session))
  local results = table.pack(chunk())
  for i = 1, results.n do
    print(results[i])
  end
end

--- Types `name = hp.heap()`; stops the hunt where heapy cannot look.
local function snapshot(name)
  enter(name .. " = hp.heap()")
  if not session[name] then
    error({ select(2, hp.heap()) })
  end
  return session[name]
end

--- The set's row of that kind and its index; nil if there is none.
local function row_of_kind(set, kind)
  for i, row in pairs(set) do
    if row.kind == kind then return row, i end
  end
end

-- ---- the judgement ---------------------------------------------------------------------------

--- The markers that each kind of holder refers to, in one snapshot: kind -> count.
local function markers_held(heap)
  local held = {}
  local markers = row_of_kind(heap, MARKER)
  for _, holder in pairs(markers and markers.referrers or {}) do
    held[holder.kind] = (holder.referents & markers).count
  end
  return held
end

local function kinds(set)
  local list = {}
  for _, row in pairs(set) do
    list[#list + 1] = row.kind
  end
  return list
end

--- Whose the holder is: "CLASS, field .NAME".
local function owner(holder)
  local fields = kinds(holder.byvia)
  return ("%s, %s %s"):format(table.concat(kinds(holder.referrers), ", "),
    #fields == 1 and "field" or "fields", table.concat(fields, ", "))
end

--- What three counts say of a holder, if `made` markers were made before the last.
local function verdict(counts, made)
  local growth = counts[3] - counts[2]
  if growth <= 0 then
    return "bounded"
  elseif counts[2] > counts[1] and growth >= made then
    return "leak"
  end
  return "unclear"
end

local SENTENCE <const> = {
  leak = "LEAK: %s.\n"
    .. "  It has gained a marker for each of the %d nodes made in the last round and let none go,\n"
    .. "  though %d actions are left that could wait for one.",
  bounded = "Bounded: %s.\n"
    .. "  The last round made %d nodes, and it holds no more markers than before.",
  unclear = "Unclear: %s.\n"
    .. "  It holds more markers than before, though not one more for each of the %d nodes made.",
}

--- Prints how many markers each holder had in each snapshot, and what follows;
-- `made` nodes were made before the last, and `pending` actions are left to do.
local function judge(heaps, made, pending)
  local held = {}
  for i, heap in ipairs(heaps) do
    held[i] = markers_held(heap)
  end
  local last = heaps[#heaps]
  local markers = row_of_kind(last, MARKER)
  if not markers then
    say("No leak: no marker is left in the last snapshot.")
    return
  end
  say("Markers that each holder refers to, (holder.referents & markers).count:")
  say("%8s %8s %8s  Holder", "h1", "h2", "h3")
  local sentences, leaks = {}, 0
  for _, holder in pairs(markers.referrers) do
    local kind = holder.kind
    local counts = { held[1][kind] or 0, held[2][kind] or 0, held[3][kind] }
    say("%8d %8d %8d  %s", counts[1], counts[2], counts[3], kind)
    local found = verdict(counts, made)
    leaks = leaks + (found == "leak" and 1 or 0)
    sentences[#sentences + 1] = SENTENCE[found]:format(owner(holder), made, pending)
  end
  print()
  for _, sentence in ipairs(sentences) do
    print(sentence)
  end
  if leaks == 0 then
    say("No leak: no holder of markers keeps those of all nodes.")
  end
end

-- ---- the hunt --------------------------------------------------------------------------------

local function hunt(dir)
  local root = dir .. "/root"
  assert(lfs.mkdir(root))
  local daemon = main.new(root, dir .. "/store")

  local function feed(round)
    write_files(root, round, ROUNDS[round])
    local made_before = daemon.status.nodes_made
    daemon:scan()
    daemon:settle()
    local made = daemon.status.nodes_made - made_before
    say("-- %d new files: %d nodes made and named, %d failures, %d actions left to do",
      ROUNDS[round], made, daemon.status.failures, daemon.action_queue:pending())
    return made
  end

  feed(1)
  local h1 = snapshot("h1")
  feed(2)
  local h2 = snapshot("h2")
  enter("h2:diff(h1)")

  local _, index = row_of_kind(h2, MARKER)
  if index then
    print()
    say("-- A marker stands for a node until the server has named it. Who still holds them?")
    enter(("markers = h2[%d]"):format(index))
    enter("markers")
    enter("markers.referrers")
    for i in pairs(session.markers.referrers) do
      enter(("markers.referrers[%d].referrers"):format(i))
    end
    print()
    say("-- Who lets them go? One more round tells.")
  end
  local made = feed(3)
  judge({ h1, h2, snapshot("h3") }, made, daemon.action_queue:pending())
  daemon:close()
end

local dir = temp_dir()
local ok, why = xpcall(hunt, function(raised)
  return type(raised) == "table" and raised[1] or debug.traceback(raised)
end, dir)
remove(dir)
if not ok then
  io.stderr:write("leakhunt: ", why, "\n")
  os.exit(3)
end
