/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A helper wants a path and mounts there, with flags and at a moment of its own. So it gets a path in a mount namespace
 * that belongs to one thread: what it mounts is copied as a tree, with the flags that volumes have, and the namespace
 * is gone with the thread. Nothing has to be undone, also when all of it is killed.
 *
 * A helper's word is not taken for it: it has mounted when it says so and a mount is there. */
#include "sys/mount-helper.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/error.h"
#include "sys/mount.h"
#include "sys/tree.h"

/* Every machine has it, and in this namespace nobody misses what is in it. */
#define HOLDER "/tmp"
#define DIRECTORY HOLDER "/volume"

/* Whoever runs where he can be killed has a deadline of his own, which is shorter. */
#define HELPER_USEC (2 * G_TIME_SPAN_MINUTE)

char *
sys_mount_helper_find (const char *fs_type)
{
  static const char *const directories[] = { "/sbin", "/usr/sbin", "/usr/local/sbin" };

  for (gsize i = 0; strchr (fs_type, '/') == NULL && i < G_N_ELEMENTS (directories); i++)
    {
      g_autofree char *path = g_strconcat (directories[i], "/mount.", fs_type, NULL);

      if (access (path, X_OK) == 0)
        return g_steal_pointer (&path);
    }
  return NULL;
}

typedef struct
{
  const char *program;
  const char *source;
  const char *const *options;
  SysRunWhere where;
  GCancellable *cancellable;
  GError **error;
  int tree;
} Run;

static gboolean
enter_namespace (GError **error)
{
  if (unshare (CLONE_NEWNS) < 0)
    {
      sys_throw (error, "make a mount namespace for a mount helper");
      if (error != NULL && *error != NULL && (*error)->code == KVOL_ERROR_FORBIDDEN)
        (*error)->code = KVOL_ERROR_NOT_SUPPORTED;
      return FALSE;
    }
  if (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0
      || mount ("kvol", HOLDER, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=0700") < 0 || mkdir (DIRECTORY, 0700) < 0)
    return sys_throw (error, "prepare a place for a mount helper");
  return TRUE;
}

static gboolean
run_program (const Run *self)
{
  g_autofree char *said = g_strjoinv (",", (char **) self->options);
  g_autofree char *options = g_strconcat ("nosuid,nodev", *said != '\0' ? "," : "", said, NULL);
  const char *const argv[] = { self->program, self->source, DIRECTORY, "-o", options, NULL };

  return sys_run_program (argv, self->where, HELPER_USEC, self->cancellable, self->error);
}

static int
take_tree (const Run *self)
{
  SysMountInfo info = { 0 };
  KVOL_AUTO_FD root = -1;

  if (!sys_mount_lookup (AT_FDCWD, DIRECTORY, &info, self->error))
    return -1;
  if (!info.is_mount_root)
    {
      g_set_error (self->error, KVOL_ERROR, KVOL_ERROR_FINAL, "\"%s\" says that it has mounted, and nothing is mounted",
                   self->program);
      return -1;
    }
  root = open (DIRECTORY, O_PATH | O_CLOEXEC);
  return root >= 0 ? sys_tree_clone (root, "", FALSE, self->error)
                   : sys_throw_fd (self->error, "open what \"%s\" has mounted", self->program);
}

static gpointer
run_in_thread (gpointer data)
{
  Run *self = data;

  if (enter_namespace (self->error) && run_program (self))
    self->tree = take_tree (self);
  return NULL;
}

int
sys_mount_helper_run (const char *program, const char *source, const char *const *options, SysRunWhere where,
                      GCancellable *cancellable, GError **error)
{
  Run self = {
    .program = program,
    .source = source,
    .options = options,
    .where = where,
    .cancellable = cancellable,
    .error = error,
    .tree = -1,
  };
  GThread *thread = g_thread_try_new ("kvol-mount", run_in_thread, &self, error);

  if (thread == NULL)
    return -1;
  g_thread_join (thread);
  return self.tree;
}
