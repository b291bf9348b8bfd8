/* Which constructor it may be: see code.h. Follows the code's jumps from the saved
** pc, each instruction once. */
#include "code.h"

#define MOST 4096 /* instructions of a function that is followed; longer ones are gone
                     through from end to end */

typedef struct Search {
  const char *code;
  uint32_t n, reg, max, found;
  uint32_t *at;
  uint64_t seen[MOST / 64];
  uint16_t todo[MOST];
  uint32_t ntodo;
} Search;

/* Saves the pc each time it is executed; what comes after it has a newer one. */
static int saves(uint32_t op) {
  switch (op) {
    case HP_OP_CALL:
    case HP_OP_TAILCALL:
    case HP_OP_TFORCALL:
    case HP_OP_CONCAT:
    case HP_OP_CLOSURE: return 1;
    default: return 0;
  }
}

static void go(Search *s, int64_t pc) {
  if (pc < 0 || pc >= s->n || (s->seen[pc / 64] >> (pc % 64) & 1)) return;
  s->seen[pc / 64] |= (uint64_t)1 << (pc % 64);
  s->todo[s->ntodo++] = (uint16_t)pc;
}

static void note(Search *s, uint32_t pc, uint32_t i) {
  if (hp_op(i) != HP_OP_NEWTABLE || hp_arg_a(i) != s->reg) return;
  if (s->found < s->max) s->at[s->found] = pc;
  s->found++;
}

/* Where control may go from instruction i at pc. A test skips the jump that follows
** it, or does not; arithmetic that succeeds skips its OP_MMBIN. */
static void follow(Search *s, int64_t pc, uint32_t i) {
  uint32_t op = hp_op(i);
  if (op >= HP_OP_RETURN && op <= HP_OP_RETURN1) return;
  if (op == HP_OP_JMP) {
    go(s, pc + 1 + hp_arg_jump(i));
    return;
  }
  go(s, pc + 1);
  if ((op >= HP_OP_EQ && op <= HP_OP_TESTSET) || (op >= HP_OP_ADDI && op <= HP_OP_SHR) ||
      op == HP_OP_LFALSESKIP || op == HP_OP_NEWTABLE || op == HP_OP_LOADKX)
    go(s, pc + 2);
  if (op == HP_OP_FORLOOP || op == HP_OP_TFORLOOP) go(s, pc + 1 - (int64_t)hp_arg_bx(i));
  if (op == HP_OP_FORPREP) go(s, pc + 2 + (int64_t)hp_arg_bx(i));
  if (op == HP_OP_TFORPREP) go(s, pc + 1 + (int64_t)hp_arg_bx(i));
}

static void go_through(Search *s) {
  uint32_t pc;
  for (pc = 0; pc < s->n; pc++) note(s, pc, hp_code_at(s->code, pc));
}

static void search(Search *s, int64_t saved) {
  if (saved < 0) {
    go(s, 0);
  } else { /* it may itself be the one: a hook saves the pc before each instruction */
    uint32_t i = hp_code_at(s->code, saved);
    note(s, (uint32_t)saved, i);
    s->seen[saved / 64] |= (uint64_t)1 << (saved % 64);
    follow(s, saved, i);
  }
  while (s->ntodo > 0) {
    uint32_t pc = s->todo[--s->ntodo], i = hp_code_at(s->code, pc);
    note(s, pc, i);
    if (!saves(hp_op(i))) follow(s, pc, i);
  }
}

uint32_t hp_newtable_places(const char *proto, int32_t saved, uint32_t reg, uint32_t *at,
                            uint32_t max) {
  Search s;
  memset(&s, 0, offsetof(Search, todo));
  s.code = hp_proto_code(proto);
  s.n = hp_proto_ncode(proto);
  s.reg = reg;
  s.at = at;
  s.max = max;
  s.ntodo = 0;
  if (saved >= (int32_t)s.n) return 0;
  if (s.n > MOST)
    go_through(&s);
  else
    search(&s, saved);
  return s.found;
}

/* ---- items ---------------------------------------------------------------- */

/* What instruction i does with the table in register 'reg': 1, it becomes an item of a
** list; 0, it is used otherwise, or the register for something else; -1: nothing. What
** fills the table itself is nothing. */
static int use_of(uint32_t i, uint32_t reg) {
  uint32_t op = hp_op(i), a = hp_arg_a(i), b = hp_arg_b(i);
  switch (op) {
    case HP_OP_SETLIST: return a >= reg ? -1 : b == 0 || reg <= a + b;
    case HP_OP_SETFIELD - 3: /* OP_SETTABUP */
    case HP_OP_SETFIELD - 2:
    case HP_OP_SETFIELD - 1:
    case HP_OP_SETFIELD: return hp_arg_c(i) == reg && !hp_arg_k(i) && a != reg ? 0 : -1;
    case HP_OP_CALL:
    case HP_OP_TAILCALL: return a <= reg ? 0 : -1;
    case HP_OP_MOVE: return b == reg || a == reg ? 0 : -1;
    case HP_OP_RETURN:
    case HP_OP_RETURN1 - 1:
    case HP_OP_RETURN1: return 0;
    default: return op == HP_OP_NEWTABLE && a <= reg ? 0 : -1;
  }
}

int hp_newtable_is_item(const char *proto, uint32_t pc) {
  const char *code = hp_proto_code(proto);
  uint32_t reg = hp_arg_a(hp_code_at(code, pc)), n = hp_proto_ncode(proto);
  for (pc += 2; pc < n; pc++) {
    int use = use_of(hp_code_at(code, pc), reg);
    if (use >= 0) return use;
    if (hp_op(hp_code_at(code, pc)) == HP_OP_NEWTABLE) pc++; /* what follows it is no instruction */
  }
  return 0;
}
