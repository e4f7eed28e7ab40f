/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume that kvol-nfs serves: the server is started as the plugin starts it, and mounted on a directory. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "nfs-server/server.h"
#include "support/test-state.h"

#define SERVED_EXPORT "/exports/data"

/* The NFS server of a test: one export, a fresh directory. */
typedef struct {
  NfsServer *server;
  char      *data;  /* what is exported, as it is on this machine */
  gboolean   locks;
} ServedExport;

/* FALSE when this machine has none, or no FUSE, or kvol-nfs is not built; the reason has been printed. */
gboolean served_export_open        (ServedExport *self, gboolean locks);
gboolean served_export_open_locked (ServedExport *self, NfsLocks locks, guint grace_seconds);
void     served_export_clear       (ServedExport *self);

typedef struct {
  pid_t pid;  /* kvol-nfs; 0: it has been waited for */
  char *path; /* where it is mounted */
  guint minor; /* of its FUSE connection */
} Served;

/* @more: arguments beside those that every volume has, up to the first NULL; or NULL. Fails the test when it does not
 * come up. */
void served_start (Served *self, const char *const *more);
/* Opens a file of it, or makes it by O_CREAT; fails the test when it cannot. */
int  served_open_file (const Served *self, const char *name, int flags);
/* A file of it has this text then, and nobody has it open. */
void served_put_file  (const Served *self, const char *name, const char *text);
/* Unmounts it, and waits for the server's end; the test fails when that takes more than 10 seconds. */
void served_stop  (Served *self);
/* For a test that failed: everything is gone afterwards. */
void served_clear (Served *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Served, served_clear)

/* An export, and one volume of it; zeroed before it is opened. */
typedef struct {
  ServedExport export;
  Served       volume;
} ServedGround;

/* FALSE as served_export_open(). @more: as of served_start(). */
gboolean served_ground_open  (ServedGround *self, const char *const *more);
void     served_ground_clear (ServedGround *self);
TEST_STATE (ServedGround, served_ground)

/* Whether the server has ended within @msec; then it has been waited for. */
gboolean served_await_end (Served *self, int msec);

/* Whether the tests shall take their time (make check-long). */
gboolean served_is_long (void);
