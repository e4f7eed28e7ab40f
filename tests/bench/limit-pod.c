/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kubelet's layout: pods/UID/{volumes,plugins}/PLUGIN/VOLUME, the markers below plugins/kubernetes.io~empty-dir. */
#include "bench/limit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/limit-call.h"

#define METADATA "plugins/kubernetes.io~empty-dir"

static const char *const plugin_dirs[] = {
  [VOLUME_EMPTY_DIR] = "volumes/kubernetes.io~empty-dir",
  [VOLUME_EMPTY_DIR_MEMORY] = "volumes/kubernetes.io~empty-dir",
  [VOLUME_CONFIG_MAP] = "volumes/kubernetes.io~configmap",
  [VOLUME_SECRET] = "volumes/kubernetes.io~secret",
};

struct _Limit
{
  int pods_fd;
  char *size;
  gboolean has_noswap;
};

typedef struct
{
  const PodVolume *volume;
  const char *plugin_dir; /* below the pod; NULL: an earlier volume has it too */
  char *dir;              /* below the pod */
  char *path;             /* below ROOT/pods */
  char *data;             /* below ROOT/pods: the directory with the files */
  char *mount;            /* absolute; NULL: not a mount */
  char *marker_dir;       /* below the pod */
  char *marker;
  char *nr_inodes;
  LimitFiles files;
} LimitVolume;

struct _LimitPod
{
  Limit *limit;
  char *uid;
  guint n_volumes;
  LimitVolume volumes[POD_MAX_VOLUMES];
};

static char *
memory_size (void)
{
  return g_strdup_printf ("%lld", (long long) sysconf (_SC_PHYS_PAGES) * sysconf (_SC_PAGESIZE));
}

Limit *
limit_new (const char *root_dir)
{
  Limit *self = g_new0 (Limit, 1);
  g_autofree char *pods = g_build_filename (root_dir, "pods", NULL);

  MUST (g_mkdir_with_parents (pods, 0750));
  self->pods_fd = MUST (open (pods, O_PATH | O_DIRECTORY | O_CLOEXEC));
  self->size = memory_size ();
  self->has_noswap = limit_tmpfs_has_noswap ();
  return self;
}

void
limit_free (Limit *self)
{
  close (self->pods_fd);
  g_free (self->size);
  g_free (self);
}

static void
volume_init (LimitVolume *self, const LimitPod *pod, const PodVolume *volume)
{
  g_autofree char *pods = NULL;
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", pod->limit->pods_fd);
  gboolean is_mount = volume->kind == VOLUME_EMPTY_DIR_MEMORY || volume->kind == VOLUME_SECRET;

  pods = g_file_read_link (link, NULL);
  self->volume = volume;
  self->plugin_dir = plugin_dirs[volume->kind];
  for (guint i = 0; i < pod->n_volumes; i++)
    if (&pod->volumes[i] != self && g_strcmp0 (pod->volumes[i].plugin_dir, self->plugin_dir) == 0)
      self->plugin_dir = NULL;
  self->dir = g_build_filename (plugin_dirs[volume->kind], volume->name, NULL);
  self->path = g_build_filename (pod->uid, self->dir, NULL);
  self->data = g_build_filename (self->path, "..data", NULL);
  self->mount = is_mount ? g_build_filename (pods, self->path, NULL) : NULL;
  self->marker_dir = g_strconcat (METADATA "/", volume->payload != NULL ? "wrapped_" : "", volume->name, NULL);
  self->marker = g_build_filename (self->marker_dir, "ready", NULL);
  self->nr_inodes = volume->payload != NULL ? g_strdup_printf ("%u", volume->payload->n_keys + 1024) : NULL;
}

LimitPod *
limit_pod_new (Limit *limit, const Pod *pod, guint index)
{
  LimitPod *self = g_new0 (LimitPod, 1);

  self->limit = limit;
  self->uid = g_strdup_printf (POD_UID_FORMAT, index);
  for (self->n_volumes = 0; self->n_volumes < pod->n_volumes; self->n_volumes++)
    volume_init (&self->volumes[self->n_volumes], self, &pod->volumes[self->n_volumes]);
  return self;
}

void
limit_pod_free (LimitPod *self)
{
  for (guint i = 0; i < self->n_volumes; i++)
    {
      g_free (self->volumes[i].dir);
      g_free (self->volumes[i].path);
      g_free (self->volumes[i].data);
      g_free (self->volumes[i].mount);
      g_free (self->volumes[i].marker_dir);
      g_free (self->volumes[i].marker);
      g_free (self->volumes[i].nr_inodes);
    }
  g_free (self->uid);
  g_free (self);
}

static void
setup_volume (LimitVolume *self, const Limit *limit, int pod_fd)
{
  const Payload *payload = self->volume->payload;
  int dir_fd = -1;

  if (self->plugin_dir != NULL)
    MUST (mkdirat (pod_fd, self->plugin_dir, 0755));
  MUST (mkdirat (pod_fd, self->dir, 0777));
  MUST (fchmodat (pod_fd, self->dir, 0777, 0));

  if (self->mount != NULL)
    dir_fd = limit_tmpfs_new (limit->size, limit->has_noswap, self->nr_inodes);
  else if (payload != NULL)
    dir_fd = MUST (openat (pod_fd, self->dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (payload != NULL)
    limit_files_publish (dir_fd, payload, &self->files);
  if (self->mount != NULL)
    MUST (move_mount (dir_fd, "", pod_fd, self->dir, MOVE_MOUNT_F_EMPTY_PATH));
  if (dir_fd >= 0)
    MUST (close (dir_fd));

  MUST (mkdirat (pod_fd, self->marker_dir, 0750));
  MUST (mknodat (pod_fd, self->marker, S_IFREG | 0666, 0));
}

void
limit_pod_setup (LimitPod *self)
{
  int pod_fd;

  MUST (mkdirat (self->limit->pods_fd, self->uid, 0750));
  pod_fd = MUST (openat (self->limit->pods_fd, self->uid, O_PATH | O_DIRECTORY | O_CLOEXEC));
  MUST (mkdirat (pod_fd, "volumes", 0750));
  MUST (mkdirat (pod_fd, "plugins", 0750));
  MUST (mkdirat (pod_fd, METADATA, 0750));
  for (guint i = 0; i < self->n_volumes; i++)
    setup_volume (&self->volumes[i], self->limit, pod_fd);
  MUST (close (pod_fd));
}

static void
teardown_volume (LimitVolume *self, int pod_fd)
{
  MUST (unlinkat (pod_fd, self->marker, 0));
  MUST (unlinkat (pod_fd, self->marker_dir, AT_REMOVEDIR));
  if (self->mount != NULL)
    MUST (umount2 (self->mount, UMOUNT_NOFOLLOW));
  else if (self->volume->payload != NULL)
    {
      int dir_fd = MUST (openat (pod_fd, self->dir, O_PATH | O_DIRECTORY | O_CLOEXEC));

      limit_files_remove (dir_fd, self->volume->payload, &self->files);
      MUST (close (dir_fd));
    }
  MUST (unlinkat (pod_fd, self->dir, AT_REMOVEDIR));
}

void
limit_pod_teardown (LimitPod *self)
{
  int pod_fd = MUST (openat (self->limit->pods_fd, self->uid, O_PATH | O_DIRECTORY | O_CLOEXEC));

  for (guint i = 0; i < self->n_volumes; i++)
    teardown_volume (&self->volumes[i], pod_fd);
  for (guint i = 0; i < self->n_volumes; i++)
    if (self->volumes[i].plugin_dir != NULL)
      MUST (unlinkat (pod_fd, self->volumes[i].plugin_dir, AT_REMOVEDIR));
  MUST (unlinkat (pod_fd, METADATA, AT_REMOVEDIR));
  MUST (unlinkat (pod_fd, "plugins", AT_REMOVEDIR));
  MUST (unlinkat (pod_fd, "volumes", AT_REMOVEDIR));
  MUST (close (pod_fd));
  MUST (unlinkat (self->limit->pods_fd, self->uid, AT_REMOVEDIR));
}

/* A volume without files needs one look: is it there, and is it the mount. */
static void
look_at_volume (const LimitVolume *self, int pods_fd)
{
  struct statx info;

  MUST (statx (pods_fd, self->path, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MNT_ID, &info));
  if (((info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) != (self->mount != NULL))
    g_error ("%s is not what was set up", self->path);
}

typedef enum
{
  BY_CONTENT,
  BY_STATX,
  REMEMBER
} Refresh;

static void
refresh_volume (LimitVolume *self, int pods_fd, Refresh how)
{
  const Payload *payload = self->volume->payload;
  int fd;

  if (payload == NULL)
    {
      look_at_volume (self, pods_fd);
      return;
    }
  fd = MUST (openat (pods_fd, self->data, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (how == BY_CONTENT)
    limit_files_compare (fd, payload);
  else
    limit_files_look (fd, payload, &self->files, how == REMEMBER);
  MUST (close (fd));
}

static void
refresh (LimitPod *self, Refresh how)
{
  for (guint i = 0; i < self->n_volumes; i++)
    refresh_volume (&self->volumes[i], self->limit->pods_fd, how);
}

void
limit_pod_remember (LimitPod *self)
{
  refresh (self, REMEMBER);
}

void
limit_pod_refresh_by_content (LimitPod *self)
{
  refresh (self, BY_CONTENT);
}

void
limit_pod_refresh_by_statx (LimitPod *self)
{
  refresh (self, BY_STATX);
}

void
limit_pod_update (LimitPod *self)
{
  for (guint i = 0; i < self->n_volumes; i++)
    {
      LimitVolume *volume = &self->volumes[i];
      const Payload *payload = volume->volume->payload;

      if (payload == NULL)
        continue;

      int dir_fd = MUST (openat (self->limit->pods_fd, volume->path, O_PATH | O_DIRECTORY | O_CLOEXEC));
      int version_fd = MUST (openat (dir_fd, volume->files.version, O_PATH | O_DIRECTORY | O_CLOEXEC));

      limit_files_compare (version_fd, payload);
      MUST (close (version_fd));
      limit_files_replace (dir_fd, payload, &volume->files);
      MUST (close (dir_fd));
    }
}
