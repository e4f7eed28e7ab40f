/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host that the plugin meets: objects from the case file, files through the library's own services, records in
 * memory that outlives the process. */
#pragma once

#include "case.h"
#include "loader/host.h"
#include "sys/publish.h"

/* What outlives a process that is killed: shared memory, so that keeping it takes no system call that a sweep would
 * count. It stands for the engine's journal. */
typedef struct {
  int    made_kind;     /* what set-up answered; -1: it has not yet */
  char   said[2048];    /* what a swept process found wrong, "" when nothing */
  gsize  record_length;
  guint8 record[1 << 16];
} HostMemory;

HostMemory *host_memory_new   (void);
void        host_memory_reset (HostMemory *self);

typedef struct {
  GVariant     *objects;   /* aa{sv} of the case as it stands now; borrowed */
  GVariant     *images;    /* a{sv}, reference -> directory; borrowed; or NULL */
  const char   *state_dir;
  const char   *canary;
  HostMemory   *memory;
  SysPublished *published; /* of the one volume */
  GString      *offences;  /* what the plugin did that no result shows, a line each */
} Host;

Host *host_new  (GVariant *objects, const char *state_dir, const char *canary, HostMemory *memory);
void  host_free (Host *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Host, host_free)

extern const LoaderHostOps host_ops;

/* A volume that is set up anew is a new directory. */
void host_forget_published (Host *self);

/* What the plugin saved last, (transfer full), or NULL. */
GVariant *host_dup_record (const HostMemory *memory);

void host_note (Host *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* An offence when @text, which people may read, has the canary in it: as it is, in hexadecimal or in base64. */
void host_check_text (Host *self, const char *where, const char *text);
