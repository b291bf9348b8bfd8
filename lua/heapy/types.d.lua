-- luacheck: ignore
---@meta heapy
-- Types of the public API, for editors that read LuaLS annotations. Never loaded at run time.

---@class heapy
---@field doc heapy.Doc
local heapy = {}

---@class heapy.Options
---@field collect? boolean run a full collection first

---A snapshot: the objects reachable now; after `setref` only what was born since.
---@param options? heapy.Options
---@return heapy.Set? set
---@return string? message why this VM cannot be read
function heapy.heap(options) end

---Garbage: the objects that are unreachable but not yet swept away.
---@return heapy.Set? set
---@return string? message why this VM cannot be read
function heapy.heapu() end

---Exactly these values, in a fresh snapshot.
---@param ... table|string|function|userdata|thread
---@return heapy.Set? set
---@return string? message why this VM cannot be read
function heapy.iso(...) end

---From now on `heap` shows only what was born since; `false`: everything again.
---@param on? boolean
---@return true? done
---@return string? message why this VM cannot be read
function heapy.setref(on) end

---@class heapy.TrackOptions
---@field frames? integer callers noted with each site, 1 to 64
---@field sample? integer mean bytes between the objects that are taken
---@field timeline? integer bytes between the points of the timeline
---@field sites? integer how many there may be

---From now on it is noted where each object is made.
---@param options? heapy.TrackOptions
---@return heapy.Tracking? status
---@return string? message why this VM cannot be read
function heapy.track(options) end

---Ends tracking.
---@return boolean was whether there was tracking
---@return string? message where the wrapper stays behind another's
function heapy.untrack() end

---What the tracker is and holds, or nil.
---@return heapy.Tracking?
function heapy.tracking() end

---What was made at each line since tracking began.
---@return heapy.Sites? sites
---@return string? message that tracking is off, or was cut off
function heapy.sites() end

---The heap over time.
---@return heapy.Timeline? timeline
---@return string? message that there is none
function heapy.timeline() end

---@class heapy.Tracking
---@field frames integer
---@field sample integer 0: every object
---@field sites integer
---@field most integer sites that there may be
---@field objects integer
---@field bytes integer of the tracker's own memory
---@field born integer
---@field asked integer bytes
---@field missed integer
---@field foreign integer objects that may be another state's
---@field uncertain integer
---@field others integer Lua states made with this one's allocator
---@field threads boolean
---@field lines boolean
---@field cut boolean
---@field session integer differs with each hp.track()
---@field grown integer bytes asked for that are of no object

---@class heapy.Site
---@field index integer
---@field name string
---@field site string the same
---@field shown string? where other rows have the same name: with the calls that differ
---@field traceback string[]
---@field count integer
---@field size integer
---@field made integer
---@field madesize integer
---@field freed integer
---@field peak integer? nil in a sample, and by line
---@field peaksize integer? nil in a sample, and by line
---@field cumulative integer
---@field error number
---@field sizeerror number

---@class heapy.Sites
---@field [integer] heapy.Site from 0 as printed
---@field byline heapy.Sites a row for each line, whoever called it
---@field count integer
---@field size integer
---@field more heapy.View
---@field all heapy.View
---@operator len: integer
local Sites = {}

---What has come since.
---@param earlier heapy.Sites
---@return heapy.Sites
function Sites:diff(earlier) end

---@class heapy.Timeline
---@field [integer] table<string, integer>
---@field interval integer
---@field sample integer 0: of every object
local Timeline = {}

---The points as comma-separated values.
---@param path? string
---@return string|true? text
---@return string? message why the file cannot be written
function Timeline:csv(path) end
---The monitor, in this terminal: from here into other programs that run.
---@return nil
---@return string? message what it needs and is not there
function heapy.monitor() end

---Prints what there is, or what there is to say of one name.
---@param name? string
function heapy.help(name) end

---@class heapy.MonitorOptions
---@field name? string what the monitor calls the program
---@field dir? string where the socket is to lie
---@field signal? string|integer|boolean what wakes the program's thread; false: nothing
---@field console? boolean false: no code can be run
---@field limit? number seconds that one command may take
---@field log? string|boolean a file that gets a line for each attach; false: none

---What `require "heapy.RM"` gives.
---@class heapy.RM
local RM = {}

---Lets this user's monitors look into the program.
---@param options? heapy.MonitorOptions
---@return string? path of the socket
---@return string? message why it cannot be
function RM.on(options) end

---Ends it.
---@return boolean was whether it was on
function RM.off() end

---Does what monitors wait for, now.
---@return integer commands
function RM.poll() end

---A file descriptor that is readable while a monitor waits for the program.
---@return integer? descriptor
function RM.fd() end

---@class heapy.Doc
---@field [string] string

---@class heapy.Set
---@field [integer] heapy.Set row i, from 0 as printed; from the end where negative
---@field count integer
---@field size integer bytes
---@field kind string? if all objects are of one kind, by the set's classifier
---@field type string? if all objects are of one type
---@field bykind heapy.Set
---@field bytype heapy.Set
---@field bysize heapy.Set
---@field bysource heapy.Set
---@field bymodule heapy.Set
---@field byrcs heapy.Set
---@field byvia heapy.Set
---@field byid heapy.Set
---@field byunity heapy.Set
---@field bysite heapy.Set
---@field bytraceback heapy.Set
---@field byage heapy.Set
---@field site string?
---@field traceback string[]?
---@field referrers heapy.Set
---@field referents heapy.Set
---@field more heapy.View the next rows
---@field all heapy.View all rows
---@field theone any the live value of a set of one, or nil
---@field why string? why `theone` is nil
---@field accounting heapy.Accounting
---@field address integer a set of one
---@field text string? a set of one string: its first bytes
---@field length integer? a set of one string
---@field source string? a set of one function or prototype
---@field line integer? a set of one function or prototype
---@operator len: integer
---@operator bor(heapy.Set): heapy.Set
---@operator band(heapy.Set): heapy.Set
---@operator bxor(heapy.Set): heapy.Set
---@operator sub(heapy.Set): heapy.Set
local Set = {}

---The difference to another set, row by row; also `set.diff(other)`.
---@param other heapy.Set
---@return heapy.Diff
function Set:diff(other) end

---Rows i to j, both included.
---@param i integer
---@param j? integer the last row where left out
---@return heapy.Set
function Set:rows(i, j) end

---Whether a value of the program is in the set.
---@param value table|string|function|userdata|thread
---@return boolean
---@return string? reason
function Set:has(value) end

---@alias heapy.Name string|string[]|fun(name: string): boolean?

---@class heapy.Criteria
---@field kind? heapy.Name
---@field type? heapy.Name
---@field size? integer|integer[]|fun(size: integer): boolean?
---@field source? heapy.Name
---@field module? heapy.Name
---@field rcs? heapy.Name
---@field via? heapy.Name
---@field site? heapy.Name
---@field traceback? heapy.Name
---@field age? heapy.Name
---@field born_after? heapy.Set

---A subset.
---@param criteria heapy.Criteria|fun(node: heapy.Set): boolean?
---@return heapy.Set
function Set:where(criteria) end

---The live values, maybe fewer than `count`.
---@return any[]? values
---@return string? reason
function Set:objects() end

---Exactly these values, in the set's snapshot.
---@param ... table|string|function|userdata|thread
---@return heapy.Set
function Set:iso(...) end

---Frees the snapshot now.
function Set:close() end

---A page prints its rows, and answers as the set (or difference) it is a page of.
---@class heapy.View: heapy.Set

---@class heapy.Accounting
---@field reachable integer
---@field unreachable integer
---@field heapy integer
---@field vm integer
---@field count integer what the VM says it holds
---@field difference integer count less the rest
---@field note string?

---@class heapy.Diff
---@field [integer] heapy.DiffRow from 0 as printed
---@field count integer
---@field size integer bytes
---@field a heapy.Set
---@field b heapy.Set
---@field more heapy.View the next rows
---@field all heapy.View all rows
---@operator len: integer

---@class heapy.DiffRow
---@field index integer
---@field kind string
---@field count integer
---@field size integer bytes
---@field a heapy.Set?
---@field b heapy.Set?

return heapy
