/* The objects of the VM, type by type, as lgc.c traverses them: see scan.h. */
#include "scan.h"

#include "vm/size.h"

#define hp_prefetch(p) __builtin_prefetch(p)

void hp_scan_begin(hp_Scan *s, const hp_Vm *vm, hp_Graph *g) {
  memset(s, 0, sizeof *s);
  s->vm = vm;
  s->g = g;
  s->dead = (uint8_t)((hp_vm_white(vm) ^ HP_WHITES) & HP_WHITES);
  s->maker.set = &g->shapes;
  s->maker.addrs = &g->addrs;
  memset(g->known, 0xFF, sizeof g->known); /* HP_NONE */
}

void hp_scan_end(hp_Scan *s) {
  hp_shapemaker_free(&s->maker);
  hp_vec_free(&s->items);
}

/* ---- items ---------------------------------------------------------------- */

static inline int reserve_items(hp_Scan *s, size_t n) { return hp_vec_reserve(&s->items, n); }
static inline int reserve_edges(hp_Scan *s, size_t n) { return hp_vec_reserve(&s->g->to, n); }

static inline void put_item(hp_Scan *s, uint32_t what, uint64_t bits) {
  hp_RawItem *item = &s->items.at[s->items.n++];
  item->what = what;
  item->bits = bits;
}

/* The last item if it is a run of that kind that 'index' continues. */
static inline hp_RawItem *open_run(hp_Scan *s, hp_ItemKind kind, uint32_t index) {
  hp_RawItem *last;
  uint32_t count;
  if (s->items.n == 0) return NULL;
  last = &s->items.at[s->items.n - 1];
  count = (uint32_t)last->what >> 5;
  if ((last->what & 31) != (uint32_t)kind || last->bits + count != index) return NULL;
  return count < HP_RUN_MAX ? last : NULL;
}

static inline int put_run(hp_Scan *s, hp_ItemKind kind, uint32_t index, uint32_t to) {
  hp_RawItem *run = open_run(s, kind, index);
  s->g->to.at[s->g->to.n++] = to;
  if (run != NULL) {
    run->what += 1u << 5;
    return HP_OK;
  }
  if (reserve_items(s, 1) != HP_OK) return HP_ENOMEM;
  put_item(s, hp_item(kind, 1), index);
  return HP_OK;
}

HP_PART uint32_t find(hp_Scan *s, const char *o) {
  return hp_addrs_find_near(&s->g->addrs, o, &s->page);
}

HP_PART int scan_run(hp_Scan *s, hp_ItemKind kind, uint32_t index, const char *o) {
  uint32_t to = o == NULL ? HP_NONE : find(s, o);
  return to == HP_NONE ? HP_OK : put_run(s, kind, index, to);
}

int hp_scan_run(hp_Scan *s, hp_ItemKind kind, uint32_t index, const char *o) {
  return scan_run(s, kind, index, o);
}

/* A run of n values, 16 bytes apart. */
HP_PART int scan_values(hp_Scan *s, hp_ItemKind kind, const char *v, size_t n) {
  size_t i;
  int rc;
  for (i = 0; i < n; i++, v += HP_VALUE_SIZE) {
    if (!(hp_value_tag(v) & HP_COLLECTABLE)) continue;
    rc = scan_run(s, kind, (uint32_t)i, hp_value_object(v));
    if (rc != HP_OK) return rc;
  }
  return HP_OK;
}

/* ---- metatables ----------------------------------------------------------- */

/* Does the string at o hold character c? (strchr on __mode, ends at a zero) */
static int string_has(const char *o, char c) {
  const char *p = hp_string_bytes(o), *end = p + hp_string_len(o);
  for (; p < end && *p != '\0'; p++)
    if (*p == c) return 1;
  return 0;
}

/* A metatable's __mode, as getmode of lgc.c reads it. */
static uint8_t weakness(const hp_Vm *vm, const char *mt) {
  const char *name = hp_ptr(vm->g, vm->layout->G_tmname + 8u * 3); /* tmname[TM_MODE] */
  const char *n = hp_table_nodes(mt), *end;
  if (!hp_table_has_nodes(mt)) return 0;
  for (end = n + HP_NODE_SIZE * hp_table_node_count(mt); n < end; n += HP_NODE_SIZE) {
    const char *mode = hp_node_value_object(n);
    if (hp_node_key_tag(n) != (HP_TSHORTSTRING | HP_COLLECTABLE)) continue;
    if (hp_node_key_bits(n) != (uint64_t)(uintptr_t)name) continue;
    if ((hp_node_value_tag(n) & 0x0F) != HP_TSHORTSTRING) return 0;
    return (uint8_t)((string_has(mode, 'v') ? HP_WEAK_VALUES : 0) |
                     (string_has(mode, 'k') ? HP_WEAK_KEYS : 0));
  }
  return 0;
}

static inline const hp_MetaSeen *meta_of(hp_Scan *s, const char *mt) {
  hp_MetaSeen *m = &s->seen[((uintptr_t)mt >> 5) & (HP_METACACHE - 1)];
  if (m->at != mt) {
    m->at = mt;
    m->id = find(s, mt);
    m->weak = m->id == HP_NONE ? 0 : weakness(s->vm, mt);
  }
  return m;
}

/* ---- tables --------------------------------------------------------------- */

/* The item for an entry whose key is no object; its value is one. */
static hp_RawItem plain_key(uint8_t tag, uint64_t bits) {
  hp_RawItem item = {bits, hp_item(HP_I_DEADKEY, 1)};
  switch (tag) {
    case HP_TINTEGER:
      item.what = hp_item((int64_t)bits == (int32_t)bits ? HP_I_INTEGER : HP_I_WIDEINT, 1);
      return item;
    case HP_TFLOAT: item.what = hp_item(HP_I_FLOAT, 1); return item;
    case HP_TLIGHTUSERDATA:
    case HP_TLIGHTFUNCTION: item.what = hp_item(HP_I_LIGHT, 1); return item;
    case HP_TFALSE:
    case HP_TTRUE: item.what = hp_item(HP_I_BOOLEAN, 1); break;
    default: break;
  }
  item.bits = tag == HP_TTRUE;
  return item;
}

static inline hp_RawItem object_key(uint8_t tag, uint64_t bits, int value) {
  hp_ItemKind kind = (tag & 0x0F) == HP_TSHORTSTRING ? HP_I_NAME : HP_I_OBJECT;
  hp_RawItem item = {bits, hp_item(kind, value)};
  return item;
}

/* The hash part. The ends of both arrays and the page at hand are kept in local
** variables: this loop is most of a snapshot. */
HP_PART void scan_entries(hp_Scan *s, const char *n, const char *end) {
  uint32_t *to = s->g->to.at + s->g->to.n;
  hp_RawItem *item = s->items.at + s->items.n;
  const hp_AddrPage *page = s->page;
  for (; n < end; n += HP_NODE_SIZE) {
    uint8_t tag = hp_node_value_tag(n), key = hp_node_key_tag(n);
    int value = 0;
    if (hp_is_nil(tag)) continue; /* an empty entry: its key may be gone */
    if (tag & HP_COLLECTABLE) {
      *to = hp_addrs_find_near(&s->g->addrs, hp_node_value_object(n), &page);
      value = *to != HP_NONE;
      to += value;
    }
    if (key & HP_COLLECTABLE)
      *item++ = object_key(key, hp_node_key_bits(n), value);
    else if (value)
      *item++ = plain_key(key, hp_node_key_bits(n));
  }
  s->page = page;
  s->g->to.n = (size_t)(to - s->g->to.at);
  s->items.n = (size_t)(item - s->items.at);
}

HP_HOT static int scan_nodes(hp_Scan *s, const char *o) {
  const char *n = hp_table_nodes(o);
  size_t count;
  if (!hp_table_has_nodes(o)) return HP_OK;
  count = hp_table_node_count(o);
  if (reserve_items(s, count) != HP_OK || reserve_edges(s, count) != HP_OK) return HP_ENOMEM;
  scan_entries(s, n, n + HP_NODE_SIZE * count);
  return HP_OK;
}

HP_HOT static int scan_table(hp_Scan *s, hp_Shape *head, const char *o) {
  const char *mt = hp_table_metatable(o);
  size_t array = hp_table_array_size(s->vm, o);
  int rc;
  if (mt != NULL) {
    const hp_MetaSeen *m = meta_of(s, mt);
    head->common = m->id;
    head->weak = m->weak;
  }
  if (array > 0) {
    if (reserve_edges(s, array) != HP_OK) return HP_ENOMEM;
    rc = scan_values(s, HP_I_ARRAY, hp_table_array(o), array);
    if (rc != HP_OK) return rc;
  }
  return scan_nodes(s, o);
}

/* ---- the other types ------------------------------------------------------ */

HP_HOT static int scan_lclosure(hp_Scan *s, hp_Shape *head, const char *o) {
  uint32_t i, n = hp_closure_nup(o);
  int rc = reserve_edges(s, n);
  if (hp_lclosure_proto(o) != NULL) head->common = find(s, hp_lclosure_proto(o));
  for (i = 0; i < n && rc == HP_OK; i++)
    rc = scan_run(s, HP_I_UPVALUE, i, hp_lclosure_upvalue(o, i));
  return rc;
}

static int scan_cclosure(hp_Scan *s, const char *o) {
  uint32_t n = hp_closure_nup(o);
  if (reserve_edges(s, n) != HP_OK) return HP_ENOMEM;
  return scan_values(s, HP_I_UPVALUE, hp_cclosure_value(o, 0), n);
}

HP_HOT static int scan_upvalue(hp_Scan *s, const char *o) {
  if (reserve_edges(s, 1) != HP_OK) return HP_ENOMEM;
  return scan_values(s, HP_I_VALUE, hp_upvalue_value(o), 1);
}

static int scan_userdata(hp_Scan *s, hp_Shape *head, const char *o) {
  uint32_t n = hp_userdata_nuv(o);
  const char *mt = hp_userdata_metatable(o);
  if (mt != NULL) head->common = find(s, mt);
  if (n == 0) return HP_OK;
  if (reserve_edges(s, n) != HP_OK) return HP_ENOMEM;
  return scan_values(s, HP_I_USERVALUE, hp_userdata_uv(o, 0), n);
}

static int note_proto(hp_Scan *s, uint32_t id, const char *o) {
  hp_ProtoInfo *info;
  if (hp_vec_reserve(&s->g->protos, 1) != HP_OK) return HP_ENOMEM;
  info = &s->g->protos.at[s->g->protos.n++];
  info->id = id;
  info->line = hp_proto_line(o);
  info->lastline = hp_proto_lastline(o);
  return HP_OK;
}

static int scan_proto(hp_Scan *s, uint32_t id, const char *o) {
  uint32_t i, nk = hp_proto_nk(o), np = hp_proto_np(o);
  uint32_t nup = hp_proto_nupvalues(o), nloc = hp_proto_nlocvars(o);
  int rc = note_proto(s, id, o);
  if (rc == HP_OK) rc = reserve_edges(s, (size_t)nk + np + nup + nloc + 1);
  if (rc == HP_OK) rc = scan_run(s, HP_I_SOURCE, 0, hp_proto_source(o));
  if (rc == HP_OK && nk > 0) rc = scan_values(s, HP_I_K, hp_proto_k(o, 0), nk);
  for (i = 0; i < nup && rc == HP_OK; i++)
    rc = scan_run(s, HP_I_UPVALNAME, i, hp_proto_upvalue_name(o, i));
  for (i = 0; i < np && rc == HP_OK; i++) rc = scan_run(s, HP_I_P, i, hp_proto_p(o, i));
  for (i = 0; i < nloc && rc == HP_OK; i++)
    rc = scan_run(s, HP_I_LOCVARNAME, i, hp_locvar_name(hp_proto_locvar(o, i)));
  return rc;
}

static int scan_string(hp_Scan *s, uint32_t id, const char *o) {
  size_t n = hp_string_len(o);
  hp_Known known = hp_known_name(hp_string_bytes(o), n);
  if (known != HP_NKNOWN) s->g->known[known] = id;
  if (n > HP_TEXT_KEEP) n = HP_TEXT_KEEP;
  if (hp_vec_reserve(&s->g->texts, n) != HP_OK) return HP_ENOMEM;
  if (s->g->texts.n + n > UINT32_MAX) return HP_ELIMIT;
  s->g->node[id].aux = (uint32_t)s->g->texts.n;
  memcpy(s->g->texts.at + s->g->texts.n, hp_string_bytes(o), n);
  s->g->texts.n += n;
  return HP_OK;
}

/* ---- one object ----------------------------------------------------------- */

static int type_of(uint8_t tag) {
  switch (tag) {
    case HP_TSHORTSTRING:
    case HP_TLONGSTRING: return HP_STRING;
    case HP_TTABLE: return HP_TABLE;
    case HP_TLUACLOSURE: return HP_FUNCTION;
    case HP_TCCLOSURE: return HP_CFUNCTION;
    case HP_TUSERDATA: return HP_USERDATA;
    case HP_TTHREAD: return HP_THREAD;
    case HP_TUPVALUE: return HP_UPVALUE;
    case HP_TPROTO: return HP_PROTO;
    default: return -1;
  }
}

static inline int set_size(hp_Graph *g, uint32_t id, size_t n) {
  g->totals.reachable += (int64_t)n; /* of all, for now: mark.c parts it */
  if (n < HP_SIZE_LARGE) {
    g->size[id] = (uint16_t)n;
    return HP_OK;
  }
  if (hp_vec_reserve(&g->large, 1) != HP_OK) return HP_ENOMEM;
  g->size[id] = HP_SIZE_LARGE;
  g->large.at[g->large.n].id = id;
  g->large.at[g->large.n++].size = n;
  return HP_OK;
}

static inline int scan_edges(hp_Scan *s, uint32_t id, hp_Shape *head, const char *o) {
  switch (head->type) {
    case HP_TABLE: return scan_table(s, head, o);
    case HP_FUNCTION: return scan_lclosure(s, head, o);
    case HP_CFUNCTION: return scan_cclosure(s, o);
    case HP_USERDATA: return scan_userdata(s, head, o);
    case HP_THREAD: return hp_scan_thread(s, o);
    case HP_UPVALUE: return scan_upvalue(s, o);
    default: return scan_proto(s, id, o);
  }
}

/* What an object's info has from its shape. */
static inline uint8_t info_of(const hp_Shape *s) {
  int odd = hp_shape_is_odd(s), shares = hp_shape_shares(s);
  return (uint8_t)((odd ? HP_INFO_ODD : 0) | (shares ? HP_INFO_SHARES : 0));
}

int hp_scan_object(hp_Scan *s, uint32_t id, const char *o) {
  hp_Shape head = {0, 0, HP_NONE, 0, 0, 0};
  int type = type_of(hp_tag(o)), rc;
  uint32_t shape;
  uint8_t info = (uint8_t)type;
  if (type < 0) return HP_EVM;
  head.type = (uint8_t)type;
  if (hp_marked(o) & HP_FINALIZED) info |= HP_INFO_FINAL;
  if (hp_marked(o) & s->dead) info |= HP_INFO_DEAD;
  s->g->info[id] = info;
  s->g->node[id].edge = (uint32_t)s->g->to.n;
  rc = set_size(s->g, id, hp_object_size(s->vm, o));
  if (rc != HP_OK) return rc;
  if (type == HP_STRING) return scan_string(s, id, o);
  s->items.n = 0;
  if (!(info & HP_INFO_DEAD) && (rc = scan_edges(s, id, &head, o)) != HP_OK) return rc;
  if (s->g->to.n >= UINT32_MAX) return HP_ELIMIT;
  rc = hp_shape_intern(&s->maker, &head, s->items.at, (uint32_t)s->items.n, &shape);
  if (rc != HP_OK) return rc;
  s->g->node[id].aux = shape;
  s->g->info[id] |= info_of(&s->g->shapes.shapes.at[shape]);
  return HP_OK;
}

void hp_scan_prefetch(const char *o) {
  const char *nodes;
  if (hp_tag(o) != HP_TTABLE) return;
  nodes = hp_table_nodes(o);
  hp_prefetch(nodes);
  if (hp_u8(o, 11) >= 2) hp_prefetch(nodes + 64);
  if (hp_u8(o, 11) >= 3) {
    hp_prefetch(nodes + 128);
    hp_prefetch(nodes + 192);
    hp_prefetch(nodes + 256);
    hp_prefetch(nodes + 320);
  }
  if (hp_table_array(o) != NULL) hp_prefetch(hp_table_array(o));
}
