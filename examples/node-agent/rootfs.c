/* SPDX-License-Identifier: MIT */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <link.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

static gboolean
fail (GError **error, const char *act, const char *path)
{
  g_set_error (error, AGENT_ERROR, AGENT_FAILED, "cannot %s \"%s\": %s", act, path, g_strerror (errno));
  return FALSE;
}

static gboolean
make_directories (const char *base, const char *const *names, GError **error)
{
  for (gsize i = 0; names[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (base, names[i], NULL);

      if (g_mkdir (path, 0755) < 0)
        return fail (error, "make directory", path);
    }
  return TRUE;
}

/* The source is named by its descriptor: no character of its path can be taken for a mount option. */
gboolean
rootfs_from_directory (const char *dir, int source_fd, GError **error)
{
  static const char *const names[] = { "rootfs", "upper", "work", NULL };
  g_autofree char *target = g_build_filename (dir, "rootfs", NULL);

  if (!make_directories (dir, names, error))
    return FALSE;
  if (g_chdir (dir) < 0)
    return fail (error, "enter", dir);

  g_autofree char *options = g_strdup_printf ("lowerdir=/proc/self/fd/%d,upperdir=upper,workdir=work", source_fd);

  if (mount ("overlay", target, "overlay", MS_NODEV, options) == 0)
    return TRUE;

  g_set_error (error, AGENT_ERROR, AGENT_CANNOT, "cannot lay a file system over the root file system given: %s",
               g_strerror (errno));
  return FALSE;
}

static char **
list_commands (const char *busybox, GError **error)
{
  const char *const argv[] = { busybox, "--list", NULL };
  g_autoptr (GSubprocess) process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, error);
  g_autofree char *out = NULL;

  if (process == NULL || !g_subprocess_communicate_utf8 (process, NULL, NULL, &out, NULL, error)
      || !g_subprocess_wait_check (process, NULL, error))
    return NULL;
  return g_strsplit (out, "\n", -1);
}

static gboolean
copy_file (const char *from, const char *to, GError **error)
{
  g_autoptr (GFile) source = g_file_new_for_path (from);
  g_autoptr (GFile) target = g_file_new_for_path (to);

  if (!g_file_copy (source, target, G_FILE_COPY_NONE, NULL, NULL, NULL, error))
    return FALSE;
  return g_chmod (to, 0755) == 0 || fail (error, "make executable", to);
}

static gboolean
install_busybox (const char *rootfs, const char *busybox, GError **error)
{
  g_autofree char *target = g_build_filename (rootfs, "bin", "busybox", NULL);
  g_auto (GStrv) commands = list_commands (busybox, error);

  if (commands == NULL || !copy_file (busybox, target, error))
    return FALSE;
  for (gsize i = 0; commands[i] != NULL; i++)
    {
      g_autofree char *link = g_build_filename (rootfs, "bin", commands[i], NULL);

      if (*commands[i] != '\0' && symlink ("busybox", link) < 0 && errno != EEXIST)
        return fail (error, "make link", link);
    }
  return TRUE;
}

/* A busybox that wants a dynamic loader starts here, but not in a tree that has none. */
static gboolean
is_static (const char *path)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);
  gsize length = file != NULL ? g_mapped_file_get_length (file) : 0;
  const char *bytes = length > 0 ? g_mapped_file_get_contents (file) : NULL;
  ElfW (Ehdr) head;

  if (length < sizeof head)
    return FALSE;
  memcpy (&head, bytes, sizeof head);
  for (gsize i = 0; i < head.e_phnum; i++)
    {
      gsize at = head.e_phoff + i * sizeof (ElfW (Phdr));
      ElfW (Phdr) part;

      if (at > length || length - at < sizeof part)
        return FALSE;
      memcpy (&part, bytes + at, sizeof part);
      if (part.p_type == PT_INTERP)
        return FALSE;
    }
  return memcmp (head.e_ident, ELFMAG, SELFMAG) == 0;
}

static gboolean
write_accounts (const char *rootfs, GError **error)
{
  g_autofree char *passwd = g_build_filename (rootfs, "etc", "passwd", NULL);
  g_autofree char *group = g_build_filename (rootfs, "etc", "group", NULL);

  return g_file_set_contents_full (passwd, "root:x:0:0:root:/root:/bin/sh\n", -1, G_FILE_SET_CONTENTS_NONE, 0644, error)
         && g_file_set_contents_full (group, "root:x:0:\n", -1, G_FILE_SET_CONTENTS_NONE, 0644, error);
}

gboolean
rootfs_from_busybox (const char *dir, GError **error)
{
  static const char *const first[] = { "rootfs", NULL };
  static const char *const names[] = { "bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr", "var", NULL };
  g_autofree char *rootfs = g_build_filename (dir, "rootfs", NULL);
  g_autofree char *tmp = g_build_filename (rootfs, "tmp", NULL);
  g_autofree char *sbin = g_build_filename (rootfs, "sbin", NULL);
  g_autofree char *usr_bin = g_build_filename (rootfs, "usr", "bin", NULL);
  g_autofree char *busybox = g_find_program_in_path ("busybox");

  if (busybox == NULL || !is_static (busybox))
    {
      g_set_error (error, AGENT_ERROR, AGENT_CANNOT,
                   "there is no static busybox here to make a root file system of: install busybox-static, or give "
                   "--rootfs");
      return FALSE;
    }
  if (!make_directories (dir, first, error) || !make_directories (rootfs, names, error))
    return FALSE;
  if (g_chmod (tmp, 01777) < 0 || symlink ("bin", sbin) < 0 || symlink ("../bin", usr_bin) < 0)
    return fail (error, "prepare", rootfs);
  return install_busybox (rootfs, busybox, error) && write_accounts (rootfs, error);
}
