/* The heap over time: a point each time the program has asked for so many bytes. */
#ifndef HP_TIMELINE_H
#define HP_TIMELINE_H

#include "track.h"

#define HP_POINTS 512 /* when there are as many, every other one but the first goes, and they come half as often */
#define HP_POINT_TAGS 7

typedef struct hp_Point {
  uint64_t asked; /* bytes that the program had asked for since tracking began */
  int64_t bytes;  /* what the VM said it held */
  double live[HP_POINT_TAGS]; /* objects, by type: tag - 4; in a sample an estimate */
  double size[HP_POINT_TAGS]; /* their bytes, as they were made */
} hp_Point;

typedef struct hp_Timeline {
  uint64_t interval;
  uint64_t next; /* bytes asked for at which the next point is due */
  hp_Point now;  /* 'live' and 'size' are those of this moment */
  uint32_t n;
  hp_Point points[HP_POINTS];
} hp_Timeline;

/* Objects have come, or gone (below 0); nothing where there is no timeline. */
static inline void hp_timeline_count(hp_Timeline *line, size_t tag, double live, double size) {
  if (line == NULL) return;
  line->now.live[tag - HP_TSHORTSTRING] += live;
  line->now.size[tag - HP_TSHORTSTRING] += size;
}

/* Is there a point to add? */
static inline int hp_timeline_is_due(const hp_Track *t) {
  return t->timeline != NULL && hp_track_asked(t) >= t->timeline->next;
}

/* Adds one for this moment. */
void hp_timeline_note(hp_Track *t);

#endif
