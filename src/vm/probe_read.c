/* Reading and judging for the proof: see probe_parts.h. */
#include "probe_parts.h"
#include "size.h"

#define CALLS_MAX 4096 /* on a chain, before it is taken for a wild one */

int hp_probe_must(hp_Probe *p, int holds) {
  if (!holds) p->ok = 0;
  if (p->ok) p->checks++;
  return p->ok;
}

void hp_probe_read(hp_Probe *p, const char *o, void *copy, size_t n) {
  if (p->ok && hp_peek(p->peek, copy, o, n)) return;
  p->ok = 0;
  memset(copy, 0, n);
}

/* Bytes that every object of this type has; 0 for a tag no object has. */
static size_t head_size(const hp_Probe *p, uint8_t tag) {
  switch (tag) {
    case HP_TSHORTSTRING:
    case HP_TLONGSTRING: return HP_STRING_HEADER;
    case HP_TTABLE: return HP_TABLE_SIZE;
    case HP_TLUACLOSURE:
    case HP_TCCLOSURE: return 32;
    case HP_TUSERDATA: return hp_userdata_header(0);
    case HP_TTHREAD: return p->vm.layout->L_size;
    case HP_TUPVALUE: return HP_UPVALUE_SIZE;
    case HP_TPROTO: return HP_PROTO_SIZE;
    default: return 0;
  }
}

/* No object is smaller than a string's head, so that much is always there. */
void hp_probe_object(hp_Probe *p, const char *o, char copy[HP_PROBE_OBJECT]) {
  size_t n;
  memset(copy, 0, HP_PROBE_OBJECT);
  hp_probe_read(p, o, copy, HP_STRING_HEADER);
  n = head_size(p, hp_tag(copy));
  if (!hp_probe_must(p, n > 0 && n <= HP_PROBE_OBJECT)) return;
  if (n > HP_STRING_HEADER) hp_probe_read(p, o, copy, n);
}

const char *hp_probe_look(hp_Probe *p) {
  hp_probe_read(p, p->vm.g, p->global, p->vm.layout->G_mt + (size_t)HP_PROBE_MT);
  return p->global;
}

void hp_probe_text(hp_Probe *p, const char *o, const char *text) {
  size_t n = strlen(text);
  char copy[HP_PROBE_OBJECT];
  char bytes[64] = "";
  hp_probe_object(p, o, copy);
  hp_probe_must(p, hp_tag(copy) == HP_TSHORTSTRING || hp_tag(copy) == HP_TLONGSTRING);
  if (!hp_probe_must(p, n < sizeof bytes && hp_string_len(copy) == n)) return;
  hp_probe_read(p, hp_probe_at(o, HP_STRING_HEADER), bytes, n + 1);
  hp_probe_must(p, memcmp(bytes, text, n + 1) == 0);
}

/* Walks the chain of calls before the size functions do, who do not peek. */
static void vouch_calls(hp_Probe *p, const char *thread) {
  char ci[HP_CI_SIZE];
  const char *at = hp_ci_next(hp_thread_base_ci(&p->vm, thread));
  int n;
  for (n = 0; at != NULL && n < CALLS_MAX; n++) {
    hp_probe_read(p, at, ci, sizeof ci);
    at = hp_ci_next(ci);
  }
  hp_probe_must(p, at == NULL);
}

size_t hp_probe_size(hp_Probe *p, const char *o) {
  char copy[HP_PROBE_OBJECT];
  hp_Vm vm = p->vm;
  hp_probe_object(p, o, copy);
  if (o == vm.main) vm.main = copy;
  if (hp_tag(copy) == HP_TTHREAD) vouch_calls(p, copy);
  return p->ok ? hp_object_size(&vm, copy) : 0;
}

int64_t hp_probe_count(lua_State *L) {
  int kilobytes = lua_gc(L, LUA_GCCOUNT);
  if (kilobytes < 0) return -1;
  return (int64_t)kilobytes * 1024 + lua_gc(L, LUA_GCCOUNTB);
}
