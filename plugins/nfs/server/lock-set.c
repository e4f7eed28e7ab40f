/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lock-set.h"

void
lock_set_init (LockSet *self)
{
  self->ranges = g_array_new (FALSE, FALSE, sizeof (LockRange));
}

void
lock_set_clear (LockSet *self)
{
  g_clear_pointer (&self->ranges, g_array_unref);
}

gboolean
lock_set_is_empty (const LockSet *self)
{
  return self->ranges->len == 0;
}

/* Appends, or lets the last one grow. */
static void
add (GArray *ranges, LockRange range)
{
  LockRange *previous = ranges->len > 0 ? &g_array_index (ranges, LockRange, ranges->len - 1) : NULL;

  if (previous != NULL && previous->type == range.type && previous->last + 1 == range.start)
    previous->last = range.last;
  else
    g_array_append_val (ranges, range);
}

void
lock_set_put (LockSet *self, const LockRange *range)
{
  GArray *result = g_array_new (FALSE, FALSE, sizeof (LockRange));
  gboolean placed = range->type == LOCK_NONE;

  for (guint i = 0; i < self->ranges->len; i++)
    {
      LockRange old = g_array_index (self->ranges, LockRange, i);

      if (old.start < range->start)
        add (result, (LockRange){ old.start, MIN (old.last, range->start - 1), old.type });
      if (!placed && old.last >= range->start)
        {
          add (result, *range);
          placed = TRUE;
        }
      if (old.last > range->last)
        add (result, (LockRange){ MAX (old.start, range->last + 1), old.last, old.type });
    }
  if (!placed)
    add (result, *range);
  g_array_unref (self->ranges);
  self->ranges = result;
}

LockRange
lock_set_look (const LockSet *self, guint64 start, guint64 last)
{
  for (guint i = 0; i < self->ranges->len; i++)
    {
      LockRange held = g_array_index (self->ranges, LockRange, i);

      if (held.last < start)
        continue;
      if (held.start > start)
        return (LockRange){ start, MIN (last, held.start - 1), LOCK_NONE };
      return (LockRange){ start, MIN (last, held.last), held.type };
    }
  return (LockRange){ start, last, LOCK_NONE };
}
