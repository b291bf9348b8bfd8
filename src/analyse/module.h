/* Modules: what package.loaded has, and which of them a chunk is.
**
** A chunk is the module that its path ends with: "@/usr/share/lua/5.4/pl/List.lua" is
** pl.List, "socket/init.lua" is socket, and of several the longest. Else it is the
** module of which it wrote most of the functions. */
#ifndef HP_MODULE_H
#define HP_MODULE_H

#include "base/names.h"
#include "writer.h"

typedef struct hp_Module {
  uint32_t id;  /* the table or function */
  uint32_t key; /* its name, a string: of several the shortest, then the first in the alphabet */
} hp_Module;

/* A module's claim on the chunk that wrote most of it. */
typedef struct hp_Claim {
  uint32_t source, key;
  uint64_t share; /* of the module */
} hp_Claim;

typedef struct hp_Modules {
  HP_VEC(hp_Module) at;     /* by id, each once */
  HP_VEC(hp_Claim) claims;  /* by source, each once */
  hp_Names paths;           /* names, with dots, that a chunk's path may end with */
  HP_VEC(uint32_t) keys;    /* of the modules that have them */
} hp_Modules;

/* 'loaded': package.loaded, or HP_NONE. The globals are no module, though they are there. */
int hp_modules_find(hp_Modules *m, const hp_Graph *g, uint32_t loaded, uint32_t globals);
void hp_modules_free(hp_Modules *m);
size_t hp_modules_bytes(const hp_Modules *m);

/* The name of the module that a chunk is, a string, or HP_NONE. */
uint32_t hp_modules_of(const hp_Modules *m, const hp_Graph *g, uint32_t source);

/* Appends a module's name; one that has no characters is seen as "". */
void hp_module_name(const hp_Graph *g, uint32_t key, hp_Name *out);

#endif
