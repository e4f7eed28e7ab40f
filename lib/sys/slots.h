/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small file that is always whole: two slots, each with generation, boot and checksum; a write goes in place into the
 * older one. The page cache survives a killed process, so nothing is synced unless the caller asks. */
#pragma once

#include <glib.h>

/* Where the next write goes. All zero: nothing was written yet. */
typedef struct {
  guint64 generation;
  guint32 slot_size;
  guint32 slot;        /* the one that holds @generation */
  guint32 is_name_synced; /* the file's name would survive a power cut */
} SysSlots;

/* The newest whole body of @name, and when it was written: @ret_boot_id is of that boot. NULL with ABSENT (no such
 * file), FINAL (neither slot is whole), ABI (written by a newer version: leave it alone). */
GBytes *sys_slots_read (int dir_fd, const char *name, SysSlots *ret_slots, char ret_boot_id[37], GError **error);

/* Writes a new generation, making the file (0600) at the first. @durable: returns only when it would survive a power
 * cut. */
gboolean sys_slots_write (int dir_fd, const char *name, SysSlots *slots, const char *boot_id, gconstpointer body,
                          gsize size, gboolean durable, GError **error);
