# heapy: one C module for Lua 5.4 and the Lua files beside it. "make help" lists what there is.

LUA ?= lua5.4
BUILD ?= build
CC ?= cc
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
DESTDIR ?=
DEPS ?=
ARGS ?=
SPECS ?= $(filter-out spec/fault/%,$(ALL_SPECS))
FAULT_SPECS ?= $(filter spec/fault/%,$(ALL_SPECS))

# Lua's headers: LUA_INCDIR=/where/lua.h/is, or what pkg-config knows under the names in use.
LUA_NAMES := lua5.4 lua-5.4 lua54
ifdef LUA_INCDIR
LUA_CFLAGS := -I'$(LUA_INCDIR)'
else
LUA_CFLAGS := $(shell for n in $(LUA_NAMES); do pkg-config --cflags $$n 2>/dev/null && break; done)
endif

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
HP_CFLAGS := -std=c11 -fPIC -fvisibility=hidden -pthread -D_GNU_SOURCE -Isrc $(LUA_CFLAGS) $(WARNINGS)
# nodelete: a leak is reported when the interpreter has already closed the module.
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer -Wl,-z,nodelete

# Two modules: what a target loads, and what the monitor needs of the system.
CLIENT_SOURCES := $(sort $(wildcard src/client/*.c))
SOURCES := $(filter-out $(CLIENT_SOURCES),$(sort $(wildcard src/*/*.c)))
LUA_FILES := $(sort $(shell cd lua 2>/dev/null && find . -name '*.lua' | cut -c3-))
ALL_SPECS := $(sort $(shell find spec -name '*_spec.lua' ! -path 'spec/hosts/*' 2>/dev/null))
SCRIPTS := $(sort $(wildcard .ci/deps .ci/run spec/*/run spec/*/*.sh))

# The probe alone, for its own specs: a second module, in the trees made for testing.
PROBE := $(wildcard spec/probe/probe_smoke.c)
PROBE_SOURCES := $(if $(PROBE),src/base/descriptor.c src/base/mem.c $(sort $(wildcard src/vm/*.c)) $(PROBE))

# States with an allocator that keeps books, for the specs; it has no part of heapy in it. And a
# program that embeds Lua, where the library is there to be linked.
TRUTH := $(wildcard spec/truth/truth.c spec/truth/wrapper.c)
ifndef LUA_INCDIR
LUA_LIBS := $(shell for n in $(LUA_NAMES); do pkg-config --libs $$n 2>/dev/null && break; done)
HOST := $(if $(LUA_LIBS),$(wildcard spec/truth/host.c))
TARGET_HOST := $(if $(LUA_LIBS),$(wildcard spec/remote/target_host.c))
DETOUR := $(if $(LUA_LIBS),$(wildcard spec/remote/detour.c) src/lua/detour.c)
FIRST := $(if $(LUA_LIBS),$(wildcard spec/track/first.c))
endif

# Bytes that are looked for, by vectors and without.
BYTES := $(wildcard spec/graph/bytes.c)

# Programs at the other end of a pseudo-terminal or a pipe, for the specs of the monitor.
PROCESS := $(wildcard spec/remote/process.c)

# What the monitor's end does with bytes from anywhere: alone, to be fed with them.
FUZZ := $(wildcard spec/remote/fuzz.c)
FUZZ_SOURCES := $(FUZZ) $(addprefix src/,base/mem.c remote/frame.c remote/json.c remote/request.c \
  remote/quote.c base/text.c)

export LUA LUA_INCDIR CC
MAKEFLAGS += --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:

all: $(BUILD)/lib/heapy/core.so $(BUILD)/lib/heapy/client.so $(BUILD)/bin/heapy ## build the module into build/lib, the command into build/bin (the default)

help: ## this list
	@echo "Targets:"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' Makefile | \
	  while IFS='|' read -r name text; do printf '%-12s %s\n' "$$name" "$$text"; done
	@echo "Variables:"
	@echo "  LUA=$(LUA)  the interpreter that runs things;  LUA_INCDIR=  where its headers are"
	@echo "  CC=$(CC)  CFLAGS=$(CFLAGS)  PREFIX=$(PREFIX)  DESTDIR=$(DESTDIR)"
	@echo "  SPECS='spec/x_spec.lua ...'  ARGS='--filter=... -t ...'  for test, asan and valgrind"

# ---- the module, built in three ways ---------------------------------------------------------
# build/lib      what is installed
# build/testing  with HP_TESTING: allocations can be made to fail
# build/asan     the same, with the address and undefined-behaviour sanitizers

# $(call tree,DIRECTORY,FLAGS)
define tree
$(1)_OBJECTS := $$(SOURCES:src/%.c=$(BUILD)/$(1)/obj/%.o)
$(1)_CLIENT_OBJECTS := $$(CLIENT_SOURCES:src/%.c=$(BUILD)/$(1)/obj/%.o)
$(1)_PROBE_OBJECTS := $$(patsubst %.c,$(BUILD)/$(1)/probe/%.o,$$(PROBE_SOURCES))
$(1)_FLAGS := $$(HP_CFLAGS) $$(CFLAGS) $$(CPPFLAGS) $(2)

$(BUILD)/$(1)/heapy/core.so: $$($(1)_OBJECTS) $(BUILD)/$(1)/flags
	@mkdir -p $$(@D)
	$$(CC) -shared -pthread $(2) $$(LDFLAGS) -o $$@ $$($(1)_OBJECTS) -ldl -lm

$(BUILD)/$(1)/heapy/client.so: $$($(1)_CLIENT_OBJECTS) $(BUILD)/$(1)/flags
	@mkdir -p $$(@D)
	$$(CC) -shared $(2) $$(LDFLAGS) -o $$@ $$($(1)_CLIENT_OBJECTS) -ldl

$(BUILD)/$(1)/heapy_process.so: $$(PROCESS) $(BUILD)/$(1)/flags | headers
	$$(CC) $$($(1)_FLAGS) -shared -o $$@ $$(PROCESS) -lutil

$(BUILD)/$(1)/heapy_probe.so: $$($(1)_PROBE_OBJECTS) $(BUILD)/$(1)/flags
	$$(CC) -shared -pthread $(2) $$(LDFLAGS) -o $$@ $$($(1)_PROBE_OBJECTS)

$(BUILD)/$(1)/heapy_truth.so: $$(TRUTH) $(BUILD)/$(1)/flags | headers
	$$(CC) $$($(1)_FLAGS) -shared -o $$@ $$(TRUTH)

$(BUILD)/$(1)/heapy_bytes.so: $$(BYTES) src/base/bytes.h $(BUILD)/$(1)/flags | headers
	$$(CC) $$($(1)_FLAGS) -shared -o $$@ $$(BYTES)

# Not to be moved about by the loader: then its heap begins near the bottom of the address space.
$(BUILD)/$(1)/host: $$(HOST) $(BUILD)/$(1)/flags | headers
	$$(CC) $$($(1)_FLAGS) -no-pie -o $$@ $$(HOST) $$(LUA_LIBS)

$(BUILD)/$(1)/target_host: $$(TARGET_HOST) $(BUILD)/$(1)/flags | headers
	$$(CC) $$($(1)_FLAGS) -o $$@ $$(TARGET_HOST) $$(LUA_LIBS)

$(BUILD)/$(1)/detour: $$(DETOUR) $(BUILD)/$(1)/flags | headers
	$$(CC) $$($(1)_FLAGS) -o $$@ $$(DETOUR) $$(LUA_LIBS)

# This one has the core in it.
$(BUILD)/$(1)/first: $$(FIRST) $$($(1)_OBJECTS) $(BUILD)/$(1)/flags | headers
	$$(CC) $$($(1)_FLAGS) -o $$@ $$(FIRST) $$($(1)_OBJECTS) $$(LUA_LIBS) -ldl -lm

$(BUILD)/$(1)/fuzz: $$(FUZZ_SOURCES) $(BUILD)/$(1)/flags | headers
	$$(CC) $$($(1)_FLAGS) -o $$@ $$(FUZZ_SOURCES)

$(BUILD)/$(1)/obj/%.o: src/%.c $(BUILD)/$(1)/flags | headers
	@mkdir -p $$(@D)
	$$(CC) $$($(1)_FLAGS) -MMD -MP -c -o $$@ $$<

$(BUILD)/$(1)/probe/%.o: %.c $(BUILD)/$(1)/flags | headers
	@mkdir -p $$(@D)
	$$(CC) $$($(1)_FLAGS) -MMD -MP -c -o $$@ $$<

# Changes when the compiler, a flag or the list of sources does, and only then.
$(BUILD)/$(1)/flags: FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' "$$(CC) $$($(1)_FLAGS) $$(LDFLAGS)" "$$(SOURCES) $$(CLIENT_SOURCES) $$(PROBE_SOURCES)" | \
	  cmp -s - $$@ || printf '%s\n' "$$(CC) $$($(1)_FLAGS) $$(LDFLAGS)" \
	  "$$(SOURCES) $$(CLIENT_SOURCES) $$(PROBE_SOURCES)" >$$@

-include $$($(1)_OBJECTS:.o=.d) $$($(1)_CLIENT_OBJECTS:.o=.d) $$($(1)_PROBE_OBJECTS:.o=.d)
endef

$(eval $(call tree,lib,))
$(eval $(call tree,testing,-DHP_TESTING))
$(eval $(call tree,asan,-DHP_TESTING $(SANITIZE)))

# $(call helpers,TREE): what the specs need beside the module.
helpers = $(BUILD)/$(1)/heapy/client.so $(if $(PROCESS),$(BUILD)/$(1)/heapy_process.so) \
  $(if $(PROBE),$(BUILD)/$(1)/heapy_probe.so) $(if $(TRUTH),$(BUILD)/$(1)/heapy_truth.so) \
  $(if $(BYTES),$(BUILD)/$(1)/heapy_bytes.so) \
  $(if $(HOST),$(BUILD)/$(1)/host) $(if $(TARGET_HOST),$(BUILD)/$(1)/target_host) \
  $(if $(FIRST),$(BUILD)/$(1)/first) $(if $(DETOUR),$(BUILD)/$(1)/detour) \
  $(if $(FUZZ),$(BUILD)/$(1)/fuzz)

# The command, for the interpreter that was named.
$(BUILD)/bin/heapy: lua/bin/heapy FORCE
	@mkdir -p $(@D)
	@sed '1s|lua5\.4|$(LUA)|' $< | cmp -s - $@ || { sed '1s|lua5\.4|$(LUA)|' $< >$@ && chmod 755 $@; }

testing: $(BUILD)/testing/heapy/core.so $(call helpers,testing) ## build the module for tests of failing allocations

headers:
	@echo '#include <lua.h>' | $(CC) -E $(HP_CFLAGS) - >/dev/null 2>&1 || \
	  { echo "The headers of Lua 5.4 are not found: run 'make deps', or give LUA_INCDIR=DIR." >&2; exit 1; }

FORCE:

# ---- running in place ------------------------------------------------------------------------

# Prints sh lines for LUA_PATH, LUA_CPATH and PATH. What the user has set stays, behind ours;
# Lua prefers LUA_PATH_5_4 where that is set, so then it is that one which changes.
TREES ?= lib
env: ## print the lines that let Lua find this tree: eval "$(make -s env)"
	@quote() { printf '%s' "$$1" | sed "s/'/'\\\\''/g"; }; \
	here=$$(quote "$$(pwd)"); \
	case "$(BUILD)" in /*) built="$(BUILD)" ;; *) built="$$here/$(BUILD)" ;; esac; \
	front() { \
	  name=$$1; eval "old=\$$$${1}_5_4"; \
	  if [ -n "$$old" ]; then name=$${1}_5_4; else eval "old=\$$$$name"; fi; \
	  old=$$(quote "$${old:-;}"); \
	  case $$old in "$$2"*) ;; *) old="$$2;$$old" ;; esac; \
	  printf "export %s='%s'\n" "$$name" "$$old"; }; \
	front LUA_PATH "$$here/lua/?.lua;$$here/lua/?/init.lua"; \
	cpath=; for tree in $(TREES); do cpath="$$cpath;$$built/$$tree/?.so"; done; \
	front LUA_CPATH "$${cpath#;}"; \
	printf "export PATH='%s'\":\$$PATH\"\n" "$$built/bin"

# $(call inside,TREE ...): the shell from here on finds the modules of these trees.
inside = eval "$$(MAKEFLAGS= $(MAKE) -s env TREES='$(1)')"

demo: ## watch a leak being found, in a small sync daemon: from within, then from another terminal
	@.ci/deps run demo
	@$(MAKE) -s all
	@$(call inside,lib) && $(LUA) spec/examples/leakhunt.lua && echo && \
	  $(LUA) spec/examples/attach.lua

# ---- checking --------------------------------------------------------------------------------
# Specs run in one process and see build/lib; those under spec/fault see build/testing.
# A tag in the name of a spec leaves it out of a run: #noasan where the sanitizers' slowness or
# their allocator would spoil it, #novalgrind likewise (memcheck is some thirty times slower).

busted = $(LUA) spec/run.lua $(ARGS)

, := ,
# $(call by_directory,COMMAND,SPECS): a process for each directory, as many specs look at all of its
# heap; a shell command that sets rc.
by_directory = $(foreach dir,$(sort $(dir $(2))),$(1) $(filter $(dir)%,$(2)) || rc=1;)

test: ## install what is missing for it, build, and run all specs
	@.ci/deps run test
	@$(MAKE) all testing
	@$(MAKE) specs

# Without the installing: for a machine that has everything.
specs: all testing
	@rc=0; \
	{ $(call inside,lib testing) && { $(call by_directory,$(busted),$(SPECS)) }; } || rc=1; \
	if [ -n "$(FAULT_SPECS)" ]; then \
	  { $(call inside,testing) && $(busted) $(FAULT_SPECS); } || rc=1; \
	fi; exit $$rc

asan: ## the specs under the address and undefined-behaviour sanitizers
	@.ci/deps run test memory
	@$(MAKE) $(BUILD)/asan/heapy/core.so $(call helpers,asan)
	@$(call inside,asan) && \
	  export ASAN_OPTIONS=halt_on_error=1:detect_leaks=1:allocator_may_return_null=1:detect_stack_use_after_return=1 \
	  UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
	  LD_PRELOAD="$$(readlink -f "$$(gcc -print-file-name=libasan.so)") \
	  $$(readlink -f "$$(gcc -print-file-name=libubsan.so)")"; rc=0; \
	  $(call by_directory,$(busted) --exclude-tags=noasan,$(SPECS)) \
	  if [ -n "$(FAULT_SPECS)" ]; then $(busted) --exclude-tags=noasan $(FAULT_SPECS) || rc=1; fi; \
	  exit $$rc

valgrind: ## the specs under memcheck
	@.ci/deps run test memory
	@$(MAKE) all testing
	@rc=0; memcheck="valgrind -q --error-exitcode=99 --leak-check=full \
	  --show-leak-kinds=definite --errors-for-leak-kinds=definite --keep-debuginfo=yes --num-callers=30"; \
	{ $(call inside,lib testing) && \
	  { $(call by_directory,$$memcheck $(busted) --exclude-tags=noasan$(,)novalgrind,$(SPECS)) }; } || rc=1; \
	if [ -n "$(FAULT_SPECS)" ]; then \
	  { $(call inside,testing) && \
	    $$memcheck $(busted) --exclude-tags=noasan,novalgrind $(FAULT_SPECS); } || rc=1; \
	fi; exit $$rc

# The monitor's thread alone, then with Lua states that are tracked, where the library is there to be
# linked. Without address space layout randomization, of which some kernels have more than it can bear.
RACE_SECONDS ?= 5
RACE = $(BUILD)/tsan/race
TSAN = gcc $(HP_CFLAGS) -O1 -g -fsanitize=thread
tsan: headers ## the monitor's thread, and tracking beside it, under the thread sanitizer
	@.ci/deps run
	@mkdir -p $(BUILD)/tsan
	$(TSAN) -o $(RACE) spec/remote/race.c spec/remote/race_clients.c \
	  $(wildcard src/remote/*.c) $(addprefix src/base/,descriptor.c mem.c text.c)
	$(if $(LUA_LIBS),$(TSAN) -o $(RACE)_vm spec/remote/race_vm.c spec/remote/race_clients.c \
	  $(SOURCES) $(LUA_LIBS) -ldl -lm)
	$(if $(DETOUR),$(TSAN) -o $(BUILD)/tsan/detour $(DETOUR) $(LUA_LIBS))
	@rc=0; dir=$$(mktemp -d) && free="setarch $$(uname -m) -R"; \
	$$free $(RACE) "$$dir" $(RACE_SECONDS) || rc=1; \
	$(if $(DETOUR),$$free $(BUILD)/tsan/detour 1 || rc=1;) \
	$(if $(LUA_LIBS),$(call inside,lib) && \
	  $$free $(RACE)_vm "$$dir" $(RACE_SECONDS) spec/remote/race_vm.lua || rc=1;) \
	rm -rf "$$dir"; exit $$rc

lint: ## look over the sources: luacheck, gcc -fanalyzer, cppcheck, shellcheck, codespell
	@.ci/deps run lint
	@$(MAKE) look

look: headers
	luacheck -q --no-color lua spec rockspec/*.rockspec
	@for file in $(SOURCES) $(CLIENT_SOURCES); do \
	  echo "gcc -fanalyzer $$file"; \
	  gcc $(HP_CFLAGS) -DHP_TESTING -O2 -fanalyzer -Werror -S -o /dev/null $$file || exit 1; \
	done
	cppcheck -q --std=c11 --inline-suppr --enable=warning,portability --error-exitcode=1 -Isrc src
	shellcheck -x $(SCRIPTS)
	codespell -q 3 Makefile README.md CHANGELOG.md .ci src lua spec rockspec

matrix: all ## the specs on every release of Lua 5.4 that can be had
	spec/matrix/run test

hosts: ## programs nobody here wrote, from Debian, with heapy in them, under load
	@.ci/deps run test
	@spec/hosts/run test

bench: all testing ## time and memory, beside one full collection of the same heap
	@$(call inside,lib) && $(LUA) spec/bench/run.lua $(or $(ARGS),--write)
	@$(call inside,lib testing) && $(LUA) spec/bench/tracking.lua $(or $(ARGS),--write)

# ---- installing ------------------------------------------------------------------------------

SHARE := share/lua/5.4
LIB := lib/lua/5.4

install: all ## copy the module to $(DESTDIR)$(PREFIX)
	@for file in $(LUA_FILES); do \
	  install -D -m 644 "lua/$$file" "$(DESTDIR)$(PREFIX)/$(SHARE)/$$file" || exit 1; \
	done
	install -D -m 755 $(BUILD)/lib/heapy/core.so "$(DESTDIR)$(PREFIX)/$(LIB)/heapy/core.so"
	install -D -m 755 $(BUILD)/lib/heapy/client.so "$(DESTDIR)$(PREFIX)/$(LIB)/heapy/client.so"
	install -D -m 755 $(BUILD)/bin/heapy "$(DESTDIR)$(PREFIX)/bin/heapy"

uninstall: ## remove what install put there
	@for file in $(LUA_FILES); do rm -f "$(DESTDIR)$(PREFIX)/$(SHARE)/$$file"; done
	rm -f "$(DESTDIR)$(PREFIX)/$(LIB)/heapy/core.so" "$(DESTDIR)$(PREFIX)/$(LIB)/heapy/client.so" \
	  "$(DESTDIR)$(PREFIX)/bin/heapy"
	@for dir in "$(DESTDIR)$(PREFIX)/$(SHARE)/heapy" "$(DESTDIR)$(PREFIX)/$(LIB)/heapy"; do \
	  if [ -d "$$dir" ]; then find "$$dir" -depth -type d -empty -delete; fi; \
	done

rockspec: ## bring the lists of files in the rockspec up to date
	@$(LUA) spec/project/rockspec.lua

deps: ## install what is missing (with apt): run, demo, test, lint, memory, rocks; DEPS= for some
	@.ci/deps $(DEPS)

clean: ## remove what was built
	rm -rf $(BUILD) heapy $(SOURCES:.c=.o) $(CLIENT_SOURCES:.c=.o)

.PHONY: all help testing headers FORCE env demo test specs asan valgrind tsan lint look matrix hosts bench \
  install uninstall rockspec deps clean
