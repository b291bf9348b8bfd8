/* Which tables are classes, and what they are called.
**
** A class is a table used as a metatable, or as the __index of one, or registered to be one by a C
** library, or what middleclass makes. Its name is found in the graph alone, so no metamethod can
** run, by the first rule that gives one:
**   1 a string __name in the metatable
**   2 what a class library wrote down (recognised by the library's shape)
**   3 the module that it is, or module.Field
**   4 a global, or one of the environment that its functions have instead of the globals
**   5 the upvalue by which functions know it, or a local of its main chunk, as file.lua:Name;
**     last of these the variable of a function that makes classes, unless several have it: then
**     they are (class at file.lua:line), by their own functions
**   6 (class at file.lua:line), by its first method
**   7 its address; more than HP_CLASSES_MAX of those are "(more classes)", all of them
**
** Names do not depend on the order of hash tables, nor on what happens to be on the stack. */
#ifndef HP_CLASS_H
#define HP_CLASS_H

#include "base/names.h"
#include "base/ranked.h"
#include "heap/graph.h"
#include "module.h"
#include "writer.h"

#define HP_CLASSES_MAX 1000

typedef struct hp_Class {
  uint32_t id;     /* the table */
  uint32_t index;  /* its own __index if that is a table, or HP_NONE */
  uint32_t name;   /* number in names, or HP_NONE while unnamed */
  uint32_t weight; /* of that name, among those by the same rule */
  uint8_t rule;    /* that named it */
  uint8_t meta;    /* it is some object's metatable */
  uint8_t plain;   /* a metatable that makes no class: no __index, __name nor functions */
  uint8_t written; /* it has functions that no other class has */
  uint8_t fresh;   /* how it was named in the step at hand (naming.c), or 0 */
} hp_Class;

typedef struct hp_Classes {
  HP_VEC(hp_Class) at; /* by id */
  hp_Ranked members; /* their ids: a member's rank is its place in 'at' */
  hp_Names names;
  hp_Modules modules;
  hp_Writers writers; /* of the classes */
  uint32_t registry, globals, loaded; /* ids, or HP_NONE */
} hp_Classes;

int hp_classes_find(hp_Classes *classes, const hp_Graph *g);
void hp_classes_free(hp_Classes *classes);
size_t hp_classes_bytes(const hp_Classes *classes);

/* The class that is this table, or NULL. */
hp_Class *hp_class_of(const hp_Classes *classes, uint32_t id);

/* The name of the instances of metatable 'id': its own, or its __index's where
** an earlier rule gave that. HP_NONE if the metatable makes no class. */
uint32_t hp_class_instance_name(const hp_Classes *classes, uint32_t id);

#endif
