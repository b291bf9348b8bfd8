-- The monitor's end in a program: what can be asked of it, and what the program keeps.

local target = dofile "spec/remote/target.lua"
local inside, support = target.inside, target.support

local LOOP = "while true do for i = 1, 1000 do local t = {i} end end"

local function connected(code, options, before)
  local program, path = target.lua(code or LOOP, options, nil, before)
  return target.connect(path), program, path
end

describe("a program that is looked into", function()
  it("says who it is", inside(function()
    local peer, program = connected(LOOP, '{ name = "the one", log = false }')
    local g = peer.greeting
    assert.equal(1, g.heapy)
    assert.equal(program.pid, g.pid)
    assert.equal(1, g.state)
    assert.equal("the one", g.name)
    assert.equal(1, #g.argv)
    assert.truthy(g.argv[1]:find("/script%d+.lua$"))
    local link <close> = assert(io.popen(("readlink /proc/%d/exe"):format(program.pid)))
    assert.equal(link:read "l", g.executable)
    assert.truthy(g.lua:find("^Lua 5%.4"))
    assert.is_true(g.console)
  end))

  it("tells how it is", inside(function()
    local peer, program = connected()
    local answer = peer:ask "stat"
    assert.is_true(answer.ok)
    for _, expected in ipairs {
      "^Target overview\n%-+\n", "\ntarget.executable = /", "\ntarget.wd         = /",
      '\ntarget.argv       = %["[^\n]*script%d+%.lua"%]\n',
      "\ntarget.pid        = " .. program.pid .. "\n",
      "\ntarget.heap       = %d+ bytes %(heapy's own among them%)\n",
      "\ntarget.objects    = %d+ %(heapy's own among them%)\n",
      "\ntarget.vm         = in Lua, at .*script%d+%.lua:4\n",
      "\n%-+\n$" } do
      assert.truthy(answer.out:find(expected), answer.out .. expected)
    end
  end))

  it("prints its heap, and the difference since", inside(function()
    local peer = connected(LOOP, nil, "held = {}")
    assert.truthy(peer:ask "diff".out:find "no snapshot yet")
    local answer = peer:ask "heap"
    assert.truthy(answer.out:find("^Partition of a set of %d+ objects"))
    assert.is_true(answer.paused_ms > 0)
    peer:eval "for i = 1, 500 do held[i] = setmetatable({}, {__name = 'Held'}) end"
    assert.truthy(peer:ask "diff".out:find "500 .* Held\n")
    assert.falsy(peer:ask "diff".out:find "Held")
  end))

  it("books nothing of its own to the program, where that is tracked", inside(function()
    local program, path = target.lua [[
      local function gen(n) for i = 1, n do coroutine.yield({ i }) end end
      while true do
        local co = coroutine.create(gen)
        for i = 1, 50 do local _, v = coroutine.resume(co, 50) end
      end
    ]]
    local peer = target.connect(path)
    peer:eval "_ = hp.track{frames = 3}"
    peer:close()
    for _ = 1, 5 do
      peer = target.connect(path)
      peer:eval "1"
      peer:close()
    end
    peer = target.connect(path)
    local out = peer:eval "for _, row in pairs(hp.sites()) do print(row.site) end"
    assert.truthy(out:find("\n(heapy)\n", 1, true), out)
    assert.is_nil(out:find("__gc", 1, true), out)
    if peer:eval "hp.tracking().threads" == "true\n" then -- the C stack tells
      assert.is_nil(out:find("not known", 1, true), out)
    end
    assert.truthy(program.pid)
  end))

  it("runs code: values are printed, names of the console stay in it", inside(function()
    local peer = connected(LOOP, nil, "mine = 'a program’s'")
    assert.equal("1\tnil\ttext\n", peer:eval "1, nil, 'text'")
    assert.equal("1\tnil\ttext\n", peer:eval "= 1, nil, 'text'")
    assert.equal("", peer:eval "x, mine = 7, 'a console’s'")
    assert.equal("7\ta console’s\n", peer:eval "x, mine")
    assert.equal("nil\ta program’s\n", peer:eval "_G.x, _G.mine")
    assert.equal("a\tb\n", peer:eval "print('a', 'b')")
    assert.equal("42\n", peer:eval "6 * 7")
    assert.equal("84\n", peer:eval "_ * 2")
    assert.is_true(peer:ask "reset".ok)
    assert.equal("nil\ta program’s\n", peer:eval "x, mine")
  end))

  it("asks for the rest of what is begun", inside(function()
    local peer = connected()
    local answer = peer:ask("eval", "for i = 1, 2 do")
    assert.is_true(answer.more)
    assert.is_true(answer.ok)
    assert.equal("1\n2\n", peer:eval "for i = 1, 2 do\nprint(i)\nend")
    assert.is_nil(peer:ask("eval", "for for").more)
  end))

  it("tells what went wrong, and goes on", inside(function()
    local peer = connected()
    local function problem(code)
      local answer = peer:ask("eval", code)
      assert.is_false(answer.ok)
      return answer.error
    end
    assert.equal("console:1: syntax error near 'x'", problem "x x")
    assert.truthy(problem "error 'oh'":find("^console:1: oh\nstack traceback:\n"))
    local own = "console:1: heapy: no field 'cuont' in a heapy.Set; did you mean 'count'?"
    assert.equal(own, problem "local _ = hp.heap().cuont")
    local theirs = problem "local f = load('error(1, 1)', '@/x/myheapy/app.lua') pcall(f) f()"
    assert.truthy(theirs:find("\n\t/x/myheapy/app.lua:1: in ", 1, true), theirs)
    assert.equal(own .. "\nstack traceback:\n\tconsole:1: in local 'f'\n\tconsole:1: in main chunk",
      problem "local function f() local _ = hp.heap().cuont end f()")
    assert.falsy(problem "error 'oh'":find "xpcall")
    assert.equal("(error object is a table value)", problem "error {}":match "^[^\n]*")
    assert.equal("told\n", problem
      "error(setmetatable({}, {__tostring = function() return 'told' end}))":match "^[^\n]*\n?")
    assert.equal("(error object is a table value)",
      problem "error(setmetatable({}, {__tostring = error}))":match "^[^\n]*")
    assert.truthy(problem "hp.heap().nonsense":find("no field 'nonsense'", 1, true))
    assert.truthy(problem "coroutine.yield()":find "attempt to yield")
    for _, byte in ipairs { "e", "\\xFF" } do
      local long = problem(("local function f() error(('%s'):rep(20000)) end f()"):format(byte))
      assert.matches("%.%.%. %(%d+ bytes more%)\nstack traceback:\n.*in local 'f'", long)
    end
    assert.equal("console:1: oh",
      problem "setmetatable({}, {__tostring = function() error 'oh' end})")
    assert.equal("1\n", peer:eval "1")
  end))

  it("prints to the client whatever becomes of 'print'", inside(function()
    local peer = connected()
    assert.equal("1\n", peer:eval "print = nil return 1")
    assert.equal("2\n", peer:eval "2")
    assert.equal("", peer:eval "print = function(x) kept = x end return 3")
    assert.equal("3\n", peer:eval "print = nil return kept")
  end))

  it("has no monitor of its own", inside(function()
    local peer = connected()
    assert.equal("nil\ta monitor needs a terminal, and a command has none\n",
      peer:eval "hp.monitor()")
    assert.equal("1\n", peer:eval "1")
  end))

  it("has sets to work with, and what they can do", inside(function()
    local peer = connected(LOOP, nil, "held = setmetatable({}, {__name = 'Held'})")
    peer:eval "h1 = hp.heap()"
    assert.truthy(peer:eval "h1:where{kind = 'Held'}":find "Partition of a set of 1 object")
    assert.truthy(peer:eval "h1:where{kind = 'Held'}.referrers":find "globals")
    assert.truthy(peer:eval "hp.help('diff')":find "set:diff")
    local answer = peer:ask("complete", "h1.refe")
    assert.same({ "referents", "referrers" }, answer.candidates)
    assert.equal(4, answer.from)
    assert.same({ "referents", "referrers" },
      peer:ask("complete", "x = h1[0].referrers.refe").candidates)
    assert.same({ "held" }, peer:ask("complete", "held").candidates)
    assert.same({ "heap", "heapu", "help" }, peer:ask("complete", "hp.he").candidates)
    assert.same({ "rep" }, peer:ask("complete", "string.rep").candidates)
    assert.same({}, peer:ask("complete", "nothing.at.all").candidates)
    peer:eval "text = 'some'"
    assert.same({ "rep" }, peer:ask("complete", "text:rep").candidates)
    peer:eval "esc = { ['end'] = 1, ending = 2 }"
    assert.same({ "ending" }, peer:ask("complete", "esc.end").candidates)
    peer:eval "many = {} for i = 1, 999 do many['a' .. i] = i end many.b = 1"
    local candidates = peer:ask("complete", "many.").candidates
    assert.same({ 200, "a1", "b" }, { #candidates, candidates[1], candidates[200] })
    peer:eval "for i = 1, 1e6 do many['a' .. i] = i end"
    answer = peer:ask("complete", "many.")
    assert.same({}, answer.candidates)
    assert(answer.paused_ms < 200) -- 5 in truth; 700 where all are looked at
    assert.same({ "while" }, peer:ask("complete", "whi").candidates)
    peer:eval "for i = 1, 1e5 do _G['whim' .. i] = i end"
    assert.same({}, peer:ask("complete", "whi").candidates)
  end))

  it("escapes what a terminal would obey, and gives what is long whole", inside(function()
    local peer = connected()
    assert.equal("\\x1B[31m\\x00é\\x9F\n", peer:eval "'\\27[31m\\0é\\x9F'")
    assert.equal(("x"):rep(1e6) .. "\n", peer:eval "('x'):rep(1e6)")
    for shift = 0, 3 do
      local code = ("print(('x'):rep(%d) .. ('é€'):rep(20000), 7)"):format(shift)
      assert.equal(("x"):rep(shift) .. ("é€"):rep(20000) .. "\t7\n", peer:eval(code))
    end
    assert.equal("\n", peer:eval "''")
    local ended = peer:ask("eval", "error(('x'):rep(1e6), 0)")
    assert.truthy(#ended.error > 1000 and #ended.error < 40000)
  end))

  it("hides all of it from its own heap", inside(function()
    local peer = connected [[
      local hp = require "heapy"
      function now() return hp.heap().count end -- its prototype is the program's still
      while true do for i = 1, 100 do local x = i end end
    ]]
    assert.equal("Isolation test succeeded.\n", peer:ask "isolatest".out)
    local before = peer:eval "now()"
    peer:eval "x = {} for i = 1, 1000 do x[i] = function() return x end end"
    peer:eval "h = hp.heap() co = coroutine.wrap(function() coroutine.yield() end) co()"
    assert.equal(before, peer:eval "now()")
    assert.equal("0\n", peer:eval "hp.heap().accounting.difference")
    peer:eval "_G.seen = x" -- now it is the program's
    assert.truthy(tonumber(peer:eval "now()") > tonumber(before) + 1000)
  end))

  it("tells apart who asks", inside(function()
    local one, _, path = connected()
    local other = target.connect(path)
    one:eval "x = 1"
    other:eval "x = 2"
    assert.equal("1\n", one:eval "x")
    assert.equal("2\n", other:eval "x")
    other:close()
    assert.equal("1\n", one:eval "x")
  end))

  it("answers several requests in order, and refuses too many", inside(function()
    local peer = connected()
    local ids = {}
    for i = 1, 10 do ids[i] = peer:send("eval", "return " .. i) end
    for i = 1, 10 do assert.equal(i .. "\n", peer:answer(ids[i]).out) end
    peer:send("eval", "local t = os.clock() while os.clock() < t + 0.3 do end")
    for _ = 1, 16 do peer:send("eval", "1") end
    local last = peer:ask "heap"
    assert.is_false(last.ok)
    assert.equal("too many requests wait already", last.error)
  end))

  it("can be kept to the fixed verbs", inside(function()
    local peer = connected(LOOP, "{ console = false, log = false }")
    assert.is_false(peer.greeting.console)
    for _, verb in ipairs { "eval", "complete", "reset", "isolatest" } do
      local answer = peer:ask(verb, "os.exit(1)")
      assert.is_false(answer.ok)
      assert.truthy(answer.error:find "console of this program is off")
    end
    for _, verb in ipairs { "ping", "stat", "heap", "diff" } do
      assert.is_true(peer:ask(verb).ok)
    end
    local answer = peer:ask "dump"
    assert.is_false(answer.ok)
    assert.equal("unknown request", answer.error)
  end))
end)

describe("a command that does not end", function()
  local function interrupted(code)
    return inside(function()
      local peer, program = connected()
      local id = peer:send("eval", code)
      target.sleep(0.1)
      assert.is_true(peer:ask "interrupt".ok)
      local answer = peer:answer(id)
      assert.is_false(answer.ok)
      assert.truthy(answer.error:find "^[^\n]*interrupted") -- coroutine.wrap says where
      assert.equal("1\n", peer:eval "1")
      assert.is_nil(program.status)
    end)
  end

  it("is interrupted", interrupted "while true do end")
  it("is interrupted in protected calls", interrupted
    "while true do pcall(function() while true do pcall(error) end end) end")
  it("is interrupted in a coroutine", interrupted
    "coroutine.wrap(function() while true do end end)()")
  it("is interrupted in a coroutine that ignores errors", interrupted
    "while true do coroutine.wrap(function() pcall(function() while true do end end) end)() end")
  it("is interrupted without its watch", interrupted "debug.sethook() while true do end")

  local RESUMED <const> = [[
    looping = coroutine.create(function()
      while true do pcall(function() while true do end end) end
    end)
  ]]

  it("is interrupted in a coroutine that it found", inside(function()
    local peer, program = connected(RESUMED .. LOOP)
    local id = peer:send("eval", "return coroutine.resume(looping)")
    target.sleep(0.1)
    assert.is_true(peer:ask "interrupt".ok)
    local answer = peer:answer(id)
    assert.is_false(answer.ok)
    assert.truthy(answer.error:find "^interrupted")
    assert.equal("dead\n", peer:eval "coroutine.status(looping)")
    assert.is_nil(program.status)
  end))

  it("ends at the limit in a coroutine that it found", inside(function()
    local peer, program = connected(RESUMED .. LOOP, "{ limit = 0.2, log = false }")
    local answer = peer:ask("eval", "return coroutine.resume(looping)")
    assert.is_false(answer.ok)
    assert.truthy(answer.error:find "longer than the limit")
    assert.equal("1\n", peer:eval "1")
    assert.is_nil(program.status)
  end))

  -- Up to 4 MiB are on their way then, which memcheck lets this side read but slowly.
  it("is interrupted while it prints #novalgrind", interrupted "while true do print 'x' end")

  it("ends when its client goes", inside(function()
    local peer, _, path = connected()
    peer:send("eval", "while true do end")
    target.sleep(0.1)
    peer:close()
    assert.equal("1\n", target.connect(path):eval "1")
  end))

  it("ends at the limit", inside(function()
    local peer = connected(LOOP, "{ limit = 0.2, log = false }")
    local answer = peer:ask("eval", "while true do end")
    assert.is_false(answer.ok)
    assert.truthy(answer.error:find "longer than the limit")
    assert.truthy(answer.paused_ms >= 200 and answer.paused_ms < 5000)
  end))

  it("does not hold the program up where nobody reads what it prints", inside(function()
    local peer, _, path = connected()
    local from = target.now()
    peer:send("eval", "local s = ('x'):rep(1000) while true do print(s) end")
    target.sleep(0.1)
    assert.equal("1\n", target.connect(path):eval "1")
    assert.truthy(target.now() - from < 5)
    while peer:frame() do end -- the connection has ended
  end))

  it("may run out of memory", inside(function()
    local _, path = target.embedded("limited",
      "function work() local i = 0 while true do i = i + 1 end end")
    local peer = target.connect(path)
    local answer = peer:ask("eval", "local t = {} for i = 1, math.huge do t[i] = {i} end")
    assert.is_false(answer.ok)
    assert.truthy(answer.error:find "not enough memory")
    answer = peer:ask("eval", "('x'):rep(1e8)")
    assert.truthy(answer.error:find "not enough memory")
    assert.equal("1\n", peer:eval "1")
    assert.is_true(peer:ask "heap".ok)
  end))

  it("may keep a snapshot where the program has hardly any memory left", inside(function()
    local program, path = target.embedded("limited", [[
      local full = {}
      function work()
        while collectgarbage "count" < 8000 do full[#full + 1] = {} end
        print "full"
        while true do end
      end
    ]])
    program:expect "full\n"
    local peer = target.connect(path)
    peer:eval "h = hp.heap()"
    assert.matches("^Partition of a set", peer:eval "h")
  end))

  it("is told how to go on in the console, where there is one", inside(function()
    local lines = "%d+ more rows"
    local peer = connected()
    assert.matches("<" .. lines .. "%. Type e%.g%. '_%.more' to view%.>\n$",
      peer:eval "hp.heap().bysize")
    assert.matches("^ Index", peer:eval "_.more")
    for _, code in ipairs { "print(hp.heap().bysize)", "1, hp.heap().bysize",
      "hp.heap().bysize, 1", "tostring(hp.heap().bysize)" } do
      assert.matches("<" .. lines .. "%.>", peer:eval(code))
    end
    assert.matches("<" .. lines .. "%.>\n", peer:ask "heap".out)
  end))

  it("may fill the memory of the whole process #noasan #novalgrind", inside(function()
    for _, limit in ipairs { 100000, 120000, 133000, 151000 } do
      local script = target.script("while true do local t = {} for i = 1, 100 do t[i] = i end end")
      local _, path = target.start { "sh", "-c",
        ("ulimit -v %d; exec '%s' '%s'"):format(limit, support.lua, script) }
      local peer = target.connect(path)
      peer:eval "kept = 1"
      for _, code in ipairs { "t = {} while true do t = {t} end",
        "t = {} for i = 1, math.huge do t[i] = {i} end" } do
        local answer = peer:ask("eval", code)
        assert.is_false(answer.ok)
        assert.equal("not enough memory: this console's variables were let go, "
          .. "for the program's sake", answer.error)
        assert.equal("nil\tnil\n", peer:eval "t, kept")
      end
      local answer = peer:ask("eval", "kept = 1 error('not enough memory')")
      assert.matches("^console:1: not enough memory", answer.error)
      assert.equal("1\n", peer:eval "kept")
    end
  end))

  local TRACKED = "require('heapy').track()"

  it("may fill the memory and catch the error #noasan #novalgrind", inside(function()
    local script = target.script [[
      while true do local t = {} for i = 1, 100 do t[i] = ("x"):rep(1000) .. i end end ]]
    for _, before in ipairs { "", TRACKED } do
      for _, code in ipairs { "t = {} pcall(function() for i = 1, math.huge do t[i] = {} end end)",
        "t = {} pcall(function() for i = 1, math.huge do t[i] = ('x'):rep(1e5) .. i end end)",
        "t = coroutine.create(function() local t = {} for i = 1, math.huge do t[i] = {} end end) "
          .. "coroutine.resume(t)",
        "t = {} pcall(function() while true do t[#t + 1] = hp.heap() end end)" } do
        local program, path = target.start { "sh", "-c",
          ("ulimit -v 150000; exec '%s' '%s'"):format(support.lua, script) }
        local peer = target.connect(path)
        peer:eval(before)
        local answer = peer:ask("eval", code)
        assert.is_false(answer.ok)
        assert.equal("not enough memory: this console's variables were let go, "
          .. "for the program's sake", answer.error)
        target.sleep(0.2) -- thousands of rounds
        assert.is_nil(program.status)
        assert.equal("nil\n", peer:eval "t")
        answer = peer:ask("eval",
          "pcall(function() local t = {} for i = 1, math.huge do t[i] = {} end end)")
        assert.matches("not enough memory", answer.ok and answer.out or answer.error)
        peer:eval "t = {} for i = 1, 1e5 do t[i] = {} end" -- some 8 MB: there is room
        assert.equal("100000\n", peer:eval "#t")
      end
    end
  end))

  it("may run out of memory where the program has taken away what collects it", inside(function()
    local peer = connected(LOOP, nil, "collectgarbage = nil")
    peer:eval "kept = 1"
    local answer = peer:ask("eval", "error('not enough memory', 0)") -- as the VM raises it
    assert.equal("not enough memory: this console's variables were let go, "
      .. "for the program's sake", answer.error)
    assert.equal("nil\n", peer:eval "kept")
  end))

  it("is answered where there is no memory for what it says", inside(function()
    local program, path = target.lua([[
      while true do
        if failing then core.fail(0) failing = nil print "over" end
      end
    ]], nil, { "LUA_CPATH=" .. target.testing }, "core = require 'heapy.core'")
    local peer = target.connect(path)
    local starved = 0
    for n = 1, 60 do
      for _, request in ipairs { n, -n } do
        local answer = assert(peer:ask("eval", ("_G.failing = true core.fail(%d) "
          .. "for i = 1, 30 do print(('x'):rep(1000)) end"):format(request)))
        program:expect "over"
        if answer.ok then
          assert.equal(30 * 1001, #answer.out)
        else
          assert.matches("^not enough memory", answer.error)
          starved = starved + 1
        end
      end
    end
    assert.truthy(starved > 5 and starved < 120, starved)
  end))

  it("may end the program", inside(function()
    for _, code in ipairs { "os.exit(3)", "os.exit(3, true)" } do
      local peer, program, path = connected()
      peer:send("eval", code)
      while peer:frame() do end
      program:ends(3)
      assert.is_nil(io.open(path))
    end
  end))
end)
