/* Which tables are classes, and what they are called.
**
** A class is a table used as a metatable, or as the __index of one, or what
** middleclass makes. Its name is found in the graph alone, so no metamethod can
** run, by the first rule that gives one:
**   1 a string __name in the metatable
**   2 what a class library wrote down (recognised by the library's shape)
**   3 the module that it is, or module.Field
**   4 a global
**   5 the upvalue or local by which functions know it, as file.lua:Name
**   6 (class at file.lua:line), by its first method
**   7 its address */
#ifndef HP_CLASS_H
#define HP_CLASS_H

#include "heap/graph.h"
#include "base/names.h"

typedef struct hp_Class {
  uint32_t id;    /* the table */
  uint32_t index; /* its own __index if that is a table, or HP_NONE */
  uint32_t name;  /* number in names, or HP_NONE while unnamed */
  uint8_t rule;   /* that named it */
  uint8_t meta;   /* it is some object's metatable */
  uint8_t plain;  /* a metatable that makes no class: it has neither __index, __name nor functions */
} hp_Class;

typedef struct hp_Classes {
  HP_VEC(hp_Class) at; /* by id */
  hp_Names names;
  uint32_t registry, globals, loaded; /* ids, or HP_NONE */
} hp_Classes;

int hp_classes_find(hp_Classes *classes, const hp_Graph *g);
void hp_classes_free(hp_Classes *classes);

/* The class that is this table, or NULL. */
hp_Class *hp_class_of(const hp_Classes *classes, uint32_t id);

/* The name of the instances of metatable 'id': its own, or its __index's where
** an earlier rule gave that. HP_NONE if the metatable makes no class. */
uint32_t hp_class_instance_name(const hp_Classes *classes, uint32_t id);

#endif
