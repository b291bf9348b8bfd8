/* Where code comes from, by the graph: see source.h. */
#include "source.h"

#include "base/chunk.h"

uint32_t hp_source_proto(const hp_Graph *g, uint32_t id) {
  switch (hp_graph_type(g, id)) {
    case HP_PROTO: return id;
    case HP_FUNCTION: return hp_graph_proto_of(g, id);
    default: return HP_NONE;
  }
}

uint32_t hp_source_of(const hp_Graph *g, uint32_t id) {
  uint32_t proto = hp_source_proto(g, id);
  return proto == HP_NONE ? HP_NONE : hp_graph_in_run(g, proto, HP_I_SOURCE, 1);
}

int hp_source_order(const hp_Graph *g, uint32_t a, uint32_t b) {
  if (a == HP_NONE || b == HP_NONE) return (a == HP_NONE) - (b == HP_NONE);
  return hp_graph_compare(g, a, b);
}

static void add_source(const hp_Graph *g, uint32_t source, int base, hp_Name *out) {
  size_t n;
  int whole;
  const char *s;
  if (source == HP_NONE) {
    hp_name_add(out, "?");
    return;
  }
  s = hp_graph_text(g, source, &n, &whole);
  hp_chunk_name(s, n, base, out);
}

void hp_source_name(const hp_Graph *g, uint32_t source, hp_Name *out) {
  add_source(g, source, 0, out);
}

void hp_source_basename(const hp_Graph *g, uint32_t source, hp_Name *out) {
  add_source(g, source, 1, out);
}

void hp_source_place(const hp_Graph *g, uint32_t id, int base, hp_Name *out) {
  uint32_t proto = hp_source_proto(g, id);
  const hp_ProtoInfo *info = proto == HP_NONE ? NULL : hp_graph_proto(g, proto);
  add_source(g, hp_source_of(g, id), base, out);
  if (info == NULL) return;
  if (info->line == 0)
    hp_name_add(out, " (main chunk)");
  else
    hp_name_addf(out, ":%u", (unsigned)info->line);
}
