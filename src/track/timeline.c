/* Points of the timeline: see timeline.h. */
#include "timeline.h"

static void thin_out(hp_Timeline *line) {
  uint32_t i;
  for (i = 0; 2 * i < line->n; i++) line->points[i] = line->points[2 * i];
  line->n = i;
  line->interval *= 2;
}

void hp_timeline_note(hp_Track *t) {
  hp_Timeline *line = t->timeline;
  hp_Point *point;
  int i;
  if (line->n == HP_POINTS) thin_out(line);
  point = &line->points[line->n++];
  point->asked = hp_track_asked(t);
  point->bytes = hp_g_total(t->vm.g);
  for (i = 0; i < HP_POINT_TAGS; i++) {
    point->live[i] = t->types[i + HP_TSHORTSTRING].live;
    point->size[i] = t->types[i + HP_TSHORTSTRING].bytes;
  }
  t->next_point = point->asked + line->interval;
}
