/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/maze.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

static void
make_dir (const Maze *self, const char *path)
{
  g_autofree char *full = g_build_filename (self->dir, path, NULL);

  if (g_mkdir (full, 0755) < 0)
    g_error ("cannot make %s: %s", full, g_strerror (errno));
}

static void
make_file (const Maze *self, const char *path)
{
  g_autofree char *full = g_build_filename (self->dir, path, NULL);

  if (!g_file_set_contents (full, "x", 1, NULL))
    g_error ("cannot make %s", full);
}

static void
make_link (const Maze *self, const char *target, const char *path)
{
  g_autofree char *full = g_build_filename (self->dir, path, NULL);

  if (symlink (target, full) < 0)
    g_error ("cannot make %s: %s", full, g_strerror (errno));
}

/* An inside and an outside with the same names in them, and every kind of link between. */
static void
fill (const Maze *self)
{
  static const char *const kinds[] = { "directory", "file", "missing" };
  g_autofree char *outside = g_build_filename (self->dir, "outside", NULL);
  g_autofree char *fifo = g_build_filename (self->dir, "volume", "fifo", NULL);

  make_dir (self, "outside");
  make_dir (self, "outside/directory");
  make_file (self, "outside/file");
  make_dir (self, "volume");
  make_dir (self, "volume/sub");
  make_dir (self, "volume/sub/directory");
  make_file (self, "volume/sub/file");
  if (mkfifo (fifo, 0600) < 0)
    g_error ("cannot make %s: %s", fifo, g_strerror (errno));

  make_link (self, outside, "volume/absolute-middle");
  make_link (self, "../outside", "volume/climbing-middle");
  make_link (self, "sub", "volume/inner-middle");
  make_link (self, "/proc/self/cwd", "volume/magic");
  make_link (self, "loop", "volume/loop");
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *absolute = g_build_filename (outside, kinds[i], NULL);
      g_autofree char *climbing = g_strconcat ("../outside/", kinds[i], NULL);
      g_autofree char *inner = g_strconcat ("sub/", kinds[i], NULL);
      g_autofree char *detour = g_strconcat ("sub/../../volume/sub/", kinds[i], NULL);
      g_autofree char *hop_name = g_strconcat ("hop-", kinds[i], NULL);
      const char *const links[][2] = {
        { "absolute-", absolute }, { "climbing-", climbing }, { "hop-", climbing },
        { "chain-", hop_name },    { "inner-", inner },       { "detour-", detour },
      };

      for (gsize n = 0; n < G_N_ELEMENTS (links); n++)
        {
          g_autofree char *name = g_strconcat ("volume/", links[n][0], kinds[i], NULL);

          make_link (self, links[n][1], name);
        }
    }
}

Maze *
maze_new (void)
{
  Maze *self = g_new0 (Maze, 1);
  g_autofree char *volume = NULL;

  self->dir = g_dir_make_tmp ("kvol-maze-XXXXXX", NULL);
  if (self->dir == NULL)
    g_error ("cannot make a directory for a maze");
  fill (self);
  volume = g_build_filename (self->dir, "volume", NULL);
  self->volume_fd = open (volume, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return self;
}

static int
remove_entry (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  return remove (path);
}

void
maze_free (Maze *self)
{
  close (self->volume_fd);
  nftw (self->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  g_free (self->dir);
  g_free (self);
}

gboolean
maze_has (const Maze *self, const char *path)
{
  return faccessat (self->volume_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
