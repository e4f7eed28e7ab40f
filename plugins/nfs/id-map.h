/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users and groups as the NFS server knows them. In a user namespace they have other numbers, and whoever is root there
 * is an ordinary user to everybody else, to whom his files belong by his own number. */
#pragma once

#include <glib.h>

#define NFS_ID_RANGES_MAX 340 /* that the kernel takes (user_namespaces(7)) */

typedef struct {
  guint32 inside;
  guint32 outside;
  guint32 count;
} NfsIdRange;

typedef struct {
  guint      n;
  NfsIdRange ranges[NFS_ID_RANGES_MAX];
} NfsIdMap;

typedef struct {
  NfsIdMap users;
  NfsIdMap groups;
} NfsIdMaps;

/* Those of this process's namespace. */
void nfs_id_maps_read (NfsIdMaps *self);
/* The text of /proc/PID/uid_map. */
void nfs_id_map_parse (NfsIdMap *self, const char *text);

/* An id without a number on the other side is nobody's (65534). Inside, where that has no number either, it is the last
 * one that there is: Linux lets no one write to a file whose owner has none, and what is allowed the server knows. */
guint32 nfs_id_map_outwards (const NfsIdMap *self, guint32 id);
guint32 nfs_id_map_inwards  (const NfsIdMap *self, guint32 id);
