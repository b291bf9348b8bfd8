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
  if (line->n == HP_POINTS) thin_out(line);
  line->now.asked = hp_track_asked(t);
  line->now.bytes = hp_g_total(t->vm.g);
  line->points[line->n++] = line->now;
  line->next = line->now.asked + line->interval;
}
