/* A reader of flat JSON objects: strings, numbers, true, false and null; nothing nested.
**
** It works in the text it is given: strings are decoded in place, and nothing is
** allocated. It holds to RFC 8259, but takes any bytes from 0x80 up in a string. */
#ifndef HP_JSON_H
#define HP_JSON_H

#include <stddef.h>
#include <stdint.h>

typedef enum hp_JsonType { HP_J_STRING, HP_J_INTEGER, HP_J_NUMBER, HP_J_BOOLEAN, HP_J_NULL } hp_JsonType;

typedef struct hp_JsonValue {
  hp_JsonType type;
  const char *text; /* HP_J_STRING */
  size_t length;
  int64_t integer; /* HP_J_INTEGER, HP_J_BOOLEAN; a number beyond 2^53 is an HP_J_NUMBER */
} hp_JsonValue;

/* Is given each member in turn. */
typedef void (*hp_JsonMember)(void *ud, const char *key, size_t nkey, const hp_JsonValue *value);

/* Reads n bytes that must be one object; NULL, or what is wrong in a few words. The
** text is changed, in either case. */
const char *hp_json_read(char *text, size_t n, hp_JsonMember member, void *ud);

#endif
