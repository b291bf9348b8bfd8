/* What a call is in the text: see call.h. */
#include "call.h"

#include "base/chunk.h"
#include "vm/code.h"
#include "vm/frame.h"

#define PLACES 128 /* constructors that a table may come from, */
#define LINES 16   /* and their lines, that are named */

/* The lines on which the object may have been made, each once, ascending; or all from
** the first of two to the second. */
typedef struct Lines {
  int at[LINES];
  unsigned n;
  int range;
} Lines;

static void add_line(Lines *lines, int line) {
  unsigned i = lines->n;
  while (i > 0 && lines->at[i - 1] > line) i--;
  if (i > 0 && lines->at[i - 1] == line) return;
  if (lines->n == LINES) {
    lines->range = 1;
    return;
  }
  memmove(&lines->at[i + 1], &lines->at[i], (lines->n - i) * sizeof *lines->at);
  lines->at[i] = line;
  lines->n++;
}

/* The compiler knows the line of the token before a constructor's brace, and what is
** behind the brace has a line of its own. Where the two differ the brace may be on either
** or between; that only matters for the items of a list, which are commonly each on a line
** of its own: elsewhere the brace stands behind something. */
static int last_line(const char *proto, uint32_t pc) {
  int line = hp_proto_line_at(proto, pc), next;
  if (!hp_newtable_is_item(proto, pc)) return line;
  next = hp_proto_line_at(proto, pc + 2);
  return next > line ? next : line;
}

static void add_constructor(Lines *lines, const char *proto, uint32_t pc) {
  int line = hp_proto_line_at(proto, pc), last = last_line(proto, pc);
  for (; line <= last && !lines->range; line++) add_line(lines, line);
}

static void span(Lines *lines, int first, int last) {
  lines->range = first != last;
  lines->n = lines->range ? 2 : 1;
  lines->at[0] = first;
  lines->at[1] = last;
}

/* From the first line of the function with such a constructor to the last. */
static void span_constructors(Lines *lines, const char *proto, uint32_t reg) {
  const char *code = hp_proto_code(proto);
  int first = -1, last = -1;
  uint32_t pc;
  for (pc = 0; pc < hp_proto_ncode(proto); pc++) {
    uint32_t i = hp_code_at(code, pc);
    if (hp_op(i) != HP_OP_NEWTABLE || hp_arg_a(i) != reg) continue;
    if (first < 0 || hp_proto_line_at(proto, pc) < first) first = hp_proto_line_at(proto, pc);
    if (last_line(proto, pc) > last) last = last_line(proto, pc);
  }
  span(lines, first, last);
}

/* Those that are possible; a span where there are too many to name. */
static void add_constructors(Lines *lines, const char *proto, int32_t saved, uint32_t reg) {
  uint32_t places[PLACES], i, n = hp_newtable_places(proto, saved, reg, places, PLACES);
  for (i = 0; i < n && n <= PLACES; i++) add_constructor(lines, proto, places[i]);
  if (lines->n > 0 && !lines->range) return;
  span_constructors(lines, proto, reg);
}

/* The line of an instruction that makes the object itself. That of a function's is its
** last, 'end'; what one looks for is where it begins. */
static void add_making(Lines *lines, const char *proto, uint32_t pc) {
  uint32_t i = hp_code_at(hp_proto_code(proto), pc);
  if (hp_op(i) == HP_OP_NEWTABLE) {
    add_constructor(lines, proto, pc);
    if (lines->range) span(lines, hp_proto_line_at(proto, pc), last_line(proto, pc));
  } else if (hp_op(i) == HP_OP_CLOSURE && hp_arg_bx(i) < hp_proto_np(proto)) {
    add_line(lines, (int)hp_proto_line(hp_proto_p(proto, hp_arg_bx(i))));
  } else {
    add_line(lines, hp_proto_line_at(proto, pc));
  }
}

static void find_lines(const char *proto, hp_Call call, int makes, Lines *lines) {
  uintptr_t pc = (uintptr_t)(call & (((uint64_t)1 << HP_CALL_STATUS_AT) - 4));
  int64_t at = (int64_t)(pc - (uintptr_t)hp_proto_code(proto)) / 4 - 1;
  lines->n = 0;
  lines->range = 0;
  if (at < -1 || at >= (int64_t)hp_proto_ncode(proto)) return; /* cannot be */
  if ((call & (HP_CALL_C | HP_CALL_STALE)) == HP_CALL_STALE)
    add_constructors(lines, proto, (int32_t)at, (uint32_t)(call >> HP_CALL_REGISTER_AT) - 1);
  else if (makes && at >= 0)
    add_making(lines, proto, (uint32_t)at);
  else
    add_line(lines, hp_proto_line_at(proto, at < 0 ? 0 : (uint32_t)at));
}

/* "41", "41 or 44", "41, 44 or 47", "41 to 99"; "?" in code that was stripped of its lines. */
static void add_lines(const Lines *lines, hp_Name *out) {
  unsigned i;
  if (lines->n == 0) hp_name_add(out, "?");
  for (i = 0; i < lines->n; i++) {
    if (i > 0) hp_name_add(out, lines->range ? " to " : i + 1 < lines->n ? ", " : " or ");
    if (lines->at[i] < 0)
      hp_name_add(out, "?");
    else
      hp_name_addf(out, "%d", lines->at[i]);
  }
}

static void add_source(const char *proto, hp_Name *out) {
  const char *source = hp_proto_source(proto);
  if (source != NULL)
    hp_chunk_name(hp_string_bytes(source), hp_string_len(source), 0, out);
  else
    hp_name_add(out, "?");
}

/* "in method 'push'", "in main chunk", "in function <marker.lua:38>". */
static void add_function(const hp_Vm *vm, const char *ci, const char *proto, hp_Name *out) {
  char name[128];
  if (hp_call_name(vm, ci, name, sizeof name)) {
    hp_name_addf(out, " in %s", name);
  } else if (hp_proto_line(proto) == 0) {
    hp_name_add(out, " in main chunk");
  } else {
    hp_name_add(out, " in function <");
    add_source(proto, out);
    hp_name_addf(out, ":%u>", (unsigned)hp_proto_line(proto));
  }
}

unsigned hp_call_text(const hp_Vm *vm, const char *ci, const char *c_ci, hp_Call call, int makes,
                      hp_Name *text) {
  const char *proto = hp_frame_proto(ci);
  char name[128];
  Lines lines;
  hp_name_set(text, "");
  add_source(proto, text);
  find_lines(proto, call, makes, &lines);
  hp_name_add(text, ":");
  add_lines(&lines, text);
  add_function(vm, ci, proto, text);
  if ((call & HP_CALL_C) && c_ci != NULL && hp_call_name(vm, c_ci, name, sizeof name))
    hp_name_addf(text, " [C: %s]", name);
  else if (call & HP_CALL_C)
    hp_name_add(text, " [C]");
  return lines.n;
}
