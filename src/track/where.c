/* From the calls of the running thread to a site: see track.h.
**
** First the calls are taken down as words, one for each Lua function: its pc, which is
** as good as the function's name as long as its prototype lives. What these words mean
** is looked up in a small table; only what is not there is resolved: lines, file and
** names are read from the VM, and the site is found by what they say. When a prototype
** goes that has been resolved, the table is forgotten, since other code may come to
** lie at the same addresses. */
#include "track.h"

#include "base/bits.h"
#include "base/chunk.h"
#include "vm/code.h"
#include "vm/frame.h"

#include <stdio.h>

/* A call: the address behind its current instruction, which is 0 modulo 4, and */
#define BY_C 1     /* a C function that it called is at work */
#define STALE 2    /* that address is old: the table's register + 1 stands in the upper bits */
#define REGISTER_AT 48

#define ENTRIES 8192 /* of the small table: for stacks of calls, */
#define WAYS 2       /* as many of which may share a hash; */
#define FRAMES 4096  /* and for single calls */
#define PLACES 128   /* constructors that a table may come from, */
#define LINES 16     /* and their lines, that are named */

typedef uint64_t Call;

/* The small table: what came last with a hash. */
typedef struct Entry {
  uint32_t age, site;
  uint32_t check; /* more of the hash */
  uint16_t n, uncertain;
} Entry;

typedef struct FrameEntry {
  Call call;
  uint32_t age, frame;
  uint32_t uncertain;
} FrameEntry;

struct hp_Recent {
  uint32_t age; /* entries of another age are forgotten */
  unsigned nframes;
  Entry entries[ENTRIES];
  FrameEntry frames[FRAMES];
  Call calls[]; /* nframes for each entry */
};

static size_t recent_size(unsigned nframes) {
  return sizeof(struct hp_Recent) + sizeof(Call) * nframes * ENTRIES;
}

int hp_where_open(hp_Track *t) {
  t->recent = hp_mem_new(recent_size(t->nframes));
  if (t->recent == NULL) return HP_ENOMEM;
  t->recent->age = 1;
  t->recent->nframes = t->nframes;
  return HP_OK;
}

void hp_where_close(hp_Track *t) {
  if (t->recent != NULL) hp_mem_free(t->recent, recent_size(t->recent->nframes));
  t->recent = NULL;
  hp_threads_free(&t->protos);
}

size_t hp_where_bytes(const hp_Track *t) {
  return (t->recent == NULL ? 0 : recent_size(t->recent->nframes)) + hp_threads_bytes(&t->protos);
}

void hp_where_forget(hp_Track *t) {
  hp_threads_free(&t->protos);
  if (++t->recent->age != 0) return;
  memset(t->recent->entries, 0, sizeof t->recent->entries);
  memset(t->recent->frames, 0, sizeof t->recent->frames);
  t->recent->age = 1;
}

/* ---- taking down the calls ------------------------------------------------ */

/* The register that the constructor is for: the VM sets the stack's top behind it. */
static inline uint64_t register_of(const hp_Vm *vm, const char *thread, const char *ci) {
  return (uint64_t)(hp_thread_top(vm, thread) - hp_ci_func(ci)) / HP_VALUE_SIZE - 2;
}

/* The call that makes a table. A hook that is written in C makes its tables while the
** pc is saved, and has the VM's mark. */
static inline Call table_call(const hp_Vm *vm, const char *thread, const char *ci,
                              const char *newtable) {
  Call saved = (uintptr_t)hp_ci_savedpc(ci);
  if (hp_ci_status(ci) & vm->layout->ci_hooked) return saved;
  if (newtable != NULL) return (uintptr_t)newtable + 4;
  return saved | STALE | (register_of(vm, thread, ci) + 1) << REGISTER_AT;
}

/* Built for one frame and for any number of them. */
HP_PART unsigned take_down(const hp_Track *t, unsigned nframes, const char *thread, int tag,
                           const char *newtable, Call *calls) {
  const char *ci = hp_thread_ci(&t->vm, thread);
  unsigned n = 0;
  int by_c = 0;
  if (tag == HP_TTABLE && !(hp_ci_status(ci) & HP_CIST_C)) {
    calls[n++] = table_call(&t->vm, thread, ci, newtable);
    ci = hp_ci_previous(ci);
  }
  for (; n < nframes && ci != NULL; ci = hp_ci_previous(ci)) {
    if (hp_ci_status(ci) & HP_CIST_C) {
      by_c = BY_C;
    } else {
      calls[n++] = (uintptr_t)hp_ci_savedpc(ci) | (unsigned)by_c;
      by_c = 0;
    }
  }
  return n;
}

/* The products do not wait for one another. The factors are powers: calls of a recursion
** differ by one and the same, and multiples would make many sums of these alike. */
static inline uint64_t hash_of(const Call *calls, unsigned n) {
  uint64_t h = 0, k = 0x9E3779B97F4A7C15u;
  unsigned i;
  for (i = 0; i < n; i++, k *= 0xD1342543DE82EF95u) h += calls[i] * k;
  h ^= h >> 29;
  return h * 0xBF58476D1CE4E5B9u;
}

static inline int same_calls(const Call *a, const Call *b, unsigned n) {
  while (n-- > 0)
    if (a[n] != b[n]) return 0;
  return 1;
}

/* ---- resolving ------------------------------------------------------------ */

/* The lines on which the object may have been made, each once, ascending; or all from
** the first of two to the second. */
typedef struct Lines {
  int at[LINES];
  unsigned n;
  int range;
} Lines;

static void add_line(Lines *lines, int line) {
  unsigned i = lines->n;
  while (i > 0 && lines->at[i - 1] > line) i--;
  if (i > 0 && lines->at[i - 1] == line) return;
  if (lines->n == LINES) {
    lines->range = 1;
    return;
  }
  memmove(&lines->at[i + 1], &lines->at[i], (lines->n - i) * sizeof *lines->at);
  lines->at[i] = line;
  lines->n++;
}

/* From the first line of the function with such a constructor to the last. */
static void span_constructors(Lines *lines, const char *proto, uint32_t reg) {
  const char *code = hp_proto_code(proto);
  uint32_t pc;
  lines->n = 0;
  lines->range = 1;
  for (pc = 0; pc < hp_proto_ncode(proto); pc++) {
    uint32_t i = hp_code_at(code, pc);
    int line = hp_proto_line_at(proto, pc);
    if (hp_op(i) != HP_OP_NEWTABLE || hp_arg_a(i) != reg) continue;
    if (lines->n == 0) lines->at[0] = lines->at[1] = line;
    lines->n = 2;
    if (line < lines->at[0]) lines->at[0] = line;
    if (line > lines->at[1]) lines->at[1] = line;
  }
}

/* Those that are possible; a span where there are too many to name. */
static void add_constructors(Lines *lines, const char *proto, int32_t saved, uint32_t reg) {
  uint32_t places[PLACES], i, n = hp_newtable_places(proto, saved, reg, places, PLACES);
  for (i = 0; i < n && n <= PLACES; i++) add_line(lines, hp_proto_line_at(proto, places[i]));
  if (lines->n > 0 && !lines->range) return;
  span_constructors(lines, proto, reg);
}

static void find_lines(const char *proto, Call call, Lines *lines) {
  uintptr_t pc = (uintptr_t)(call & (((uint64_t)1 << REGISTER_AT) - 4));
  int64_t at = (int64_t)(pc - (uintptr_t)hp_proto_code(proto)) / 4 - 1;
  lines->n = 0;
  lines->range = 0;
  if (at < -1 || at >= (int64_t)hp_proto_ncode(proto)) return; /* cannot be */
  if (call & STALE)
    add_constructors(lines, proto, (int32_t)at, (uint32_t)(call >> REGISTER_AT) - 1);
  else
    add_line(lines, hp_proto_line_at(proto, at < 0 ? 0 : (uint32_t)at));
}

/* "41", "41 or 44", "41, 44 or 47", "41 to 99"; "?" in code that was stripped of its lines. */
static void add_lines(const Lines *lines, hp_Name *out) {
  unsigned i;
  if (lines->n == 0) hp_name_add(out, "?");
  for (i = 0; i < lines->n; i++) {
    if (i > 0) hp_name_add(out, lines->range ? " to " : i + 1 < lines->n ? ", " : " or ");
    if (lines->at[i] < 0)
      hp_name_add(out, "?");
    else
      hp_name_addf(out, "%d", lines->at[i]);
  }
}

/* "in method 'push'", "in main chunk", "in function <marker.lua:38>". */
static void add_function(const hp_Vm *vm, const char *ci, const char *proto, hp_Name *out) {
  char name[128];
  const char *source = hp_proto_source(proto);
  if (hp_call_name(vm, ci, name, sizeof name)) {
    hp_name_addf(out, " in %s", name);
  } else if (hp_proto_line(proto) == 0) {
    hp_name_add(out, " in main chunk");
  } else {
    hp_name_add(out, " in function <");
    if (source != NULL) hp_chunk_name(hp_string_bytes(source), hp_string_len(source), 0, out);
    hp_name_addf(out, ":%u>", (unsigned)hp_proto_line(proto));
  }
}

/* What a call is in the text: told apart by file, lines, function, and whether C was at
** work; shown with the name that the function has in this call. */
static int make_frame(hp_Track *t, const char *ci, const char *c_ci, Call call, uint32_t *frame,
                      uint32_t *uncertain) {
  const char *proto = hp_frame_proto(ci), *source;
  char name[128];
  Lines lines;
  hp_Name text, key;
  hp_name_set(&text, "");
  if (proto == NULL) return HP_EVM;
  if (hp_threads_add(&t->protos, proto) != HP_OK) return HP_ENOMEM;
  source = hp_proto_source(proto);
  if (source != NULL)
    hp_chunk_name(hp_string_bytes(source), hp_string_len(source), 0, &text);
  else
    hp_name_add(&text, "?");
  find_lines(proto, call, &lines);
  hp_name_add(&text, ":");
  add_lines(&lines, &text);
  *uncertain = lines.n > 1;
  key = text;
  hp_name_addf(&key, " %u%s", (unsigned)hp_proto_line(proto), (call & BY_C) ? " C" : "");
  add_function(&t->vm, ci, proto, &text);
  if ((call & BY_C) && c_ci != NULL && hp_call_name(&t->vm, c_ci, name, sizeof name))
    hp_name_addf(&text, " [C: %s]", name);
  else if (call & BY_C)
    hp_name_add(&text, " [C]");
  return hp_sites_frame(t->sites, key.s, text.s, frame);
}

static int find_frame(hp_Track *t, const char *ci, const char *c_ci, Call call, uint32_t *frame,
                      uint32_t *uncertain) {
  FrameEntry *e = &t->recent->frames[(call * 0x9E3779B97F4A7C15u >> 40) & (FRAMES - 1)];
  int rc;
  if (e->age != t->recent->age || e->call != call) {
    e->age = 0;
    rc = make_frame(t, ci, c_ci, call, &e->frame, &e->uncertain);
    if (rc != HP_OK) return rc;
    e->call = call;
    e->age = t->recent->age;
  }
  *frame = e->frame;
  *uncertain |= e->uncertain;
  return HP_OK;
}

/* The same way along the calls as in take_down. */
static int resolve(hp_Track *t, const char *thread, const Call *calls, unsigned n, Entry *out) {
  const char *ci, *c_ci = NULL;
  uint32_t frames[HP_FRAMES_MAX], site, uncertain = 0;
  unsigned k = 0;
  int rc = HP_OK;
  for (ci = hp_thread_ci(&t->vm, thread); k < n && ci != NULL && rc == HP_OK;
       ci = hp_ci_previous(ci)) {
    if (hp_ci_status(ci) & HP_CIST_C) {
      c_ci = ci;
    } else {
      rc = find_frame(t, ci, c_ci, calls[k], &frames[k], &uncertain);
      c_ci = NULL;
      k++;
    }
  }
  if (rc == HP_OK) rc = hp_sites_stack(t->sites, frames, k, &site);
  if (rc == HP_OK && site > HP_SITE_MAX) rc = HP_ELIMIT;
  if (rc == HP_OK) out->site = site;
  out->uncertain = (uint16_t)uncertain;
  return rc;
}

/* ---- all together --------------------------------------------------------- */

static inline int is_entry(const hp_Track *t, size_t at, uint32_t check, const Call *calls,
                           unsigned n) {
  const Entry *e = &t->recent->entries[at];
  return e->check == check && e->age == t->recent->age && e->n == n &&
         same_calls(&t->recent->calls[at * t->nframes], calls, n);
}

/* What was first moves to the second place, what was second is forgotten. */
static int enter(hp_Track *t, const char *thread, const Call *calls, unsigned n, size_t at,
                 uint32_t check) {
  Call *first = &t->recent->calls[at * t->nframes];
  Entry *e = &t->recent->entries[at];
  int rc;
  e[1] = e[0];
  memcpy(first + t->nframes, first, e[0].n * sizeof *first);
  e[0].age = 0;
  rc = resolve(t, thread, calls, n, e);
  if (rc != HP_OK) return rc;
  memcpy(first, calls, n * sizeof *calls);
  e[0].n = (uint16_t)n;
  e[0].check = check;
  e[0].age = t->recent->age;
  return HP_OK;
}

int hp_where(hp_Track *t, const char *thread, int tag, const char *newtable, uint32_t *site) {
  Call calls[HP_FRAMES_MAX];
  uint64_t hash;
  size_t at;
  unsigned n;
  *site = HP_SITE_UNKNOWN;
  if (thread == NULL) return HP_OK;
  n = t->nframes == 1 ? take_down(t, 1, thread, tag, newtable, calls)
                      : take_down(t, t->nframes, thread, tag, newtable, calls);
  *site = HP_SITE_HOST;
  if (n == 0) return HP_OK;
  hash = hash_of(calls, n);
  at = (size_t)(hash >> 40) & (ENTRIES - WAYS);
  if (!is_entry(t, at, (uint32_t)hash, calls, n)) {
    if (is_entry(t, at + 1, (uint32_t)hash, calls, n)) {
      at++;
    } else {
      int rc = enter(t, thread, calls, n, at, (uint32_t)hash);
      if (rc != HP_OK) return rc;
    }
  }
  t->uncertain += t->recent->entries[at].uncertain;
  *site = t->recent->entries[at].site;
  return HP_OK;
}
