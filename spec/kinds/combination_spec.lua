-- Classes that are combinations, byvia and byrcs, on random programs whose labels are known as they
-- are built: of the whole heap, gone through forwards, and of a few objects, by their referrers.

local hp = require "heapy"
local partition = require "heapy.partition"
local name_of = dofile "spec/graph/name.lua"
local seeds = dofile "spec/graph/seed.lua"

-- Holds objects in so many random ways, and notes what that is called: object -> set of labels.
local ways = {
  function(hold, random, object) -- a record; few keys, so shapes are shared
    local key = "zq" .. random(5)
    hold { [key] = object, other = random(9) }
    return "." .. key
  end,
  function(hold, random, object) -- an array
    local i, array = random(14), {}
    for k = 1, i - 1 do array[k] = k end
    array[i] = object
    hold(array)
    return i > 10 and "[11..]" or ("[%d]"):format(i)
  end,
  function(hold, random, object) -- under a key that is no name
    local key = ("zq key %02d"):format(random(30))
    hold { [key] = object }
    return ('["%s"]'):format(key)
  end,
  function(hold, random, object) -- under a long key, another string each time
    local key = ("zq"):rep(30) .. random(3)
    hold { [key] = object }
    return "." .. key
  end,
  function(hold, _, object)
    hold { [object] = true }
    return "[key]"
  end,
  function(hold, _, object)
    hold(setmetatable({}, object))
    return "metatable"
  end,
  function(hold, _, object)
    local zq_held = object
    hold(function() return zq_held end)
    return "upvalue zq_held"
  end,
  function(hold, _, object)
    local zq_kept = object
    hold(function() return zq_kept end)
    return "upvalue zq_kept"
  end,
  function(hold, _, object) -- an upvalue that no function has any more
    local thread = coroutine.create(function(zq_open)
      do
        local get = function() return zq_open end
        get()
      end
      coroutine.yield()
    end)
    coroutine.resume(thread, object)
    hold(thread)
    return "local zq_open", "upvalue"
  end,
  function(hold, random, object) -- entries whose label is no text
    local key = ({ -random(3), 0.5, true })[random(3)]
    hold { [key] = object }
    return ("[%s]"):format(key)
  end,
  function(hold, _, object) -- more references than labels are kept for
    local array = {}
    for i = 1, 70 do array[i] = i > 10 and object end
    hold(array)
    return "[11..]"
  end,
}

-- Large enough that its keys are surely its own, as far as byvia goes by that.
local function new_dictionary(number)
  local dictionary = {}
  for i = 1, 60 do dictionary[("filler %d %d"):format(number, i)] = true end
  return dictionary
end

-- Keys of dictionaries: of one alone, of several, of records too, and long ones.
local keys = {
  function(random) return ("zq_%d"):format(random(1000000000)) end,
  function(random) return ("zq_shared%d"):format(random(5)) end,
  function(random) return ("zq%d"):format(random(5)) end,
  function(random) return ("zq"):rep(30) .. random(3) end,
}

local function dictionary_label(dictionaries, random, object)
  local key = keys[random(#keys)](random)
  local i = 1
  while dictionaries[i] and dictionaries[i][key] do i = i + 1 end
  dictionaries[i] = dictionaries[i] or new_dictionary(i)
  dictionaries[i][key] = object
  return "." .. key
end

local function sorted(set)
  local list = {}
  for label in pairs(set) do list[#list + 1] = label end
  table.sort(list)
  return table.concat(list, ", ")
end

-- Objects held in up to 'most' ways each, and what byvia has to call each of them.
local function build(random, n, most)
  local keep, dictionaries, objects, names = {}, {}, {}, {}
  local function hold(holder) keep[#keep + 1] = holder end
  for i = 1, n do
    local object, labels = { i }, { ["[11..]"] = true }
    for _ = 1, random(most) do
      local way = ways[random(#ways + 1)] or nil
      local label, other
      if way then
        label, other = way(hold, random, object)
      else
        label = dictionary_label(dictionaries, random, object)
      end
      labels[label], labels[other or label] = true, true
    end
    objects[10 + i], names[i] = object, sorted(labels)
  end
  for i = 1, 10 do objects[i] = false end
  return objects, names, { keep, dictionaries }
end

local function counted(names)
  local counts = {}
  for _, name in ipairs(names) do counts[name] = (counts[name] or 0) + 1 end
  return counts
end

describe("byvia", function()
  it("knows all labels of all objects of a heap", function()
    seeds.property(12, function(random)
      local objects, names, keep = build(random, 300, 7)
      local h <close> = hp.heap()
      local wanted = counted(names)
      local found = {}
      local rows = partition.of(h.byvia)
      for i, row in pairs(h.byvia) do
        local name = name_of(row)
        assert.equal(name, (rows:row(i))) -- by its own referrers, and by all there are
        if name:find("zq", 1, true) then
          assert.is_nil(found[name], name) -- one row for a name
          found[name] = row.count
        end
      end
      for name, count in pairs(wanted) do
        if name:find("zq", 1, true) then assert.equal(count, found[name], name) end
      end
      assert.truthy(keep and objects)
    end)
  end)

  it("knows all labels of a few objects #novalgrind", function()
    seeds.property(12, function(random)
      local objects, names, keep = build(random, 40, 7)
      local h <close> = hp.heap()
      for i, name in ipairs(names) do
        assert.equal(name, name_of(h:iso(objects[10 + i]).byvia))
      end
      assert.truthy(keep)
    end)
  end)

  it("knows more labels of an object than a combination has room for", function()
    local object, many, labels = {}, {}, {}
    for i = 1, 40 do
      many[i] = { [("zq%02d"):format(i)] = object, [("zq%02d"):format(i % 7 + 60)] = object }
      labels[(".zq%02d"):format(i)], labels[(".zq%02d"):format(i % 7 + 60)] = true, true
    end
    many.again = { zq33 = object }
    labels["local object"] = true
    local h <close> = hp.heap()
    assert.equal(sorted(labels), name_of(h:iso(object).byvia))
    assert.equal(1, h:where { via = sorted(labels) }.count)
    assert.equal(h:iso(object), h:where { via = sorted(labels) })
    assert.equal(object, many.again.zq33)
  end)

  it("knows as many of one that dictionaries hold", function()
    local object, other, dictionaries, labels = {}, {}, {}, {}
    for i = 1, 40 do
      local own, shared = ("zq_own%02d"):format(i), ("zq_shared%02d"):format(i % 7)
      dictionaries[i] = new_dictionary(i)
      dictionaries[i][own], dictionaries[i][shared] = object, i % 2 == 0 and object or other
      labels["." .. own], labels["." .. shared] = true, true
    end
    labels["local object"] = true
    local h <close> = hp.heap()
    assert.equal(sorted(labels), name_of(h:iso(object).byvia))
    assert.equal(h:iso(object), h:where { via = sorted(labels) })
    assert.equal(other, dictionaries[1].zq_shared01)
  end)

  it("calls what an upvalue holds by one name, where functions know it by two", function()
    local function join()
      local zq_one, zq_two = {}, nil
      local one, two = function() return zq_one end, function() return zq_two end
      debug.upvaluejoin(two, 1, one, 1)
      return { one, two }
    end
    local joined = {}
    for i = 1, 40 do joined[i] = join() end
    local h <close> = hp.heap()
    local rows = {}
    for _, row in pairs(h.byvia) do rows[name_of(row)] = row end
    for i = 1, 40 do
      local name = name_of(h:iso(joined[i][2]()).byvia)
      assert.matches("^upvalue zq_%a+$", name)
      assert.is_true(rows[name]:has(joined[i][1]()))
    end
  end)

  it("knows the items of long arrays, with and without holes", function()
    local whole, holes, objects = {}, {}, {}
    for i = 1, 200 do
      objects[i] = { i }
      whole[i] = objects[i]
      holes[i] = i % 50 > 12 and objects[i] -- false where there is none
    end
    objects = nil
    local h <close> = hp.heap()
    local function expect(i)
      local label = i > 10 and "[11..]" or ("[%d]"):format(i)
      local own = h:iso(whole[i])
      assert.equal(label, name_of(own.byvia))
      return label, own
    end
    for _, set in ipairs { h, h:where { type = "table" } } do
      local rows = {}
      for _, row in pairs(set.byvia) do rows[name_of(row)] = row end
      for i = 1, 200, 3 do
        local label, own = expect(i)
        assert.is_true(own <= rows[label], label)
      end
    end
    assert.is_true(holes[13] == whole[13] and objects == nil)
  end)

  it("is the same again, where thousands of classes have left their memory", function()
    local keep = {}
    for i = 1, 20000 do keep[("zq_%05d"):format(i)] = { i } end
    local h <close> = hp.heap()
    local function rows()
      local set = (h | h).byvia
      local count = #set
      return ("%d: %s"):format(count, set)
    end
    local _ = #h
    local first = rows()
    for _ = 1, 3 do
      collectgarbage()
      assert.equal(first, rows())
    end
    assert.is_true(tonumber(first:match "^%d+") > 20000 and keep.zq_00001[1] == 1)
  end)

  it("of one object keeps no room for all the entries of its dictionary", function()
    local keep, core = {}, require "heapy.core"
    for i = 1, 30000 do keep["zq" .. i] = { i } end
    local h <close> = hp.heap()
    local one = h:iso(keep.zq1)
    assert.is_true(one.referrers.count > 0) -- the reverse edges are there
    collectgarbage()
    local before = core.memory()
    local rows = one.byvia
    assert.equal(".zq1", name_of(rows))
    assert.is_true(core.memory() - before < 20000)
  end)

  it("takes no notice of a weak dictionary, but for what it holds", function()
    local objects, names, texts = {}, new_dictionary(0), {}
    local weak = setmetatable(new_dictionary(1), { __mode = "v" })
    local text = setmetatable(new_dictionary(2), { __mode = "v" })
    for i = 1, 60 do
      local key = ("zq_weak%02d"):format(i)
      objects[i], texts[i] = { i }, ("zq text %02d"):format(i)
      names[key], weak[key], text[key] = objects[i], objects[i], texts[i]
    end
    local h <close> = hp.heap()
    for _, set in ipairs { h, h:iso(table.unpack(objects)) | h:iso(table.unpack(texts)) } do
      local rows = {}
      for _, row in pairs(set.byvia) do rows[name_of(row)] = row end
      for i = 1, 60 do
        local label, index = (".zq_weak%02d"):format(i), i > 10 and "[11..]" or ("[%d]"):format(i)
        local both = rows[label .. ", " .. index]
        assert.equal(2, both.count) -- a string is held even by a weak table
        assert.is_true(both:has(objects[i]) and both:has(texts[i]))
      end
    end
    assert.truthy(names and weak and text)
  end)

  it("counts what does not fit into a name, the same whoever was first", function()
    local a, b, keep = {}, {}, {}
    for i = 1, 200 do
      keep[i] = { [("zq%03d"):format(i)] = a, [("zq%03d"):format(201 - i)] = b }
    end
    local h <close> = hp.heap()
    local rows = h:iso(keep[1].zq001, keep[1].zq200).byvia
    local name = name_of(h:iso(keep[1].zq001).byvia)
    assert.matches("^%.zq001, %.zq002, .*, %d+ more$", name)
    assert.equal(2, rows.count)
  end)
end)

describe("byrcs", function()
  it("knows more kinds of referrers than a combination has room for", function()
    local holder, keep, names = { {} }, {}, {} -- no local of a thread's has the object
    for i = 1, 30 do
      names[i] = ("Zq%02d"):format(i)
      keep[i] = setmetatable({ holder[1] }, { __name = names[i] })
    end
    keep[31] = setmetatable({ holder[1] }, { __name = "Zq07" })
    local h <close> = hp.heap()
    local name = name_of(h:iso(holder[1]).byrcs)
    names[#names + 1] = h:iso(holder).kind
    table.sort(names)
    assert.equal(table.concat(names, ", "), name)
    assert.equal(1, h:where { rcs = name }.count)
    assert.equal(31, #keep)
  end)

  it("knows the kinds of all that has one shape, whichever come in turn", function()
    seeds.property(12, function(random)
      local keep, kinds = {}, { prototype = true } -- this function's, whose constants the keys are
      for i = 1, 40 do
        local name = ("Zq%d"):format(random(random(50)))
        keep[i] = setmetatable({ own = { zq_of_all = { i }, zq_of_none = i } }, { __name = name })
        kinds["table of " .. name] = true
      end
      local h <close> = hp.heap()
      local rows = {}
      for _, row in pairs(h.byrcs) do rows[name_of(row)] = row end
      for i = 1, 40 do
        local held = keep[i].own.zq_of_all
        assert.is_true(rows["table of " .. getmetatable(keep[i]).__name]:has(held))
      end
      for _, key in ipairs { "zq_of_all", "zq_of_none" } do
        assert.is_true(rows[sorted(kinds)]:has(key))
        assert.equal(sorted(kinds), name_of(h:iso(key).byrcs))
      end
    end)
  end)
end)

describe("rows of equal size", function()
  it("are in the order of their names, whichever is asked for first", function()
    local keep = {}
    for i = 1, 500 do keep[("zq_%03d"):format((i * 7919) % 500)] = { i } end
    local h <close> = hp.heap()
    local some = h:where(function(node) return node.type == "table" and node.count == 1 end)
    local backwards = {}
    local set = some.byvia
    for i = #set - 1, 0, -1 do backwards[i] = name_of(set[i]) end
    local last_size, last_name = math.huge, ""
    for i, row in pairs(some.byvia) do
      local name = name_of(row)
      assert.equal(backwards[i], name)
      assert.is_true(row.size < last_size or row.size == last_size and last_name <= name)
      last_size, last_name = row.size, name
    end
    assert.is_true(#set > 500 and keep.zq_000[1] > 0)
  end)
end)
