/* Names kept once: see names.h. */
#include "names.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void hp_names_free(hp_Names *names) {
  hp_vec_free(&names->text);
  hp_vec_free(&names->at);
  hp_delete(names->slots, names->nslots);
  names->slots = NULL;
  names->nslots = 0;
}

size_t hp_names_bytes(const hp_Names *names) {
  return hp_vec_bytes(&names->text) + hp_vec_bytes(&names->at) +
         names->nslots * sizeof *names->slots;
}

static uint32_t hash_of(const char *s) { /* FNV-1a */
  uint32_t h = 2166136261u;
  for (; *s != '\0'; s++) h = (h ^ (unsigned char)*s) * 16777619u;
  return h;
}

static size_t slot_of(const hp_Names *names, const char *s) {
  size_t at = hash_of(s) & (names->nslots - 1);
  while (names->slots[at] != 0 && strcmp(hp_names_get(names, names->slots[at] - 1), s) != 0)
    at = (at + 1) & (names->nslots - 1);
  return at;
}

uint32_t hp_names_find(const hp_Names *names, const char *s) {
  return names->nslots == 0 ? UINT32_MAX : names->slots[slot_of(names, s)] - 1;
}

static int grow(hp_Names *names) {
  hp_Names new = *names;
  uint32_t i;
  new.nslots = names->nslots > 0 ? names->nslots * 2 : 64;
  new.slots = hp_new(uint32_t, new.nslots);
  if (new.slots == NULL) return HP_ENOMEM;
  for (i = 0; i < hp_names_count(names); i++)
    new.slots[slot_of(&new, hp_names_get(names, i))] = i + 1;
  hp_delete(names->slots, names->nslots);
  *names = new;
  return HP_OK;
}

int hp_names_intern(hp_Names *names, const char *s, uint32_t *number) {
  size_t slot, n = strlen(s) + 1;
  if (names->at.n * 2 >= names->nslots && grow(names) != HP_OK) return HP_ENOMEM;
  slot = slot_of(names, s);
  if (names->slots[slot] == 0) {
    if (hp_vec_reserve(&names->at, 1) != HP_OK || hp_vec_reserve(&names->text, n) != HP_OK)
      return HP_ENOMEM;
    if (names->text.n + n > UINT32_MAX) return HP_ELIMIT;
    names->at.at[names->at.n++] = (uint32_t)names->text.n;
    memcpy(names->text.at + names->text.n, s, n);
    names->text.n += n;
    names->slots[slot] = (uint32_t)names->at.n;
  }
  *number = names->slots[slot] - 1;
  return HP_OK;
}

static void add_plain(hp_Name *name, const char *s, size_t n) {
  size_t room = HP_NAME_MAX - 1 - name->n;
  if (n > room) n = room;
  memcpy(name->s + name->n, s, n);
  name->n += n;
  name->s[name->n] = '\0';
}

void hp_name_addn(hp_Name *name, const char *s, size_t n) {
  const char *zero;
  while (n > 0 && (zero = memchr(s, '\0', n)) != NULL) {
    add_plain(name, s, (size_t)(zero - s));
    add_plain(name, "\\0", 2);
    n -= (size_t)(zero - s) + 1;
    s = zero + 1;
  }
  add_plain(name, s, n);
}

void hp_name_add(hp_Name *name, const char *s) { hp_name_addn(name, s, strlen(s)); }

void hp_name_set(hp_Name *name, const char *s) {
  name->n = 0;
  hp_name_add(name, s);
}

void hp_name_addf(hp_Name *name, const char *format, ...) {
  char piece[256];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(piece, sizeof piece, format, args);
  va_end(args);
  hp_name_add(name, piece);
}
