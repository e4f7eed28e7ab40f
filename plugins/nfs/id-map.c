/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "id-map.h"

#include <stdio.h>
#include <string.h>

#define NOBODY 65534

void
nfs_id_map_parse (NfsIdMap *self, const char *text)
{
  self->n = 0;
  for (const char *line = text; line != NULL && *line != '\0' && self->n < NFS_ID_RANGES_MAX;)
    {
      NfsIdRange *range = &self->ranges[self->n];
      const char *end = strchr (line, '\n');

      if (sscanf (line, "%u %u %u", &range->inside, &range->outside, &range->count) == 3)
        self->n++;
      line = end != NULL ? end + 1 : NULL;
    }
}

/* Without /proc nothing is known of a namespace, and numbers are what they are. */
static void
read_map (NfsIdMap *self, const char *path)
{
  g_autofree char *text = NULL;

  nfs_id_map_parse (self, g_file_get_contents (path, &text, NULL, NULL) ? text : "0 0 4294967295");
}

void
nfs_id_maps_read (NfsIdMaps *self)
{
  read_map (&self->users, "/proc/self/uid_map");
  read_map (&self->groups, "/proc/self/gid_map");
}

static const NfsIdRange *
find_inside (const NfsIdMap *self, guint32 id)
{
  for (guint i = 0; i < self->n; i++)
    if (id - self->ranges[i].inside < self->ranges[i].count)
      return &self->ranges[i];
  return NULL;
}

guint32
nfs_id_map_outwards (const NfsIdMap *self, guint32 id)
{
  const NfsIdRange *range = find_inside (self, id);

  return range != NULL ? range->outside + (id - range->inside) : NOBODY;
}

guint32
nfs_id_map_inwards (const NfsIdMap *self, guint32 id)
{
  guint32 last = NOBODY;

  for (guint i = 0; i < self->n; i++)
    {
      const NfsIdRange *range = &self->ranges[i];

      if (id - range->outside < range->count)
        return range->inside + (id - range->outside);
      last = range->inside + (range->count - 1);
    }
  return find_inside (self, NOBODY) != NULL ? NOBODY : last;
}
