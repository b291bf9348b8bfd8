/* The VM's objects, read in place: the one room with offsets in it.
**
** Everything here is the same in Lua 5.4.0 to 5.4.9 on 64-bit machines; what is
** not takes the hp_Vm. An object is a 'const char *' to its header. Nothing here
** writes, and nothing follows a pointer that the caller has not vouched for. */
#ifndef HP_OBJECT_H
#define HP_OBJECT_H

#include "layout.h"

#include <string.h>

/* ---- memory --------------------------------------------------------------- */

static inline uint8_t hp_u8(const char *o, size_t at) { return (uint8_t)o[at]; }

static inline uint16_t hp_u16(const char *o, size_t at) {
  uint16_t v;
  memcpy(&v, o + at, sizeof v);
  return v;
}

static inline uint32_t hp_u32(const char *o, size_t at) {
  uint32_t v;
  memcpy(&v, o + at, sizeof v);
  return v;
}

static inline uint64_t hp_u64(const char *o, size_t at) {
  uint64_t v;
  memcpy(&v, o + at, sizeof v);
  return v;
}

static inline const char *hp_ptr(const char *o, size_t at) {
  const char *v;
  memcpy(&v, o + at, sizeof v);
  return v;
}

/* ---- tags ----------------------------------------------------------------- */

enum {
  HP_TNIL = 0, /* and EMPTY 0x10, ABSTKEY 0x20: low four bits zero */
  HP_TFALSE = 1,
  HP_TTRUE = 0x11,
  HP_TLIGHTUSERDATA = 2,
  HP_TINTEGER = 3,
  HP_TFLOAT = 0x13,
  HP_TSHORTSTRING = 4,
  HP_TLONGSTRING = 0x14,
  HP_TTABLE = 5,
  HP_TLUACLOSURE = 6,
  HP_TLIGHTFUNCTION = 0x16,
  HP_TCCLOSURE = 0x26,
  HP_TUSERDATA = 7,
  HP_TTHREAD = 8,
  HP_TUPVALUE = 9,
  HP_TPROTO = 10
};

#define HP_COLLECTABLE 0x40 /* in a value's tag: it points to an object */

/* ---- every object --------------------------------------------------------- */

#define hp_next(o) hp_ptr(o, 0)
#define hp_tag(o) hp_u8(o, 8)
#define hp_marked(o) hp_u8(o, 9)

#define HP_WHITES 0x18
#define HP_FINALIZED 0x40

/* ---- TValue: value 0, tag 8 ----------------------------------------------- */

#define HP_VALUE_SIZE 16
#define hp_value_tag(v) hp_u8(v, 8)
#define hp_value_object(v) hp_ptr(v, 0)

/* ---- strings -------------------------------------------------------------- */

#define HP_STRING_HEADER 24 /* the bytes start here */
#define hp_string_bytes(o) ((o) + HP_STRING_HEADER)

static inline size_t hp_string_len(const char *o) {
  return hp_tag(o) == HP_TSHORTSTRING ? hp_u8(o, 11) : (size_t)hp_u64(o, 16);
}

/* ---- tables --------------------------------------------------------------- */

#define HP_TABLE_SIZE 56
#define HP_NODE_SIZE 24
#define hp_table_array(o) hp_ptr(o, 16)
#define hp_table_nodes(o) hp_ptr(o, 24)
#define hp_table_metatable(o) hp_ptr(o, 40)
#define hp_table_has_nodes(o) (hp_ptr(o, 32) != NULL) /* lastfree */
#define hp_table_node_count(o) ((size_t)1 << hp_u8(o, 11))

#define hp_node_value_tag(n) hp_u8(n, 8)
#define hp_node_value_object(n) hp_ptr(n, 0)
#define hp_node_key_tag(n) hp_u8(n, 9)
#define hp_node_key_bits(n) hp_u64(n, 16)
#define hp_is_nil(tag) (((tag)&0x0F) == HP_TNIL)

/* Slots of the array part; 'alimit' may be only a hint at it (luaH_realasize). */
static inline size_t hp_table_array_size(const hp_Vm *vm, const char *o) {
  uint32_t limit = hp_u32(o, 12);
  uint8_t bits = vm->layout->realsize_in_marked ? hp_marked(o) : hp_u8(o, 10);
  if ((bits & 0x80) == 0 || (limit & (limit - 1)) == 0) return limit;
  limit |= limit >> 1;
  limit |= limit >> 2;
  limit |= limit >> 4;
  limit |= limit >> 8;
  limit |= limit >> 16;
  return (size_t)limit + 1;
}

/* ---- userdata ------------------------------------------------------------- */

#define hp_userdata_nuv(o) hp_u16(o, 10)
#define hp_userdata_len(o) ((size_t)hp_u64(o, 16))
#define hp_userdata_metatable(o) hp_ptr(o, 24)
#define hp_userdata_uv(o, i) ((o) + 40 + 16 * (size_t)(i))
#define hp_userdata_header(nuv) ((nuv) == 0 ? (size_t)32 : 40 + 16 * (size_t)(nuv))

/* ---- functions ------------------------------------------------------------ */

#define hp_closure_nup(o) hp_u8(o, 10)
#define hp_lclosure_proto(o) hp_ptr(o, 24)
#define hp_lclosure_upvalue(o, i) hp_ptr(o, 32 + 8 * (size_t)(i)) /* an UpVal, or NULL */
#define hp_cclosure_f(o) hp_ptr(o, 24)
#define hp_cclosure_value(o, i) ((o) + 32 + 16 * (size_t)(i))     /* a TValue */

#define HP_UPVALUE_SIZE 40
#define hp_upvalue_value(o) hp_ptr(o, 16)                /* a TValue, in a stack while open */

#define HP_PROTO_SIZE 128
#define hp_proto_numparams(o) hp_u8(o, 10)
#define hp_proto_nupvalues(o) hp_u32(o, 16)
#define hp_proto_nk(o) hp_u32(o, 20)
#define hp_proto_ncode(o) hp_u32(o, 24)
#define hp_proto_nlineinfo(o) hp_u32(o, 28)
#define hp_proto_np(o) hp_u32(o, 32)
#define hp_proto_nlocvars(o) hp_u32(o, 36)
#define hp_proto_nabslineinfo(o) hp_u32(o, 40)
#define hp_proto_line(o) hp_u32(o, 44)
#define hp_proto_lastline(o) hp_u32(o, 48)
#define hp_proto_k(o, i) (hp_ptr(o, 56) + 16 * (size_t)(i))      /* a TValue */
#define hp_proto_code(o) hp_ptr(o, 64)
#define hp_proto_p(o, i) hp_ptr(hp_ptr(o, 72), 8 * (size_t)(i))  /* a Proto, or NULL */
#define hp_proto_upvalue_name(o, i) hp_ptr(hp_ptr(o, 80), 16 * (size_t)(i))
#define hp_proto_lineinfo(o) hp_ptr(o, 88)
#define hp_proto_abslineinfo(o) hp_ptr(o, 96) /* pairs of int: pc, line */
#define hp_proto_locvar(o, i) (hp_ptr(o, 104) + 16 * (size_t)(i))
#define hp_locvar_name(v) hp_ptr(v, 0)
#define hp_locvar_start(v) hp_u32(v, 8)
#define hp_locvar_end(v) hp_u32(v, 12)
#define hp_proto_source(o) hp_ptr(o, 112)

/* ---- threads -------------------------------------------------------------- */

#define hp_thread_status(vm, o) hp_u8(o, (vm)->layout->L_status)
#define hp_thread_top(vm, o) hp_ptr(o, (vm)->layout->L_top)
#define hp_thread_ci(vm, o) hp_ptr(o, (vm)->layout->L_ci)
#define hp_thread_stack(vm, o) hp_ptr(o, (vm)->layout->L_stack)
#define hp_thread_openupval(vm, o) hp_ptr(o, (vm)->layout->L_openupval)
#define hp_thread_base_ci(vm, o) ((o) + (vm)->layout->L_base_ci)

#define HP_EXTRA_STACK 5

/* Slots allocated for a thread's stack; 0 while it has none. */
static inline size_t hp_thread_stack_slots(const hp_Vm *vm, const char *o) {
  const char *stack = hp_thread_stack(vm, o);
  if (stack == NULL) return 0;
  if (vm->layout->L_stacksize) return hp_u32(o, vm->layout->L_stacksize);
  return (size_t)(hp_ptr(o, vm->layout->L_stack_last) - stack) / HP_VALUE_SIZE + HP_EXTRA_STACK;
}

#define HP_CI_SIZE 64
#define hp_ci_func(ci) hp_ptr(ci, 0)
#define hp_ci_top(ci) hp_ptr(ci, 8)
#define hp_ci_previous(ci) hp_ptr(ci, 16)
#define hp_ci_next(ci) hp_ptr(ci, 24)
#define hp_ci_savedpc(ci) hp_ptr(ci, 32)
#define hp_ci_status(ci) hp_u16(ci, 62)
#define HP_CIST_C 2 /* in ci_status: the frame runs a C function */

/* ---- the VM itself -------------------------------------------------------- */

#define hp_g_total(g) ((int64_t)hp_u64(g, 16) + (int64_t)hp_u64(g, 24)) /* totalbytes + GCdebt */
#define hp_g_string_table(g) hp_ptr(g, 48)
#define hp_g_string_table_used(g) hp_u32(g, 56)
#define hp_g_string_table_size(g) hp_u32(g, 60)
#define hp_g_registry(g) ((g) + 64) /* a TValue */
#define hp_g_allgc(g) hp_ptr(g, 112)
#define hp_g_finobj(g) hp_ptr(g, 128)
#define hp_g_tobefnz(g) hp_ptr(g, 176)
#define hp_g_fixedgc(g) hp_ptr(g, 184)
#define hp_g_metatable(vm, i) hp_ptr((vm)->g, (vm)->layout->G_mt + 8 * (size_t)(i))
#define hp_vm_white(vm) hp_u8((vm)->g, (vm)->layout->G_currentwhite)

/* Dead: found unreachable by the collector, not yet swept. Its own blocks can be
** read, but what it refers to may be gone. */
static inline int hp_is_dead(const hp_Vm *vm, const char *o) {
  return (hp_marked(o) & (hp_vm_white(vm) ^ HP_WHITES) & HP_WHITES) != 0;
}

#endif
