/* Lua states with heapy's core in them, tracked and watched at once, each in an OS thread,
** and clients that ask, for the thread sanitizer: "make tsan". Lua itself is the system's,
** and is not looked at; all of the core is.
**
**   race_vm DIRECTORY SECONDS SCRIPT
**
** The script is called in each state, as often as there is time, with the directory, the
** number of the round, and a function that says whether it is over. */
#include "base/mem.h"
#include "race_clients.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define VMS 2
#define CLIENTS 4

int luaopen_heapy_core(lua_State *L);

static atomic_int rounds, failures;
static const char *script;

static int is_over(lua_State *L) {
  lua_pushboolean(L, atomic_load(&race_clients.over));
  return 1;
}

static int play(lua_State *L) {
  luaL_openlibs(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_heapy_core);
  lua_setfield(L, -2, "heapy.core");
  if (luaL_loadfile(L, script) != LUA_OK) return lua_error(L);
  lua_pushstring(L, race_clients.directory);
  lua_pushinteger(L, atomic_fetch_add(&rounds, 1));
  lua_pushcfunction(L, is_over);
  lua_call(L, 3, 0);
  return 0;
}

static void *vm(void *unused) {
  while (!atomic_load(&race_clients.over)) {
    lua_State *L = luaL_newstate();
    if (L == NULL) exit(2);
    lua_pushcfunction(L, play);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
      fprintf(stderr, "%s\n", lua_tostring(L, -1));
      atomic_fetch_add(&failures, 1);
    }
    lua_close(L);
  }
  return unused;
}

#define EVAL(code) "{\"id\":1,\"do\":\"eval\",\"code\":\"" code "\"}"

static const char *const requests[] = {
    "{\"id\":2,\"do\":\"stat\"}",
    "{\"id\":3,\"do\":\"heap\"}",
    EVAL("hp.sites()"),
    "{\"id\":4,\"do\":\"diff\"}",
    "{\"id\":5,\"do\":\"ping\"}",
    EVAL("hp.heap().bysite"),
    EVAL("for i = 1, 1e9 do t = {i} end"),
    "{\"id\":6,\"do\":\"stat\"}",
    "{\"id\":7,\"do\":\"interrupt\"}",
    EVAL("hp.untrack() return hp.track{frames = 3}"),
    "{\"id\":8,\"do\":\"complete\",\"code\":\"hp.si\"}",
    EVAL("hp.timeline()"),
    "{\"id\":9,\"do\":\"reset\"}",
};

int main(int argc, char **argv) {
  pthread_t threads[VMS + CLIENTS];
  size_t i;
  if (argc < 4) return 2;
  script = argv[3];
  race_clients.directory = argv[1];
  race_clients.states = VMS;
  race_clients.pause = 20000;
  race_clients.requests = requests;
  race_clients.nrequests = sizeof requests / sizeof *requests;
  for (i = 0; i < VMS + CLIENTS; i++)
    if (pthread_create(&threads[i], NULL, i < VMS ? vm : race_client, (void *)i) != 0) return 1;
  race_pause(1000000 * atol(argv[2]));
  atomic_store(&race_clients.over, 1);
  for (i = 0; i < VMS + CLIENTS; i++) (void)pthread_join(threads[i], NULL);
  printf("%d asked, %d answered, %d rounds, %d failed, %zu bytes kept\n",
         atomic_load(&race_clients.asked), atomic_load(&race_clients.answered),
         atomic_load(&rounds), atomic_load(&failures), hp_mem_held());
  return atomic_load(&failures) != 0 || atomic_load(&race_clients.answered) == 0 ||
         hp_mem_held() != 0;
}
