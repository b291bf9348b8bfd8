-- Which module an object is counted to.

local hp = require "heapy"
local name_of = dofile "spec/graph/name.lua"
local support = dofile "spec/kinds/support.lua"
local methods, module, run = support.methods, support.module, support.run

after_each(support.unload)

describe("bymodule", function()
  local function module_of(object)
    local h <close> = hp.heap()
    return name_of(h:iso(object).bymodule)
  end

  it("has a class where most of its functions were written", function()
    for i = 1, 20 do
      local made = module("spec_main", "local W = { __name = 'Main' }\n" .. methods(i, 4, "m")
        .. "\nreturn W")
      module("spec_patch", "local W = ...\nlocal M = {}\nfunction M.go() end\n"
        .. methods(i, 3, "p") .. "\nreturn M", made)
      assert.equal("spec_main", module_of(setmetatable({}, made)))
      support.unload()
    end
  end)

  it("has a Penlight class where its own functions were written", function()
    local class = require "pl.class"
    local made = module("spec_jobs", [[
      local class = ...
      local Job = class()
      Job._name = "Spec_job"
      function Job:_init(id) self.id = id end
      function Job:run() return self.id end
      function Job:cancel() return self.id end
      local Urgent = class(Job)
      Urgent._name = "Spec_urgent"
      function Urgent:rush() return self.id end
      return { Job = Job, Urgent = Urgent, go = function() end }
    ]], class)
    for i = 1, 6 do
      class()._name = "Other" .. i -- what the library puts into each class counts less and less
    end
    assert.equal("spec_jobs", module_of(made.Job(1)))
    assert.equal("spec_jobs", module_of(made.Urgent(1)))
  end)

  it("has a chunk by the module that its path names", function()
    local made = module("spec_path.deep", "return { go = function() end, more = function() end }")
    package.loaded.a = { made.go, one = made.go, two = made.more, three = function() end }
    package.loaded.deep = made.go
    local found = module_of(made.go)
    package.loaded.a, package.loaded.deep = nil, nil
    assert.equal("spec_path.deep", found)
  end)

  it("has the chunk of a module without functions by its path", function()
    local made = module("spec_path", "return { Thing = { go = function() end } }")
    assert.equal("spec_path", module_of(made.Thing.go))
  end)

  it("has the chunk of a module that is but called by its path", function()
    local made = module("spec_path", [[
      local M = { version = "1" }
      local function deep() return { go = function() end } end
      return setmetatable(M, { __call = function() return deep() end })
    ]])
    assert.equal("spec_path", module_of(made().go))
  end)

  it("knows init files, and names with slashes", function()
    local one = run("/usr/share/lua/5.4/spec_dir/init.lua", "return { go = function() end }")
    local two = run("./src/spec_dir/sub/file.lua", "return { go = function() end }")
    package.loaded.spec_dir, package.loaded["spec_dir/sub/file"] = one, two
    local a, b = module_of(one.go), module_of(two.go)
    package.loaded.spec_dir, package.loaded["spec_dir/sub/file"] = nil, nil
    assert.same({ "spec_dir", "spec_dir/sub/file" }, { a, b })
  end)

  it("does not take a file for a library in C of the same name", function()
    assert.equal("some/string.lua", module_of(run("some/string.lua", "return function() end")))
  end)

  it("gives a chunk that two modules took over to the one that has more of it", function()
    for i = 1, 20 do
      local made = run("other/place.lua", "local W = {}\n" .. methods(i, 5, "m") .. "\nreturn W")
      local part, any = {}, next(made)
      part[any] = made[any]
      package.loaded.a_part, package.loaded.the_whole = part, made
      local found = module_of(made[any])
      package.loaded.a_part, package.loaded.the_whole = nil, nil
      assert.equal("the_whole", found)
    end
  end)
end)
