/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The scratch file system covers a directory that every machine has and no test needs. It is visible in this process's
 * mount namespace only, so it goes with the last process in there and nothing has to be cleaned up, which a directory
 * of our own under /tmp would need. Which directory it is follows from where the program lies, and is asked again each
 * time; the mark lies in it: there is no state to keep. */

#include "support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

/* The first of these that exists and that the running program is not in: covering it would hide what is tested. */
static char *
scratch_place (void)
{
  static const char *const places[] = { "/mnt", "/media", "/srv", "/opt" };
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *inside = NULL;
      char *place = realpath (places[i], NULL);

      if (place == NULL || !g_file_test (place, G_FILE_TEST_IS_DIR))
        {
          free (place);
          continue;
        }
      inside = g_strconcat (place, "/", NULL);
      if (program == NULL || !g_str_has_prefix (program, inside))
        return place;
      free (place);
    }
  return NULL;
}

static gboolean
write_string (const char *path, const char *text)
{
  KVOL_AUTO_FD fd = open (path, O_WRONLY | O_CLOEXEC);

  return fd >= 0 && write (fd, text, strlen (text)) == (ssize_t) strlen (text);
}

/* Becomes root in a user namespace that knows one user and one group. */
static gboolean
enter_user_namespace (void)
{
  g_autofree char *uid_map = g_strdup_printf ("0 %u 1", geteuid ());
  g_autofree char *gid_map = g_strdup_printf ("0 %u 1", getegid ());

  return unshare (CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_string ("/proc/self/setgroups", "deny")
         && write_string ("/proc/self/uid_map", uid_map) && write_string ("/proc/self/gid_map", gid_map);
}

gboolean
scratch_enter (const char **ret_reason)
{
  g_autofree char *place = scratch_place ();

  if (place == NULL)
    {
      *ret_reason = "no directory to mount a scratch file system on";
      return FALSE;
    }
  if (unshare (CLONE_NEWNS) < 0 && !enter_user_namespace ())
    {
      *ret_reason = "needs root, or user namespaces (a chroot and some kernel settings forbid them)";
      return FALSE;
    }
  if (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount ("scratch", place, "tmpfs", 0, "mode=0755") < 0)
    {
      *ret_reason = "this machine does not let a mount namespace mount a tmpfs";
      return FALSE;
    }
  return TRUE;
}

gboolean
scratch_is_real_root (void)
{
  g_autofree char *map = NULL;
  unsigned inside = 1, outside = 1, count = 0;

  return geteuid () == 0 && g_file_get_contents ("/proc/self/uid_map", &map, NULL, NULL)
         && sscanf (map, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 && outside == 0
         && count == G_MAXUINT32;
}

char *
scratch_dir (const char *name)
{
  g_autofree char *place = scratch_place ();
  char *dir = g_strdup_printf ("%s/%s-XXXXXX", place, name);

  if (g_mkdtemp_full (dir, 0755) == NULL || chmod (dir, 0755) < 0)
    g_error ("cannot make a scratch directory %s: %s", dir, g_strerror (errno));
  return dir;
}

/* ---- what is there: one line for each thing ---- */

static void
add_mounts (GPtrArray *lines)
{
  g_autofree char *table = NULL;
  g_auto (GStrv) mounts = NULL;

  if (!g_file_get_contents ("/proc/self/mountinfo", &table, NULL, NULL))
    g_error ("cannot read /proc/self/mountinfo");
  mounts = g_strsplit (table, "\n", -1);
  for (gsize i = 0; mounts[i] != NULL; i++)
    {
      char id[16], parent[16], device[32], root[4096], point[4096];

      /* Options may change (a remount is not a leak); what is mounted where is what counts. */
      if (sscanf (mounts[i], "%15s %15s %31s %4095s %4095s", id, parent, device, root, point) == 5)
        g_ptr_array_add (lines, g_strdup_printf ("mount %s of %s, id %s", point, root, id));
    }
}

static void
add_descriptors (GPtrArray *lines)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  guint n_sockets = 0;
  guint n_processes = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (link, NULL);
      g_autofree char *self = g_strdup_printf ("/proc/%d/fd", getpid ());

      /* A manager that was started anew has new workers, behind any descriptors: they count by number. */
      if (target != NULL && g_str_has_prefix (target, "socket:["))
        g_ptr_array_add (lines, g_strdup_printf ("socket %u", ++n_sockets));
      else if (g_strcmp0 (target, "anon_inode:[pidfd]") == 0)
        g_ptr_array_add (lines, g_strdup_printf ("pidfd %u", ++n_processes));
      else if (target != NULL && !g_str_equal (target, self) && !g_str_equal (target, "anon_inode:[eventfd]"))
        g_ptr_array_add (lines, g_strdup_printf ("descriptor %s of %s", name, target));
    }
}

static void
add_files (GPtrArray *lines, const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      g_ptr_array_add (lines, g_strdup_printf ("file %s", child));
      if (!g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        add_files (lines, child);
    }
}

static char *
mark_path (void)
{
  g_autofree char *place = scratch_place ();

  return g_build_filename (place, ".mark", NULL);
}

void
scratch_mark (void)
{
  g_autofree char *path = mark_path ();
  g_autofree char *text = NULL;
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  add_mounts (lines);
  add_descriptors (lines);
  g_ptr_array_add (lines, NULL);
  text = g_strjoinv ("\n", (char **) lines->pdata);
  if (!g_file_set_contents (path, text, -1, &error))
    g_error ("cannot keep the mark: %s", error->message);
}

char *
scratch_dup_left (const char *dir)
{
  g_autofree char *path = mark_path ();
  g_autofree char *text = NULL;
  g_auto (GStrv) before = NULL;
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) left = g_string_new (NULL);

  if (!g_file_get_contents (path, &text, NULL, NULL))
    g_error ("scratch_mark() was not called");
  before = g_strsplit (text, "\n", -1);
  add_mounts (lines);
  add_descriptors (lines);
  if (dir != NULL)
    add_files (lines, dir);

  for (guint i = 0; i < lines->len; i++)
    if (!g_strv_contains ((const char *const *) before, lines->pdata[i]))
      g_string_append_printf (left, "%s%s", left->len > 0 ? "\n" : "", (char *) lines->pdata[i]);
  return left->len > 0 ? g_string_free (g_steal_pointer (&left), FALSE) : NULL;
}

unsigned
scratch_count_names (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  unsigned n = 0;

  if (dir == NULL)
    g_error ("%s", error->message);
  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

unsigned
count_mounts (void)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  add_mounts (lines);
  return lines->len;
}
