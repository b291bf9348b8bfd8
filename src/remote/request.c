/* What a client may ask: see request.h. */
#include "request.h"

#include "base/mem.h"
#include "json.h"

#include <string.h>

typedef struct Members {
  int64_t id;
  const char *verb, *code;
  size_t nverb, ncode;
  const char *wrong;
} Members;

static const char *const names[] = {
    [HP_V_UNKNOWN] = "?",         [HP_V_PING] = "ping",       [HP_V_STAT] = "stat",
    [HP_V_INTERRUPT] = "interrupt", [HP_V_CLOSE] = "close",   [HP_V_HEAP] = "heap",
    [HP_V_DIFF] = "diff",         [HP_V_EVAL] = "eval",       [HP_V_COMPLETE] = "complete",
    [HP_V_ISOLATEST] = "isolatest", [HP_V_RESET] = "reset",   [HP_V_GLANCE] = "glance",
    [HP_V_FORGET] = "forget",
};

const char *hp_verb_name(hp_Verb verb) { return names[verb]; }

int hp_verb_is_fixed(hp_Verb verb) {
  return verb < HP_FIRST_VM_VERB || verb == HP_V_HEAP || verb == HP_V_DIFF;
}

static hp_Verb verb_of(const char *name, size_t n) {
  int v;
  for (v = HP_V_PING; v <= HP_V_RESET; v++)
    if (strlen(names[v]) == n && memcmp(names[v], name, n) == 0) return (hp_Verb)v;
  return HP_V_UNKNOWN;
}

static int is(const char *key, size_t n, const char *name) {
  return strlen(name) == n && memcmp(key, name, n) == 0;
}

static void member(void *ud, const char *key, size_t nkey, const hp_JsonValue *value) {
  Members *m = ud;
  if (is(key, nkey, "id")) {
    if (value->type != HP_J_INTEGER || value->integer < 0) m->wrong = "id is no whole number";
    m->id = value->integer;
  } else if (is(key, nkey, "do")) {
    if (value->type != HP_J_STRING) m->wrong = "do is no string";
    m->verb = value->text;
    m->nverb = value->length;
  } else if (is(key, nkey, "code")) {
    if (value->type != HP_J_STRING) m->wrong = "code is no string";
    m->code = value->text;
    m->ncode = value->length;
  }
}

static int keep_code(hp_Request *request, const Members *m) {
  if (m->code == NULL) return HP_OK;
  request->code = hp_mem_new(m->ncode);
  if (request->code == NULL) return HP_ENOMEM;
  memcpy(request->code, m->code, m->ncode);
  request->length = m->ncode;
  return HP_OK;
}

int hp_request_read(char *text, size_t n, hp_Request *request, const char **wrong) {
  Members m;
  memset(&m, 0, sizeof m);
  m.id = -1;
  memset(request, 0, sizeof *request);
  *wrong = hp_json_read(text, n, member, &m);
  if (*wrong == NULL) *wrong = m.wrong;
  if (*wrong == NULL && m.id < 0) *wrong = "id is missing";
  if (*wrong == NULL && m.verb == NULL) *wrong = "do is missing";
  if (*wrong != NULL) return HP_EVM;
  request->id = m.id;
  request->verb = verb_of(m.verb, m.nverb);
  return keep_code(request, &m);
}

void hp_request_free(hp_Request *request) {
  hp_mem_free(request->code, request->length);
  request->code = NULL;
  request->length = 0;
}
