/* The reader of what clients send, fed with the corpus and with what becomes of it when it
** is spoilt.
**
**   fuzz ROUNDS SEED FILE...
**
** Each file is a stream of bytes as a client may send it. It is read whole, then in pieces
** of all sizes, which must give the same; then spoilt in ROUNDS ways. What must hold: no
** access beyond a frame (the sanitizers see to that), nothing kept (the memory is counted),
** and a stream that is refused once stays refused. */
#include "remote/frame.h"
#include "remote/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST ((size_t)1 << 17)

static uint64_t state;

static uint32_t any(uint32_t n) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33) % n;
}

typedef struct Outcome {
  unsigned frames, good, refused;
  uint64_t hash;
} Outcome;

static void add(Outcome *o, const void *bytes, size_t n) {
  const unsigned char *b = bytes;
  size_t i;
  for (i = 0; i < n; i++) o->hash = (o->hash ^ b[i]) * 1099511628211u;
}

static void read_request(Outcome *o, char *frame, size_t n) {
  hp_Request request;
  const char *wrong;
  o->frames++;
  if (hp_request_read(frame, n, &request, &wrong) != HP_OK) {
    add(o, wrong, strlen(wrong));
    return;
  }
  o->good++;
  add(o, &request.id, sizeof request.id);
  add(o, &request.verb, sizeof request.verb);
  add(o, request.code, request.length);
  hp_request_free(&request);
}

/* The bytes come in pieces of at most 'piece'; 0: of any size. */
static Outcome read_stream(const char *bytes, size_t n, size_t piece) {
  Outcome o = {0, 0, 0, 14695981039346656037u};
  hp_Inbox in;
  size_t at = 0;
  memset(&in, 0, sizeof in);
  while (at < n && !o.refused) {
    size_t part = piece > 0 ? piece : 1 + any(97), length;
    char *frame;
    int rc;
    if (part > n - at) part = n - at;
    if (hp_inbox_add(&in, bytes + at, part) != HP_OK) abort();
    at += part;
    while ((rc = hp_inbox_next(&in, &frame, &length)) == 1) read_request(&o, frame, length);
    o.refused = rc < 0;
  }
  hp_inbox_free(&in);
  return o;
}

static int same(const Outcome *a, const Outcome *b) {
  return a->frames == b->frames && a->good == b->good && a->refused == b->refused &&
         a->hash == b->hash;
}

/* Changes, doubles, cuts; the length in the first frame's head is put right now and then,
** so that what is spoilt is read at all. */
static size_t spoil(char *bytes, size_t n) {
  static const char tokens[] = "{}[]\":,\\u\0\x7F\xFF" "0123456789eE+-.tfn";
  uint32_t i, changes = 1 + any(6);
  for (i = 0; i < changes && n > 0; i++) {
    size_t at = any((uint32_t)n), part = any((uint32_t)(n - at)) + 1;
    switch (any(5)) {
      case 0: bytes[at] = (char)any(256); break;
      case 1: bytes[at] = tokens[any(sizeof tokens - 1)]; break;
      case 2: bytes[at] ^= (char)(1 << any(8)); break;
      case 3: memmove(bytes + at, bytes + at + part, n - at - part), n -= part; break;
      default:
        if (n + part > MOST) break;
        memmove(bytes + at + part, bytes + at, n - at);
        n += part;
        break;
    }
  }
  if (n > HP_FRAME_HEAD && any(3) > 0) hp_frame_head(bytes, n - HP_FRAME_HEAD);
  return n;
}

static int replay(const char *name, const char *bytes, size_t n, unsigned rounds) {
  static char spoilt[MOST];
  Outcome whole = read_stream(bytes, n, n > 0 ? n : 1);
  size_t piece;
  unsigned i;
  for (piece = 0; piece < 9; piece++) {
    Outcome o = read_stream(bytes, n, piece);
    if (same(&whole, &o)) continue;
    fprintf(stderr, "%s: in pieces of %zu bytes it is another\n", name, piece);
    return 0;
  }
  printf("%s: %u frames, %u requests%s\n", strrchr(name, '/') ? strrchr(name, '/') + 1 : name,
         whole.frames, whole.good, whole.refused ? ", refused" : "");
  for (i = 0; i < rounds; i++) {
    memcpy(spoilt, bytes, n);
    (void)read_stream(spoilt, spoil(spoilt, n), 0);
  }
  return 1;
}

int main(int argc, char **argv) {
  static char bytes[MOST];
  unsigned rounds;
  int i;
  if (argc < 3) return 2;
  rounds = (unsigned)strtoul(argv[1], NULL, 10);
  state = strtoull(argv[2], NULL, 10);
  for (i = 3; i < argc; i++) {
    FILE *file = fopen(argv[i], "rb");
    size_t n;
    if (file == NULL) return 2;
    n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (!replay(argv[i], bytes, n, rounds)) return 1;
  }
  if (hp_mem_held() != 0) fprintf(stderr, "%zu bytes are kept\n", hp_mem_held());
  return hp_mem_held() != 0;
}
