/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include <errno.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "error.h"

#define CGROUP_DIR "/sys/fs/cgroup"

static gboolean
fail (GError **error, int code, const char *act)
{
  g_set_error (error, AGENT_ERROR, code, "cannot %s: %s", act, g_strerror (errno));
  return FALSE;
}

gboolean
bundle_enter (GError **error)
{
  if (unshare (CLONE_NEWNS) < 0)
    {
      if (errno == EPERM)
        {
          g_set_error (error, AGENT_ERROR, AGENT_CANNOT,
                       "a container needs the right to mount: run this as root, or in a user and mount namespace of "
                       "your own (unshare -Urm)");
          return FALSE;
        }
      return fail (error, AGENT_CANNOT, "make a mount namespace");
    }
  /* What is mounted here must not come out; what the host mounts later shall still come in. */
  if (mount (NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
    return fail (error, AGENT_CANNOT, "make a mount namespace private");
  return TRUE;
}

/* The environment of a container may hold secrets, so it should not be swapped out; tmpfs knows "noswap" since 6.4, and
 * never in a user namespace. */
static gboolean
mount_tmpfs (const char *dir, GError **error)
{
  if (mount ("tmpfs", dir, "tmpfs", MS_NODEV, "mode=0700,noswap") == 0
      || mount ("tmpfs", dir, "tmpfs", MS_NODEV, "mode=0700") == 0)
    return TRUE;
  return fail (error, AGENT_FAILED, "mount a tmpfs for the container");
}

static gboolean
is_of_type (const char *path, long type)
{
  struct statfs info;

  return statfs (path, &info) == 0 && (long) info.f_type == type;
}

/* crun refuses a tree with both versions of cgroups in it, even when it is to leave them alone. It is shown the second
 * one only. */
static gboolean
show_one_cgroup_version (GError **error)
{
  if (!is_of_type (CGROUP_DIR, TMPFS_MAGIC) || !is_of_type (CGROUP_DIR "/unified", CGROUP2_SUPER_MAGIC))
    return TRUE;
  if (mount (CGROUP_DIR "/unified", CGROUP_DIR, NULL, MS_BIND, NULL) < 0)
    return fail (error, AGENT_CANNOT, "show the container runtime one version of cgroups");
  return TRUE;
}

/* kvol's own directory is a good mount point: it is there as soon as a pod is, and no volume is below it. */
gboolean
bundle_make (const char *root, char **ret_dir, GError **error)
{
  g_autofree char *dir = g_build_filename (root, "kvol", NULL);

  if (!mount_tmpfs (dir, error) || !show_one_cgroup_version (error))
    return FALSE;
  *ret_dir = g_steal_pointer (&dir);
  return TRUE;
}
