/* Interning of shapes: see shape.h. */
#include "shape.h"

#include "vm/object.h"

void hp_shapes_free(hp_ShapeSet *s) {
  hp_vec_free(&s->shapes);
  hp_vec_free(&s->items);
  hp_vec_free(&s->constants);
}

int hp_shapes_shrink(hp_ShapeSet *s) {
  if (hp_vec_shrink(&s->shapes) != HP_OK) return HP_ENOMEM;
  if (hp_vec_shrink(&s->items) != HP_OK) return HP_ENOMEM;
  return hp_vec_shrink(&s->constants);
}

size_t hp_shapes_bytes(const hp_ShapeSet *s) {
  return hp_vec_bytes(&s->shapes) + hp_vec_bytes(&s->items) + hp_vec_bytes(&s->constants);
}

void hp_shapemaker_free(hp_ShapeMaker *m) {
  hp_vec_free(&m->raw);
  hp_vec_free(&m->raw_first);
  hp_delete(m->slots, m->nslots);
  m->slots = NULL;
  m->nslots = m->used = 0;
}

/* One multiplication for each item: tables are many and their items few. */
static uint32_t hash_of(const hp_Shape *head, const hp_RawItem *items, uint32_t n) {
  uint64_t h = (uint64_t)head->common << 16 | (uint64_t)head->type << 8 | head->weak;
  uint32_t i;
  for (i = 0; i < n; i++)
    h = (h ^ items[i].bits ^ (uint64_t)items[i].what << 47) * 0x9E3779B97F4A7C15u;
  h ^= h >> 32;
  return (uint32_t)(h * 0x9E3779B97F4A7C15u >> 32);
}

static int same(const hp_ShapeMaker *m, uint32_t shape, const hp_Shape *head,
                const hp_RawItem *items, uint32_t n) {
  const hp_Shape *s = &m->set->shapes.at[shape];
  if (s->nitems != n || s->common != head->common || s->type != head->type ||
      s->weak != head->weak)
    return 0;
  return n == 0 || memcmp(m->raw.at + m->raw_first.at[shape], items, n * sizeof *items) == 0;
}

/* Where to look first: most tables in a row are of few shapes. */
static uint32_t *recent_of(hp_ShapeMaker *m, const hp_Shape *head, const hp_RawItem *items,
                           uint32_t n) {
  uint64_t h = (uint64_t)head->common << 8 ^ n << 4 ^ head->type;
  if (n > 0) h ^= items[0].bits ^ items[n - 1].bits << 3 ^ items[n / 2].bits << 7 ^ items[0].what;
  return &m->recent[h * 0x9E3779B97F4A7C15u >> 32 & (HP_RECENT - 1)];
}

static int grow_slots(hp_ShapeMaker *m) {
  size_t n = m->nslots > 0 ? m->nslots * 2 : 1024, i;
  hp_ShapeSlot *slots = hp_new(hp_ShapeSlot, n);
  if (slots == NULL) return HP_ENOMEM;
  for (i = 0; i < m->nslots; i++) {
    size_t at = m->slots[i].hash & (n - 1);
    if (m->slots[i].shape == 0) continue;
    while (slots[at].shape != 0) at = (at + 1) & (n - 1);
    slots[at] = m->slots[i];
  }
  hp_delete(m->slots, m->nslots);
  m->slots = slots;
  m->nslots = n;
  return HP_OK;
}

static int add_constant(hp_ShapeMaker *m, const hp_RawItem *raw, uint32_t *arg) {
  hp_Constants *c = &m->set->constants;
  if (hp_vec_reserve(c, 1) != HP_OK) return HP_ENOMEM;
  c->at[c->n] = raw->bits;
  *arg = (uint32_t)c->n++;
  return HP_OK;
}

/* Turns a raw item into one that stands for good. */
static int settle(hp_ShapeMaker *m, const hp_RawItem *raw, hp_Item *item) {
  item->what = (uint32_t)raw->what;
  item->arg = (uint32_t)raw->bits;
  switch (hp_item_kind(*item)) {
    case HP_I_NAME:
    case HP_I_OBJECT:
      item->arg = hp_addrs_find(m->addrs, (const char *)(uintptr_t)raw->bits);
      if (item->arg == HP_NONE) item->what = hp_item(HP_I_DEADKEY, hp_item_count(*item));
      return HP_OK;
    case HP_I_WIDEINT:
    case HP_I_FLOAT:
    case HP_I_LIGHT: return add_constant(m, raw, &item->arg);
    default: return HP_OK;
  }
}

/* Keeps the items as they were read, so that the shape can be found again. */
static int append_raw(hp_ShapeMaker *m, const hp_RawItem *items, uint32_t n) {
  uint32_t kept = n <= HP_SHAPE_SHARED ? n : 0;
  if (hp_vec_reserve(&m->raw_first, 1) != HP_OK || hp_vec_reserve(&m->raw, kept) != HP_OK)
    return HP_ENOMEM;
  m->raw_first.at[m->raw_first.n++] = (uint32_t)m->raw.n;
  if (kept > 0) memcpy(m->raw.at + m->raw.n, items, kept * sizeof *items);
  m->raw.n += kept;
  return HP_OK;
}

static int append(hp_ShapeMaker *m, const hp_Shape *head, const hp_RawItem *items, uint32_t n,
                  uint32_t *shape) {
  hp_ShapeSet *set = m->set;
  hp_Shape *s;
  uint32_t i;
  if (set->items.n + n > UINT32_MAX) return HP_ELIMIT;
  if (hp_vec_reserve(&set->shapes, 1) != HP_OK || hp_vec_reserve(&set->items, n) != HP_OK ||
      append_raw(m, items, n) != HP_OK)
    return HP_ENOMEM;
  s = &set->shapes.at[set->shapes.n];
  *s = *head;
  s->item = (uint32_t)set->items.n;
  s->nitems = n;
  s->keys = 0;
  for (i = 0; i < n; i++) {
    hp_Item *item = &set->items.at[s->item + i];
    int rc = settle(m, &items[i], item);
    if (rc != HP_OK) return rc;
    s->keys |= hp_item_has_key(*item);
  }
  set->items.n += n;
  *shape = (uint32_t)set->shapes.n++;
  return HP_OK;
}

static int intern(hp_ShapeMaker *m, const hp_Shape *head, const hp_RawItem *items, uint32_t n,
                  uint32_t *shape) {
  uint32_t hash;
  size_t at;
  int rc;
  if (m->used * 4 >= m->nslots * 3 && (rc = grow_slots(m)) != HP_OK) return rc;
  hash = hash_of(head, items, n);
  for (at = hash & (m->nslots - 1); m->slots[at].shape != 0; at = (at + 1) & (m->nslots - 1)) {
    uint32_t found = m->slots[at].shape - 1;
    if (m->slots[at].hash == hash && same(m, found, head, items, n)) {
      *shape = found;
      return HP_OK;
    }
  }
  if ((rc = append(m, head, items, n, shape)) != HP_OK) return rc;
  m->slots[at].hash = hash;
  m->slots[at].shape = *shape + 1;
  m->used++;
  return HP_OK;
}

int hp_shape_intern(hp_ShapeMaker *m, const hp_Shape *head, const hp_RawItem *items, uint32_t n,
                    uint32_t *shape) {
  uint32_t *recent;
  int rc;
  if (n > HP_SHAPE_SHARED) return append(m, head, items, n, shape);
  recent = recent_of(m, head, items, n);
  if (*recent != 0 && same(m, *recent - 1, head, items, n)) {
    *shape = *recent - 1;
    return HP_OK;
  }
  rc = intern(m, head, items, n, shape);
  if (rc == HP_OK) *recent = *shape + 1;
  return rc;
}
