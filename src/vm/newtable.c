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
