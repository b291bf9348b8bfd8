/* A reader of flat JSON: see json.h. */
#include "json.h"

#include <string.h>

#define EXACT ((int64_t)1 << 53) /* what a double still counts by ones */

typedef struct Reader {
  char *at, *end;
  const char *wrong; /* the first thing that was */
} Reader;

static int fail(Reader *r, const char *wrong) {
  if (r->wrong == NULL) r->wrong = wrong;
  return 0;
}

static void skip_space(Reader *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
    r->at++;
}

/* The next byte after white space, or 0 at the end. */
static char peek(Reader *r) {
  skip_space(r);
  return (char)(r->at < r->end ? *r->at : 0);
}

static int expect(Reader *r, char c, const char *wrong) {
  if (peek(r) != c || r->at >= r->end) return fail(r, wrong);
  r->at++;
  return 1;
}

/* ---- strings -------------------------------------------------------------- */

static int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static int read_hex4(Reader *r, uint32_t *code) {
  int i;
  *code = 0;
  for (i = 0; i < 4; i++) {
    int digit = r->at < r->end ? hex(*r->at) : -1;
    if (digit < 0) return fail(r, "bad \\u escape");
    *code = *code << 4 | (uint32_t)digit;
    r->at++;
  }
  return 1;
}

/* After "\u": a code point, of two escapes if it is a surrogate pair. */
static int read_code(Reader *r, uint32_t *code) {
  uint32_t low;
  if (!read_hex4(r, code)) return 0;
  if (*code < 0xD800 || *code >= 0xE000) return 1;
  if (*code >= 0xDC00 || r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
    return fail(r, "lone surrogate");
  r->at += 2;
  if (!read_hex4(r, &low)) return 0;
  if (low < 0xDC00 || low >= 0xE000) return fail(r, "lone surrogate");
  *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
  return 1;
}

/* At most as long as the escape it replaces. */
static char *put_code(char *to, uint32_t code) {
  if (code < 0x80) {
    *to++ = (char)code;
  } else if (code < 0x800) {
    *to++ = (char)(0xC0 | code >> 6);
    *to++ = (char)(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *to++ = (char)(0xE0 | code >> 12);
    *to++ = (char)(0x80 | (code >> 6 & 0x3F));
    *to++ = (char)(0x80 | (code & 0x3F));
  } else {
    *to++ = (char)(0xF0 | code >> 18);
    *to++ = (char)(0x80 | (code >> 12 & 0x3F));
    *to++ = (char)(0x80 | (code >> 6 & 0x3F));
    *to++ = (char)(0x80 | (code & 0x3F));
  }
  return to;
}

/* After the backslash. */
static char *read_escape(Reader *r, char *to) {
  static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  const char *which;
  uint32_t code;
  char c = (char)(r->at < r->end ? *r->at++ : 0);
  if (c == 'u') return read_code(r, &code) ? put_code(to, code) : NULL;
  which = c != 0 ? strchr(letters, c) : NULL;
  if (which == NULL) {
    fail(r, "bad escape");
    return NULL;
  }
  *to++ = meant[which - letters];
  return to;
}

static int read_string(Reader *r, const char **text, size_t *length) {
  char *to;
  if (!expect(r, '"', "a string expected")) return 0;
  *text = to = r->at;
  while (r->at < r->end && *r->at != '"') {
    unsigned char c = (unsigned char)*r->at++;
    if (c < 0x20) return fail(r, "a control character in a string");
    if (c != '\\')
      *to++ = (char)c;
    else if ((to = read_escape(r, to)) == NULL)
      return 0;
  }
  if (r->at >= r->end) return fail(r, "an unfinished string");
  r->at++;
  *length = (size_t)(to - *text);
  return 1;
}

/* ---- numbers and words ---------------------------------------------------- */

static int is_digit(const Reader *r) { return r->at < r->end && *r->at >= '0' && *r->at <= '9'; }

static int skip_digits(Reader *r) {
  if (!is_digit(r)) return fail(r, "bad number");
  while (is_digit(r)) r->at++;
  return 1;
}

static int at_one_of(const Reader *r, const char *which) {
  return r->at < r->end && *r->at != 0 && strchr(which, *r->at) != NULL;
}

static int read_integer(Reader *r, hp_JsonValue *value) {
  int zero = at_one_of(r, "0");
  value->type = HP_J_INTEGER;
  value->integer = 0;
  if (!is_digit(r)) return fail(r, "bad number");
  for (; is_digit(r); r->at++) {
    if (value->integer <= EXACT) value->integer = value->integer * 10 + (*r->at - '0');
    if (zero && value->integer != 0) return fail(r, "bad number");
  }
  if (value->integer > EXACT) value->type = HP_J_NUMBER;
  return 1;
}

static int read_number(Reader *r, hp_JsonValue *value) {
  int negative = at_one_of(r, "-");
  r->at += negative;
  if (!read_integer(r, value)) return 0;
  if (negative) value->integer = -value->integer;
  if (at_one_of(r, ".")) {
    value->type = HP_J_NUMBER;
    r->at++;
    if (!skip_digits(r)) return 0;
  }
  if (at_one_of(r, "eE")) {
    value->type = HP_J_NUMBER;
    r->at++;
    if (at_one_of(r, "+-")) r->at++;
    if (!skip_digits(r)) return 0;
  }
  return 1;
}

static int read_word(Reader *r, const char *word) {
  size_t n = strlen(word);
  if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0) return fail(r, "bad value");
  r->at += n;
  return 1;
}

static int read_value(Reader *r, hp_JsonValue *value) {
  char c = peek(r);
  memset(value, 0, sizeof *value);
  switch (c) {
    case '"': value->type = HP_J_STRING; return read_string(r, &value->text, &value->length);
    case '{':
    case '[': return fail(r, "an object or array inside the object");
    case 't': value->integer = 1; /* fall through */
    case 'f': value->type = HP_J_BOOLEAN; return read_word(r, c == 't' ? "true" : "false");
    case 'n': value->type = HP_J_NULL; return read_word(r, "null");
    default: return read_number(r, value);
  }
}

/* ---- the object ----------------------------------------------------------- */

static int read_member(Reader *r, hp_JsonMember member, void *ud) {
  const char *key;
  size_t nkey;
  hp_JsonValue value;
  if (!read_string(r, &key, &nkey) || !expect(r, ':', "':' expected")) return 0;
  if (!read_value(r, &value)) return 0;
  member(ud, key, nkey, &value);
  return 1;
}

static int read_members(Reader *r, hp_JsonMember member, void *ud) {
  if (!expect(r, '{', "an object expected")) return 0;
  if (peek(r) == '}') return expect(r, '}', "");
  for (;;) {
    if (!read_member(r, member, ud)) return 0;
    if (peek(r) != ',') return expect(r, '}', "',' or '}' expected");
    r->at++;
  }
}

const char *hp_json_read(char *text, size_t n, hp_JsonMember member, void *ud) {
  Reader r;
  r.at = text;
  r.end = text + n;
  r.wrong = NULL;
  if (read_members(&r, member, ud) && (peek(&r), r.at < r.end))
    fail(&r, "something after the object");
  return r.wrong;
}
