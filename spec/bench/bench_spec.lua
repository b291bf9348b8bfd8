-- The benchmark runs, measures everything it has a row for, and judges by the limits it prints.
-- What it measures here says nothing about heapy: the heap is too small.

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"

local function load_module(name)
  local path = package.path
  package.path = here .. "?.lua;" .. path
  local module = require(name)
  package.path = path
  return module
end

local figures = load_module "figures"
local meter = load_module "meter"
local workload = load_module "workload"

local interpreter = dofile(here .. "../interpreter.lua")

-- What one of the benchmark's scripts prints, and its status.
local function run(arguments, script)
  local pipe = assert(io.popen(("unset LUA_PATH_5_4 LUA_CPATH_5_4; LUA_PATH='%s' LUA_CPATH='%s' "
    .. "'%s' '%s%s' %s 2>&1"):format(package.path, package.cpath, interpreter, here,
    script or "run.lua", arguments)))
  local text = pipe:read("a")
  local _, _, status = pipe:close()
  return text, status
end

local short = {} -- what a short run prints, and its status; it takes some seconds

local function short_run()
  if not short[1] then short = { run "--rounds=1 20k" } end
  return short[1], short[2]
end

-- Numbers of all figures, as good as they may be.
local function heap(title, asked, order)
  local numbers = { title = title, asked = asked, order = order }
  for _, group in ipairs(figures.tables) do
    for _, figure in ipairs(group) do numbers[figure.name] = figure.limit or 1 end
  end
  return numbers
end

local function figure_of(name)
  for _, group in ipairs(figures.tables) do
    for _, figure in ipairs(group) do
      if figure.name == name then return figure end
    end
  end
end

describe("the benchmark", function()
  it("fills in every row #noasan #novalgrind", function() -- many processes, nothing new
    local text, status = short_run()
    assert.equal(0, status, text)
    for _, group in ipairs(figures.tables) do
      assert.truthy(text:find("## " .. group.title, 1, true), text)
      for _, figure in ipairs(group) do
        local at = assert(text:find("| " .. figure.text .. " ", 1, true), figure.text)
        local fresh, churned = text:match("|[^|]*|([^|]*)|([^|]*)|", at)
        assert.truthy(fresh:find "%d" and churned:find "%d", figure.text .. "\n" .. text)
      end
    end
    for _, figure in ipairs(figures.monitor) do
      local at = assert(text:find("| " .. figure.text .. " ", 1, true), figure.text)
      assert.truthy(text:match("|[^|]*|([^|]*)|", at):find "%d", figure.text .. "\n" .. text)
    end
    assert.truthy(text:find "\n%d+ of %d+ targets are met%.")
  end)

  it("fills in every row of what tracking costs #noasan #novalgrind", function()
    local text, status = run("--groups=1 --size=6", "tracking.lua")
    assert.equal(0, status, text)
    local rows = 0
    for cost in text:gmatch "\n| [^|]+ | +([%d.]+) |" do
      assert.truthy(tonumber(cost), text)
      rows = rows + 1
    end
    assert.equal(11, rows, text)
  end)

  it("accounts for every byte", function()
    local text = short_run()
    assert.truthy(text:find "\n| bytes not accounted for +| +0 | +0 | 0 +| met +|", text)
  end)

  it("says what it does not understand", function()
    local text, status = run "a lot"
    assert.equal(2, status)
    assert.truthy(text:find("'a' is neither an option nor a number of objects", 1, true))
  end)

  it("judges by the limit, on the heaps for which there is one", function()
    local figure, good, bad = figure_of "heap", heap("1M", 1000000), heap("5M", 5000000)
    assert.equal("met", figures.verdict(figure, { good, bad }))
    bad.heap = figure.limit + 0.1
    assert.equal("missed: 5M", figures.verdict(figure, { good, bad }))
    bad.asked = 100000
    assert.equal("met", figures.verdict(figure, { good, bad }))
    assert.equal("-", figures.verdict(figure, { bad }))
  end)

  it("judges growth by the smallest heap of the same order", function()
    local figure = figure_of "print"
    local heaps = { heap("small", 1000, "fresh"), heap("large", 9000, "fresh"),
      heap("other", 9000, "churned") }
    heaps[2].print, heaps[3].print = 2 * heaps[1].print, 9
    assert.equal("met", figures.verdict(figure, heaps))
    heaps[2].print = 4 * heaps[1].print
    assert.equal("missed: large", figures.verdict(figure, heaps))
  end)
end)

describe("the workload", function()
  it("is the same each time, and of the size asked for", function()
    local root, made = workload.build(5000)
    local again, same = workload.build(5000)
    assert.equal(made, same)
    assert.truthy(made >= 5000 and made < 5100)
    assert.same(root.entities[7].stats, again.entities[7].stats)
  end)

  it("has after churning what it had before", function()
    local root = workload.build(20000)
    local units = #root.entities
    workload.churn(root)
    assert.equal(units, #root.entities)
    for unit, entity in ipairs(root.entities) do
      assert.equal(unit, entity.id)
      assert.equal(entity, root.by_name[entity.name])
      assert.equal(entity, entity.items[1].owner)
      assert.equal(entity.stats.hp - 1, entity.on_hit(1))
      assert.truthy(entity.group.leader)
    end
  end)
end)

describe("the meter", function()
  it("takes the median", function()
    assert.equal(2, meter.median { 3, 1, 2 })
    assert.equal(2.5, meter.median { 4, 1, 3, 2 })
  end)

  it("collects before and after a call, and hands on what it returns", function()
    local m = meter.new()
    assert.equal(42, m:call("answer", function(x) return x end, 42))
    assert.equal(42, m:call("answer", function(x) return x end, 42))
    assert.equal(2, #m.ratios.answer)
    assert.equal(2, #m.collections)
    assert.truthy(m:ratio "answer" < 1)
  end)
end)
