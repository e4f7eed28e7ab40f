/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/node.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "sys/call.h"
#include "sys/error.h"

#define BOOT_ID_LENGTH 36

gboolean
sys_node_boot_id (char ret_id[37], GError **error)
{
  char id[BOOT_ID_LENGTH + 1] = "";
  KVOL_AUTO_FD fd = open ("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return sys_throw (error, "open the boot id");
  if (read (fd, id, BOOT_ID_LENGTH) < 0)
    return sys_throw (error, "read the boot id");
  if (!g_uuid_string_is_valid (id))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "the kernel has no boot id");
      return FALSE;
    }
  memcpy (ret_id, id, sizeof id);
  return TRUE;
}

guint64
sys_node_memory (void)
{
  struct sysinfo info = { 0 };

  /* The figure that /proc/meminfo calls MemTotal, without its text. */
  sysinfo (&info);
  return (guint64) info.totalram * info.mem_unit;
}

void
sys_node_allocatable (const char *root_dir, ModelAllocatable *ret_node)
{
  struct statfs fs = { 0 };

  *ret_node = (ModelAllocatable){ .milli_cpu = (gint64) get_nprocs () * 1000, .memory = sys_node_memory () };
  if (statfs (root_dir, &fs) == 0)
    ret_node->ephemeral_storage = (gint64) (fs.f_blocks * fs.f_bsize);
}

/* ---- what the kernel has: each call is made with arguments that it refuses before it does anything ---- */

#define NO_SUCH_FLAGS (~0u)

static int
try_openat2 (void)
{
  return sys_call_openat2 (-1, "", NULL);
}

static int
try_fsopen (void)
{
  return sys_call_fsopen ("", NO_SUCH_FLAGS);
}

static int
try_fsconfig (void)
{
  return sys_call_fsconfig (-1, NO_SUCH_FLAGS, NULL, NULL, 0);
}

static int
try_fsmount (void)
{
  return sys_call_fsmount (-1, NO_SUCH_FLAGS, 0);
}

static int
try_open_tree (void)
{
  return sys_call_open_tree (-1, "", NO_SUCH_FLAGS);
}

static int
try_move_mount (void)
{
  return sys_call_move_mount (-1, "", -1, "", NO_SUCH_FLAGS);
}

static int
try_mount_setattr (void)
{
  return sys_call_mount_setattr (-1, "", NO_SUCH_FLAGS, NULL);
}

static int
try_statx (void)
{
  SysStatx found = { 0 };

  if (sys_call_statx (AT_FDCWD, "", SYS_CALL_EMPTY_PATH | SYS_CALL_DONT_SYNC, SYS_STATX_MNT_ID, &found) < 0)
    return -1;
  if ((found.mask & SYS_STATX_MNT_ID) && (found.attributes_mask & SYS_STATX_ATTR_MOUNT_ROOT))
    return 0;
  errno = ENOSYS;
  return -1;
}

typedef struct
{
  const char *name;
  int (*try) (void);
  gboolean needs_privilege; /* says EPERM first to a process that may not mount */
} NeededCall;

static const NeededCall needed_calls[] = {
  { "openat2", try_openat2 },
  { "fsopen", try_fsopen, TRUE },
  { "fsconfig", try_fsconfig },
  { "fsmount", try_fsmount, TRUE },
  { "open_tree", try_open_tree },
  { "move_mount", try_move_mount, TRUE },
  { "mount_setattr", try_mount_setattr },
  { "statx with mount ids", try_statx },
};

/* From a call that has no reason of its own to say EPERM it is the word of a filter that does not know the call. */
static gboolean
is_missing (const NeededCall *call)
{
  return call->try () < 0 && (errno == ENOSYS || (errno == EPERM && !call->needs_privilege));
}

gboolean
sys_node_check (GError **error)
{
  g_autoptr (GString) missing = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (needed_calls); i++)
    if (is_missing (&needed_calls[i]))
      g_string_append_printf (missing, "%s%s", missing->len > 0 ? ", " : "", needed_calls[i].name);
  if (missing->len == 0)
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
               "this machine lacks %s; kvol needs Linux 5.12 or newer, and no filter on these system calls",
               missing->str);
  return FALSE;
}
