/* What a function is called by its caller's code: see code.h. Mirrors ldebug.c
** (funcnamefromcode, getobjname). */
#include "code.h"
#include "frame.h"

#include <stdio.h>

typedef struct Name {
  const char *what; /* NULL: nobody knows */
  const char *text;
} Name;

static Name nameless(void) {
  Name n = {NULL, "?"};
  return n;
}

static Name named(const char *what, const char *text) {
  Name n = {what, text};
  return n;
}

static const char *string_text(const char *o) { return o == NULL ? "?" : hp_string_bytes(o); }

static const char *constant(const char *proto, uint32_t k) {
  const char *v = hp_proto_k(proto, k);
  uint8_t tag = hp_value_tag(v) & 0x3F;
  return tag == HP_TSHORTSTRING || tag == HP_TLONGSTRING ? string_text(hp_value_object(v)) : NULL;
}

static const char *upvalue(const char *proto, uint32_t i) {
  return i < hp_proto_nupvalues(proto) ? string_text(hp_proto_upvalue_name(proto, i)) : "?";
}

static int in_range(uint32_t op, uint32_t from, uint32_t to) { return op >= from && op <= to; }

/* Does the instruction set its register A? */
static int sets_a(uint32_t op) {
  return op <= HP_OP_GETFIELD ? op != HP_OP_SETUPVAL
                              : in_range(op, HP_OP_NEWTABLE, HP_OP_SHR) ||
                                    in_range(op, HP_OP_UNM, HP_OP_CONCAT) ||
                                    op == HP_OP_TESTSET || op == HP_OP_CLOSURE ||
                                    op == HP_OP_VARARG || op == HP_OP_VARARGPREP ||
                                    in_range(op, HP_OP_FORLOOP, HP_OP_FORPREP) ||
                                    op == HP_OP_TFORLOOP;
}

static int changes(uint32_t i, uint32_t reg) {
  uint32_t op = hp_op(i), a = hp_arg_a(i);
  switch (op) {
    case HP_OP_LOADNIL: return a <= reg && reg <= a + hp_arg_b(i);
    case HP_OP_TFORCALL: return reg >= a + 2;
    case HP_OP_CALL:
    case HP_OP_TAILCALL: return reg >= a;
    default: return sets_a(op) && reg == a;
  }
}

/* The instruction before 'last' that surely was the last to set the register, or -1. */
static int64_t setter(const char *proto, uint32_t last, uint32_t reg) {
  const char *code = hp_proto_code(proto);
  int64_t found = -1, target = 0; /* what comes before the target of a jump may be skipped */
  uint32_t pc;
  if (last > 0 && in_range(hp_op(hp_code_at(code, last)), HP_OP_MMBIN, HP_OP_MMBINK)) last--;
  for (pc = 0; pc < last; pc++) {
    uint32_t i = hp_code_at(code, pc);
    if (hp_op(i) == HP_OP_JMP) {
      int64_t to = (int64_t)pc + 1 + hp_arg_jump(i);
      if (to <= last && to > target) target = to;
    } else if (changes(i, reg)) {
      found = (int64_t)pc < target ? -1 : (int64_t)pc;
    }
  }
  return found;
}

static Name register_name(const char *proto, uint32_t last, uint32_t reg, int depth);

static const char *key_text(const char *proto, uint32_t pc, uint32_t reg, int depth) {
  Name n = register_name(proto, pc, reg, depth);
  return n.what != NULL && *n.what == 'c' ? n.text : "?";
}

/* "function 'f'" for a global, as Lua's tracebacks call it; else "field 'f'". */
static Name indexed(const char *owner, const char *key) {
  if (key == NULL) key = "?";
  return named(owner != NULL && strcmp(owner, "_ENV") == 0 ? "function" : "field", key);
}

static Name set_by(const char *proto, uint32_t pc, int depth) {
  uint32_t i = hp_code_at(hp_proto_code(proto), pc), b = hp_arg_b(i), c = hp_arg_c(i);
  const char *text;
  switch (hp_op(i)) {
    case HP_OP_MOVE:
      return b < hp_arg_a(i) ? register_name(proto, pc, b, depth) : nameless();
    case HP_OP_GETTABUP: return indexed(upvalue(proto, b), constant(proto, c));
    case HP_OP_GETTABLE:
      return indexed(register_name(proto, pc, b, depth).text, key_text(proto, pc, c, depth));
    case HP_OP_GETI: return named("field", "integer index");
    case HP_OP_GETFIELD:
      return indexed(register_name(proto, pc, b, depth).text, constant(proto, c));
    case HP_OP_GETUPVAL: return named("upvalue", upvalue(proto, b));
    case HP_OP_LOADK: text = constant(proto, hp_arg_bx(i)); break;
    case HP_OP_LOADKX:
      text = constant(proto, hp_arg_ax(hp_code_at(hp_proto_code(proto), pc + 1)));
      break;
    case HP_OP_SELF:
      text = hp_arg_k(i) ? constant(proto, c) : key_text(proto, pc, c, depth);
      return named("method", text == NULL ? "?" : text);
    default: return nameless();
  }
  return text == NULL ? nameless() : named("constant", text);
}

static Name register_name(const char *proto, uint32_t last, uint32_t reg, int depth) {
  const char *local = hp_proto_local(proto, last, reg);
  int64_t pc;
  if (local != NULL) return named("local", string_text(local));
  if (depth == 0) return nameless();
  pc = setter(proto, last, reg);
  return pc < 0 ? nameless() : set_by(proto, (uint32_t)pc, depth - 1);
}

static Name event(const hp_Vm *vm, uint32_t tm) {
  const char *name = hp_ptr(vm->g, vm->layout->G_tmname + 8 * (size_t)tm);
  return named("metamethod", tm < 25 ? string_text(name) + 2 : "?");
}

enum { TM_INDEX = 0, TM_NEWINDEX = 1, TM_LEN = 4, TM_EQ = 5, TM_UNM = 18, TM_BNOT = 19,
       TM_LT = 20, TM_LE = 21, TM_CONCAT = 22, TM_CLOSE = 24 };

static Name called_by(const hp_Vm *vm, const char *proto, uint32_t pc) {
  uint32_t i = hp_code_at(hp_proto_code(proto), pc), op = hp_op(i);
  switch (op) {
    case HP_OP_CALL:
    case HP_OP_TAILCALL: return register_name(proto, pc, hp_arg_a(i), 16);
    case HP_OP_TFORCALL: return named("for iterator", "for iterator");
    case HP_OP_UNM: return event(vm, TM_UNM);
    case HP_OP_BNOT: return event(vm, TM_BNOT);
    case HP_OP_LEN: return event(vm, TM_LEN);
    case HP_OP_CONCAT: return event(vm, TM_CONCAT);
    case HP_OP_EQ: return event(vm, TM_EQ);
    case HP_OP_LT:
    case HP_OP_LTI:
    case HP_OP_GTI: return event(vm, TM_LT);
    case HP_OP_LE:
    case HP_OP_LEI:
    case HP_OP_GEI: return event(vm, TM_LE);
    case HP_OP_CLOSE:
    case HP_OP_RETURN: return event(vm, TM_CLOSE);
    default: break;
  }
  if (in_range(op, HP_OP_GETTABUP, HP_OP_GETFIELD) || op == HP_OP_SELF) return event(vm, TM_INDEX);
  if (in_range(op, HP_OP_SETTABUP, HP_OP_SETFIELD)) return event(vm, TM_NEWINDEX);
  if (in_range(op, HP_OP_MMBIN, HP_OP_MMBINK)) return event(vm, hp_arg_c(i));
  return nameless();
}

int hp_call_name(const hp_Vm *vm, const char *ci, char *out, size_t size) {
  const char *by = hp_ci_previous(ci), *proto;
  Name name;
  if (by == NULL || (hp_ci_status(ci) & vm->layout->ci_tail)) return 0;
  proto = hp_frame_proto(by);
  if (hp_ci_status(by) & vm->layout->ci_hooked)
    name = named("hook", "?");
  else if (hp_ci_status(by) & vm->layout->ci_final)
    name = named("metamethod", "__gc");
  else if (proto != NULL)
    name = called_by(vm, proto, hp_frame_pc(by, proto));
  else
    name = nameless();
  if (name.what == NULL) return 0;
  (void)snprintf(out, size, "%s '%.80s'", name.what, name.text);
  return 1;
}
