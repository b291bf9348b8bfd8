/* The VM's instructions, as far as a tracker reads them: the same in Lua 5.4.0
** to 5.4.9. An instruction is 32 bits: opcode 7, A 8, k 1, B 8, C 8; a jump is
** the opcode and 25 bits. */
#ifndef HP_CODE_H
#define HP_CODE_H

#include "object.h"

enum {
  HP_OP_MOVE = 0,
  HP_OP_LOADK = 3,
  HP_OP_LOADKX = 4,
  HP_OP_LFALSESKIP = 6,
  HP_OP_LOADNIL = 8,
  HP_OP_GETUPVAL = 9,
  HP_OP_SETUPVAL = 10,
  HP_OP_GETTABUP = 11,
  HP_OP_GETTABLE = 12,
  HP_OP_GETI = 13,
  HP_OP_GETFIELD = 14,
  HP_OP_SETTABUP = 15,
  HP_OP_SETFIELD = 18,
  HP_OP_NEWTABLE = 19,
  HP_OP_SELF = 20,
  HP_OP_ADDI = 21,
  HP_OP_SHR = 45,
  HP_OP_MMBIN = 46,
  HP_OP_MMBINK = 48,
  HP_OP_UNM = 49,
  HP_OP_BNOT = 50,
  HP_OP_NOT = 51,
  HP_OP_LEN = 52,
  HP_OP_CONCAT = 53,
  HP_OP_CLOSE = 54,
  HP_OP_TBC = 55,
  HP_OP_JMP = 56,
  HP_OP_EQ = 57,
  HP_OP_LT = 58,
  HP_OP_LE = 59,
  HP_OP_LTI = 62,
  HP_OP_LEI = 63,
  HP_OP_GTI = 64,
  HP_OP_GEI = 65,
  HP_OP_TEST = 66,
  HP_OP_TESTSET = 67,
  HP_OP_CALL = 68,
  HP_OP_TAILCALL = 69,
  HP_OP_RETURN = 70,
  HP_OP_RETURN1 = 72,
  HP_OP_FORLOOP = 73,
  HP_OP_FORPREP = 74,
  HP_OP_TFORPREP = 75,
  HP_OP_TFORCALL = 76,
  HP_OP_TFORLOOP = 77,
  HP_OP_SETLIST = 78,
  HP_OP_CLOSURE = 79,
  HP_OP_VARARG = 80,
  HP_OP_VARARGPREP = 81,
  HP_OP_EXTRAARG = 82
};

#define hp_code_at(code, pc) hp_u32((code), 4 * (size_t)(pc))
#define hp_op(i) ((i)&0x7F)
#define hp_arg_a(i) (((i) >> 7) & 0xFF)
#define hp_arg_k(i) (((i) >> 15) & 1)
#define hp_arg_b(i) (((i) >> 16) & 0xFF)
#define hp_arg_c(i) ((i) >> 24)
#define hp_arg_bx(i) ((i) >> 15)
#define hp_arg_ax(i) ((i) >> 7)
#define hp_arg_jump(i) ((int32_t)((i) >> 7) - 0xFFFFFF)

/* The constructors that a table now being made may come from: numbers of
** OP_NEWTABLE instructions with register 'reg' that can be reached from 'saved',
** the instruction that the frame's saved pc stands behind (-1: the function has just
** been entered) without passing one that would have saved the pc again. The
** interpreter does not save it before it makes a table. Fills at[0..max-1] and
** gives how many there are; more than max: not all are in 'at'. */
uint32_t hp_newtable_places(const char *proto, int32_t saved, uint32_t reg, uint32_t *at,
                            uint32_t max);

/* Is the table that the OP_NEWTABLE at pc makes an item of a list, in the constructor of
** another table? */
int hp_newtable_is_item(const char *proto, uint32_t pc);

/* What the function of frame ci is called by the code that called it, in Lua's own
** words: "method 'push'", "function 'f'" (a global) ... Gives 0 if nobody knows. */
int hp_call_name(const hp_Vm *vm, const char *ci, char *out, size_t size);

#endif
