/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who stops a service ends everything in its control group, and those below. So a server's group lies beside the one
 * that this process is in: a sibling, or in a hierarchy whose root this process is in, a child of the root.
 *
 * A group cannot go before its last process, which nobody may be waiting for by then. But the kernel refuses to remove
 * one that is not empty, so whoever comes by next removes them all and is right about each. */
#include "sys/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-macros.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "kvol-server-"

/* A hierarchy that this process is in. */
typedef struct
{
  gboolean unified;    /* of v2 */
  gboolean has_memory; /* of v1: its memory controller */
  gboolean at_root;
  char *parent; /* where a group beside this process's own lies: absolute */
} Hierarchy;

static void
hierarchy_free (Hierarchy *self)
{
  g_free (self->parent);
  g_free (self);
}

static gboolean
has_item (const char *list, const char *item)
{
  g_auto (GStrv) items = g_strsplit_set (list, ", \n", -1);

  return g_strv_contains ((const char *const *) items, item);
}

/* Where the hierarchy of @controllers ("": v2) is mounted with all of it visible; or NULL. */
static char *
find_mount (const char *controllers)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_auto (GStrv) wanted = g_strsplit (controllers, ",", -1);

  if (!g_file_get_contents ("/proc/self/mountinfo", &text, NULL, NULL))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *tail = strstr (lines[i], " - ");
      g_auto (GStrv) head = g_strsplit (lines[i], " ", 6);
      g_auto (GStrv) type = g_strsplit (tail != NULL ? tail + 3 : "", " ", 3);

      if (g_strv_length (head) < 6 || g_strv_length (type) < 3 || !g_str_equal (head[3], "/"))
        continue;
      if (*controllers == '\0' ? g_str_equal (type[0], "cgroup2")
                               : g_str_equal (type[0], "cgroup") && has_item (type[2], wanted[0]))
        return g_strcompress (head[4]);
    }
  return NULL;
}

/* Of a line of /proc/self/cgroup: "4:memory:/system.slice/agent". NULL: it has nothing to do with this. */
static Hierarchy *
hierarchy_new (const char *line)
{
  g_auto (GStrv) parts = g_strsplit (line, ":", 3);
  g_autofree char *mount = NULL;
  g_autofree char *above = NULL;
  Hierarchy *self;

  if (g_strv_length (parts) < 3 || *parts[2] != '/' || g_str_has_prefix (parts[2], "/.."))
    return NULL;
  if (*parts[1] != '\0' && !has_item (parts[1], "memory") && !g_str_has_prefix (parts[1], "name="))
    return NULL;
  mount = find_mount (parts[1]);
  if (mount == NULL)
    return NULL;
  above = g_path_get_dirname (parts[2]);
  self = g_new0 (Hierarchy, 1);
  self->unified = *parts[1] == '\0';
  self->has_memory = has_item (parts[1], "memory");
  self->at_root = g_str_equal (parts[2], "/");
  self->parent = g_build_filename (mount, above, NULL);
  return self;
}

static GPtrArray *
list_hierarchies (void)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) hierarchy_free);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents ("/proc/self/cgroup", &text, NULL, NULL))
    return list;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      Hierarchy *hierarchy = hierarchy_new (lines[i]);

      if (hierarchy != NULL)
        g_ptr_array_add (list, hierarchy);
    }
  return list;
}

static gboolean
write_at (int dir_fd, const char *name, const char *text)
{
  KVOL_AUTO_FD fd = openat (dir_fd, name, O_WRONLY | O_CLOEXEC);

  return fd >= 0 && write (fd, text, strlen (text)) == (ssize_t) strlen (text);
}

static gboolean
offers_memory (const Hierarchy *self)
{
  g_autofree char *path = g_build_filename (self->parent, "cgroup.controllers", NULL);
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) && has_item (text, "memory");
}

/* At the root there is nobody to get away from: only a limit is a reason to leave it. */
static gboolean
is_worth_a_group (const Hierarchy *self)
{
  return !self->at_root || self->has_memory || (self->unified && offers_memory (self));
}

static gboolean
limit_memory (const Hierarchy *self, int parent_fd, int group_fd, const char *bytes)
{
  if (!self->unified)
    return self->has_memory && write_at (group_fd, "memory.limit_in_bytes", bytes);
  /* The groups of a level have a controller when the one above has given it to them. */
  return write_at (group_fd, "memory.max", bytes)
         || (write_at (parent_fd, "cgroup.subtree_control", "+memory") && write_at (group_fd, "memory.max", bytes));
}

static gboolean
place_in (const Hierarchy *self, pid_t pid, guint64 memory, gboolean *ret_limited)
{
  g_autofree char *name = g_strdup_printf (PREFIX "%d", (int) pid);
  g_autofree char *number = g_strdup_printf ("%d", (int) pid);
  g_autofree char *bytes = g_strdup_printf ("%" G_GUINT64_FORMAT, memory);
  KVOL_AUTO_FD parent = open (self->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  KVOL_AUTO_FD group = -1;

  if (parent < 0 || (mkdirat (parent, name, 0755) < 0 && errno != EEXIST))
    return FALSE;
  group = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (group >= 0 && limit_memory (self, parent, group, bytes))
    *ret_limited = TRUE;
  if (group >= 0 && write_at (group, "cgroup.procs", number))
    return TRUE;
  unlinkat (parent, name, AT_REMOVEDIR);
  return FALSE;
}

gboolean
sys_cgroup_place (pid_t pid, guint64 memory, gboolean *ret_limited)
{
  g_autoptr (GPtrArray) hierarchies = list_hierarchies ();
  gboolean placed = FALSE;

  *ret_limited = FALSE;
  for (guint i = 0; i < hierarchies->len; i++)
    {
      const Hierarchy *hierarchy = hierarchies->pdata[i];
      gboolean limited = FALSE;

      /* Once more, for one that is swept between its making and its use. */
      if (is_worth_a_group (hierarchy)
          && (place_in (hierarchy, pid, memory, &limited) || place_in (hierarchy, pid, memory, &limited)))
        {
          placed = TRUE;
          *ret_limited |= limited;
        }
    }
  return placed;
}

void
sys_cgroup_sweep (void)
{
  g_autoptr (GPtrArray) hierarchies = list_hierarchies ();

  for (guint i = 0; i < hierarchies->len; i++)
    {
      const Hierarchy *hierarchy = hierarchies->pdata[i];
      DIR *dir = opendir (hierarchy->parent);
      const struct dirent *entry;

      while (dir != NULL && (entry = readdir (dir)) != NULL)
        if (g_str_has_prefix (entry->d_name, PREFIX))
          unlinkat (dirfd (dir), entry->d_name, AT_REMOVEDIR);
      if (dir != NULL)
        closedir (dir);
    }
}
