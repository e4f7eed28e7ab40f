/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any step may wait for the server: unmounting writes back what is dirty, and a question whether the server is there
 * is answered by the server. So each runs in a process of its own, which is killed when its time is up, or abandoned
 * when even that does not end it. What then has become of the mount, the kernel tells without asking the server.
 *
 * First politely: a mount that nobody uses comes off, whatever its server does. One that is in use stays as long as its
 * server answers, because force would break off the writes of its users. Who uses a mount of a dead server waits for
 * nothing: MNT_FORCE ends its calls with an error, which often frees the mount, and MNT_DETACH takes it out of sight
 * if not. Without them the pod could not go before the server comes back, which may be never. */
#include "sys/unmount.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <sys/mount.h>

#include "sys/beneath.h"
#include "sys/call.h"
#include "sys/child.h"
#include "sys/error.h"
#include "sys/mount.h"

#define DIRECTORY_FD 3
#define STEP_USEC (4 * G_TIME_SPAN_SECOND)

#define GENTLY "gently"
#define BY_FORCE "by-force"

/* Exit statuses; all others are an errno. */
enum
{
  STATUS_DONE = 0,
  STATUS_DETACHED = 200,
  STATUS_DEAD = 201,
  STATUS_LATE = -1,
};

/* ---- the process that may hang ---- */

/* Nothing is looked up in the mount: O_PATH opens its root without asking anybody, and when it was changed nobody but
 * the server knows. */
static gboolean
server_answers (const char *name)
{
  KVOL_AUTO_FD root = openat (DIRECTORY_FD, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  SysStatx found = { 0 };

  return root >= 0
         && sys_call_statx (root, "", SYS_CALL_EMPTY_PATH | SYS_CALL_FORCE_SYNC, SYS_STATX_MTIME, &found) == 0;
}

static int
unmount_gently (const char *path, const char *name)
{
  if (umount2 (path, UMOUNT_NOFOLLOW) == 0)
    return STATUS_DONE;
  if (errno != EBUSY)
    return errno;
  return server_answers (name) ? EBUSY : STATUS_DEAD;
}

static int
unmount_by_force (const char *path)
{
  if (umount2 (path, UMOUNT_NOFOLLOW | MNT_FORCE) == 0 || umount2 (path, UMOUNT_NOFOLLOW) == 0)
    return STATUS_DONE;
  return umount2 (path, UMOUNT_NOFOLLOW | MNT_DETACH) == 0 ? STATUS_DETACHED : errno;
}

int
sys_unmount_main (const char *act, const char *name)
{
  g_autofree char *path = NULL;

  if (!sys_name_is_single (name))
    return EINVAL;
  /* The magic link is the directory itself, and the one name after it cannot lead anywhere else. */
  path = g_strdup_printf ("/proc/self/fd/%d/%s", DIRECTORY_FD, name);
  return g_str_equal (act, BY_FORCE) ? unmount_by_force (path) : unmount_gently (path, name);
}

/* ---- who waits for it ---- */

static gboolean
run (const SysUnmount *self, const char *act, int dir_fd, const char *name, int *ret_status, GError **error)
{
  const char *const argv[] = { self->program, "--unmount", act, name, NULL };
  const char *const environment[] = { NULL };
  const gint64 deadline = MIN (self->end, g_get_monotonic_time () + STEP_USEC);
  g_auto (SysChild) child = SYS_CHILD_INIT;
  SysChildEnd end;

  if (!sys_child_spawn (&child, argv, environment, -1, dir_fd, SYS_CHILD_NEW_SESSION, error))
    return FALSE;
  *ret_status = STATUS_LATE;
  if (!sys_child_has_ended (&child, deadline, &end))
    return TRUE;
  sys_child_reap (&child);
  if (end.how == SYS_CHILD_EXITED)
    *ret_status = end.number;
  return TRUE;
}

static gboolean
is_gone (int dir_fd, const char *name)
{
  SysMountInfo info = { 0 };

  return sys_mount_lookup (dir_fd, name, &info, NULL) && !info.is_mount_root;
}

static gboolean
end_as (SysUnmount *self, SysUnmounted how)
{
  self->worst = MAX (self->worst, how);
  return TRUE;
}

static gboolean
throw_status (int status, const char *name, GError **error)
{
  errno = status;
  return sys_throw (error, "unmount \"%s\"", name);
}

static gboolean
force (SysUnmount *self, int dir_fd, const char *name, GError **error)
{
  int status;

  if (!run (self, BY_FORCE, dir_fd, name, &status, error))
    return FALSE;
  if (status == STATUS_DONE)
    return end_as (self, SYS_UNMOUNT_FORCED);
  if (status == STATUS_DETACHED || (status == STATUS_LATE && is_gone (dir_fd, name)))
    return end_as (self, SYS_UNMOUNT_DETACHED);
  if (status != STATUS_LATE)
    return throw_status (status, name, error);
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_UNCERTAIN,
               "unmount \"%s\": its server does not answer, and the kernel does not let it go either", name);
  return FALSE;
}

gboolean
sys_unmount_remote_at (SysUnmount *self, int dir_fd, const char *name, GError **error)
{
  int status = STATUS_DEAD;

  if (self->program == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                   "unmount \"%s\": kvol-worker is missing; install it, or say in KVOL_LIBEXEC_DIR where it is", name);
      return FALSE;
    }
  if (!self->is_dead && !run (self, GENTLY, dir_fd, name, &status, error))
    return FALSE;
  if (status == STATUS_DONE)
    return end_as (self, SYS_UNMOUNT_CLEAN);
  if (status != STATUS_DEAD && status != STATUS_LATE)
    return throw_status (status, name, error);
  /* It came off, and the kernel waits for the server with what was not written yet. */
  if (status == STATUS_LATE && is_gone (dir_fd, name))
    return end_as (self, SYS_UNMOUNT_DETACHED);
  self->is_dead = TRUE;
  return force (self, dir_fd, name, error);
}
