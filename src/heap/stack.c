/* A thread's edges: its stack from the bottom to its top, slot by slot with what
** each is for, and the upvalues open in it (traversethread of lgc.c). */
#include "scan.h"
#include "vm/frame.h"

/* One frame, as its slots need it. */
typedef struct Frame {
  const char *func;  /* slot of the function */
  const char *proto; /* or NULL */
  uint32_t pc, extra;
  hp_Slot slot; /* what its slots share */
} Frame;

static uint32_t id_of(const hp_Scan *s, const char *o) {
  return o == NULL ? HP_NONE : hp_addrs_find(&s->g->addrs, o);
}

static void open_frame(const hp_Scan *s, Frame *f, const char *ci, uint32_t level) {
  f->func = hp_ci_func(ci);
  f->proto = hp_frame_proto(ci);
  f->pc = f->proto != NULL ? hp_frame_pc(ci, f->proto) : 0;
  f->extra = f->proto != NULL ? hp_frame_extra(ci, f->proto) : 0;
  f->slot.name = HP_NONE;
  f->slot.function = id_of(s, hp_frame_function(ci));
  f->slot.line = f->proto != NULL ? hp_proto_line_at(f->proto, f->pc) : -1;
  f->slot.level = (uint16_t)(level < UINT16_MAX ? level : UINT16_MAX);
  f->slot.native = f->proto == NULL;
  f->slot.lasts = 0;
}

static void name_slot(const hp_Scan *s, const Frame *f, const char *at, hp_Slot *slot) {
  *slot = f->slot;
  if (at == f->func) {
    slot->kind = HP_S_FUNCTION;
  } else if (f->proto == NULL) {
    slot->kind = HP_S_C;
  } else if (at < f->func) {
    slot->kind = HP_S_VARARG;
  } else {
    uint32_t n = (uint32_t)((at - f->func) / HP_VALUE_SIZE) - 1;
    const char *name = hp_proto_local(f->proto, f->pc, n);
    slot->kind = name != NULL ? HP_S_LOCAL : HP_S_TEMP;
    slot->name = id_of(s, name);
    slot->lasts = hp_proto_line(f->proto) == 0 && hp_proto_local_lasts(f->proto, f->pc, n);
  }
}

static int scan_slot(hp_Scan *s, const Frame *f, const char *at) {
  hp_RawItem *item;
  uint32_t to = hp_addrs_find(&s->g->addrs, hp_value_object(at));
  if (to == HP_NONE) return HP_OK;
  if (hp_vec_reserve(&s->g->slots, 1) != HP_OK || hp_vec_reserve(&s->items, 1) != HP_OK)
    return HP_ENOMEM;
  name_slot(s, f, at, &s->g->slots.at[s->g->slots.n]);
  item = &s->items.at[s->items.n++];
  item->what = hp_item(HP_I_SLOT, 1);
  item->bits = s->g->slots.n++;
  s->g->to.at[s->g->to.n++] = to;
  return HP_OK;
}

/* The slots of one frame, from its lowest (with its extra arguments) up to 'end'. */
static int scan_frame(hp_Scan *s, const Frame *f, const char *begin, const char *end) {
  const char *at;
  int rc = HP_OK;
  for (at = begin; at < end && rc == HP_OK; at += HP_VALUE_SIZE)
    if (hp_value_tag(at) & HP_COLLECTABLE) rc = scan_slot(s, f, at);
  return rc;
}

static int scan_frames(hp_Scan *s, const char *o) {
  const char *stack = hp_thread_stack(s->vm, o), *end = hp_thread_top(s->vm, o);
  const char *ci = hp_thread_ci(s->vm, o);
  uint32_t level = 0;
  int rc = HP_OK;
  for (; ci != NULL && rc == HP_OK; ci = hp_ci_previous(ci), level++) {
    const char *begin;
    Frame f;
    open_frame(s, &f, ci, level);
    begin = f.func - HP_VALUE_SIZE * (size_t)f.extra;
    if (hp_ci_previous(ci) == NULL || begin < stack) begin = stack;
    rc = scan_frame(s, &f, begin, end);
    end = begin;
  }
  return rc;
}

static int scan_open_upvalues(hp_Scan *s, const char *o) {
  const char *uv = hp_thread_openupval(s->vm, o);
  uint32_t i = 0;
  int rc = HP_OK;
  for (; uv != NULL && rc == HP_OK; uv = hp_ptr(uv, 24)) {
    if (hp_vec_reserve(&s->g->to, 1) != HP_OK) return HP_ENOMEM;
    rc = hp_scan_run(s, HP_I_OPENUPVALUE, i++, uv);
  }
  return rc;
}

int hp_scan_thread(hp_Scan *s, const char *o) {
  const char *stack = hp_thread_stack(s->vm, o), *top = hp_thread_top(s->vm, o);
  int rc;
  if (stack == NULL) return HP_OK; /* its creation ran out of memory */
  if (hp_vec_reserve(&s->g->to, (size_t)(top - stack) / HP_VALUE_SIZE) != HP_OK) return HP_ENOMEM;
  rc = scan_frames(s, o);
  return rc == HP_OK ? scan_open_upvalues(s, o) : rc;
}
