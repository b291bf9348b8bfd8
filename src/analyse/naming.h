/* Naming classes: the rules, step by step, for class.c alone. */
#ifndef HP_NAMING_H
#define HP_NAMING_H

#include "class.h"

/* The rules of class.h in finer steps: the tens are those of there. */
enum {
  HP_RULE_STRING = 10,
  HP_RULE_LIBRARY = 20,
  HP_RULE_MODULE = 30,
  HP_RULE_FIELD = 31,       /* of a module; by weight, which is how much of it that wrote */
  HP_RULE_GLOBAL = 40,
  HP_RULE_ENVIRONMENT = 41,
  HP_RULE_OWN_UPVALUE = 50, /* of a function of the class, by who wrote most of it */
  HP_RULE_UPVALUE = 51,     /* of another function of a chunk that wrote some of the class */
  HP_RULE_LOCAL = 52,       /* of such a chunk itself */
  HP_RULE_ANY_UPVALUE = 53, /* where nothing is known to have written it */
  HP_RULE_ANY_LOCAL = 54,
  HP_RULE_OWN_SHARED = 55,  /* of a function of the class, by another; or by what makes classes:
                               by weight, where the class's own functions are comes before that */
  HP_RULE_METHOD = 60,
  HP_RULE_ADDRESS = 70
};

typedef struct hp_Naming {
  hp_Classes *classes;
  const hp_Graph *g;
} hp_Naming;

/* A name for the class 'id', if it is one: the class takes it if it has none by an
** earlier rule; by the same rule the heavier name, the shorter, the first in the alphabet. */
int hp_naming_offer(hp_Naming *w, uint32_t id, const char *name, int rule, uint32_t weight);

/* May the one table say what the other is? Garbage says nothing of what is alive: the
** collector would change that. */
int hp_naming_may_tell(const hp_Graph *g, uint32_t from, uint32_t of);

/* Sets *out to the name of a class by one of its methods. */
void hp_naming_place(const hp_Graph *g, uint32_t method, hp_Name *out);

/* The text of a string as part of a name. */
void hp_naming_text(const hp_Graph *g, uint32_t string, hp_Name *out);

int hp_naming_by_fields(hp_Naming *w);       /* rules 1 and 2 */
int hp_naming_by_modules(hp_Naming *w);      /* 3 */
int hp_naming_by_globals(hp_Naming *w);      /* 4 */
int hp_naming_by_environments(hp_Naming *w);
int hp_naming_by_variables(hp_Naming *w);    /* 5 */
void hp_naming_by_twins(hp_Naming *w);
int hp_naming_the_rest(hp_Naming *w);        /* 6 and 7 */

/* middleclass: a class keeps what its instances have as metatable under
** __instanceDict (__classDict before version 3), beside its name. HP_NONE: none. */
uint32_t hp_naming_middleclass(const hp_Graph *g, uint32_t id);

#endif
