/* Frames: mirrors ldebug.c and lfunc.c (luaF_getlocalname). */
#include "frame.h"

const char *hp_frame_function(const char *ci) {
  const char *func = hp_ci_func(ci);
  return func != NULL && (hp_value_tag(func) & HP_COLLECTABLE) ? hp_value_object(func) : NULL;
}

const char *hp_frame_proto(const char *ci) {
  const char *f = hp_frame_function(ci);
  if ((hp_ci_status(ci) & HP_CIST_C) || f == NULL || hp_tag(f) != HP_TLUACLOSURE) return NULL;
  return hp_lclosure_proto(f);
}

const char *hp_frame_c_function(const char *ci) {
  const char *func = hp_ci_func(ci), *f;
  if (!(hp_ci_status(ci) & HP_CIST_C)) return NULL;
  if (hp_value_tag(func) == HP_TLIGHTFUNCTION) return hp_value_object(func);
  f = hp_frame_function(ci);
  return f != NULL && hp_tag(f) == HP_TCCLOSURE ? hp_cclosure_f(f) : NULL;
}

uint32_t hp_frame_pc(const char *ci, const char *proto) {
  const char *pc = hp_ci_savedpc(ci), *code = hp_proto_code(proto);
  return pc > code ? (uint32_t)((size_t)(pc - code) / 4) - 1 : 0;
}

uint32_t hp_frame_extra(const char *ci, const char *proto) {
  int vararg = hp_u8(proto, 11) != 0;
  return vararg ? hp_u32(ci, 44) : 0;
}

/* The last entry of abslineinfo at or before pc, or -1. */
static int base_entry(const char *proto, uint32_t pc) {
  const char *abs = hp_proto_abslineinfo(proto);
  int lo = -1, hi = (int)hp_proto_nabslineinfo(proto);
  while (hi - lo > 1) {
    int mid = lo + (hi - lo) / 2;
    if (hp_u32(abs, 8 * (size_t)mid) <= pc)
      lo = mid;
    else
      hi = mid;
  }
  return lo;
}

int hp_proto_line_at(const char *proto, uint32_t pc) {
  const char *abs = hp_proto_abslineinfo(proto), *info = hp_proto_lineinfo(proto);
  int line = (int)hp_proto_line(proto), entry;
  uint32_t at = 0;
  if (info == NULL || pc >= hp_proto_nlineinfo(proto)) return -1;
  entry = base_entry(proto, pc);
  if (entry >= 0) {
    at = hp_u32(abs, 8 * (size_t)entry) + 1;
    line = (int)hp_u32(abs, 8 * (size_t)entry + 4);
  }
  for (; at <= pc; at++) line += (signed char)info[at];
  return line;
}

static const char *local_at(const char *proto, uint32_t pc, uint32_t n) {
  uint32_t i, all = hp_proto_nlocvars(proto);
  for (i = 0; i < all; i++) {
    const char *v = hp_proto_locvar(proto, i);
    if (hp_locvar_start(v) > pc) return NULL;
    if (pc < hp_locvar_end(v) && n-- == 0) return v;
  }
  return NULL;
}

const char *hp_proto_local(const char *proto, uint32_t pc, uint32_t n) {
  const char *v = local_at(proto, pc, n);
  return v == NULL ? NULL : hp_locvar_name(v);
}

int hp_proto_local_lasts(const char *proto, uint32_t pc, uint32_t n) {
  const char *v = local_at(proto, pc, n);
  return v != NULL && hp_locvar_end(v) >= hp_proto_ncode(proto);
}
