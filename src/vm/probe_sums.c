/* The proof's fourth part: sizes. What was made in the scratch state since a
** mark sums to what the count has grown by; everything in it, to the count. */
#include "probe_parts.h"
#include "size.h"

#define OBJECTS_MAX 4096 /* in a scratch state, before a list is taken for a wild one */

static hp_Mark mark(hp_Probe *p) {
  hp_Mark m;
  const char *g = hp_probe_look(p);
  m.head = hp_g_allgc(g);
  m.total = hp_g_total(g);
  m.main = hp_probe_size(p, p->vm.main);
  m.buckets = sizeof(void *) * (size_t)hp_g_string_table_size(g);
  return m;
}

void hp_probe_mark(hp_Probe *p) { p->mark = mark(p); }

/* Bytes of the objects on a list, up to 'end'. */
static size_t sum(hp_Probe *p, const char *o, const char *end) {
  size_t bytes = 0;
  int n;
  for (n = 0; p->ok && o != end && n < OBJECTS_MAX; n++) {
    bytes += hp_probe_size(p, o);
    hp_probe_read(p, o, &o, sizeof o);
  }
  hp_probe_must(p, o == end);
  return bytes;
}

void hp_probe_growth(hp_Probe *p) {
  const hp_Mark was = p->mark, now = mark(p);
  size_t made = sum(p, now.head, was.head);
  made += now.main - was.main + now.buckets - was.buckets;
  hp_probe_must(p, now.total - was.total == (int64_t)made);
}

void hp_probe_total(hp_Probe *p) {
  const char *g = hp_probe_look(p);
  hp_Vm seen = p->vm;
  size_t bytes;
  seen.g = g;
  bytes = hp_vm_internals_size(&seen);
  bytes += sum(p, hp_g_allgc(g), NULL) + sum(p, hp_g_finobj(g), NULL);
  bytes += sum(p, hp_g_tobefnz(g), NULL) + sum(p, hp_g_fixedgc(g), NULL);
  hp_probe_must(p, hp_g_total(g) == (int64_t)bytes);
  hp_probe_must(p, p->scratch.live == bytes);
}
