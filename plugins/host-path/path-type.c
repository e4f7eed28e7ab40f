/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One look at the path decides, so nobody can show one thing to the check and have another one judged. Links of the
 * host are followed, /var/run is one. What has to be made is made name by name below a held descriptor, and only where
 * nothing is: a link that leads nowhere is not an invitation to create what it points to. */
#include "path-type.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

typedef int (*CreateFunc) (const char *path, GError **error);

static int create_dirs (const char *path, GError **error);
static int create_file (const char *path, GError **error);

static const struct
{
  const char *type;
  mode_t format;
  const char *noun;
  CreateFunc create;
} types[] = {
  { "DirectoryOrCreate", S_IFDIR, "directory", create_dirs },
  { "Directory", S_IFDIR, "directory", NULL },
  { "FileOrCreate", S_IFREG, "file", create_file },
  { "File", S_IFREG, "file", NULL },
  { "Socket", S_IFSOCK, "socket file", NULL },
  { "CharDevice", S_IFCHR, "character device", NULL },
  { "BlockDevice", S_IFBLK, "block device", NULL },
};

static int
code_of (int number)
{
  if (number == ENOENT || number == ENOTDIR)
    return KVOL_ERROR_ABSENT;
  return number == EACCES || number == EPERM ? KVOL_ERROR_FORBIDDEN : KVOL_ERROR_FINAL;
}

static int
throw_fd (GError **error, const char *act, const char *path)
{
  int number = errno;

  g_set_error (error, KVOL_ERROR, code_of (number), "%s %s: %s", act, path, g_strerror (number));
  return -1;
}

/* Goes from @dir_fd into @name and makes it when nothing is there. What was made just now is not a link. */
static int
enter_dir (int dir_fd, const char *name)
{
  int fd = openat (dir_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (fd >= 0 || errno != ENOENT)
    return fd;
  if (mkdirat (dir_fd, name, 0755) < 0 && errno != EEXIST)
    return -1;
  return openat (dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
create_dirs (const char *path, GError **error)
{
  g_auto (GStrv) names = g_strsplit (path, "/", -1);
  KVOL_AUTO_FD here = open (path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

  for (size_t i = 0; names[i] != NULL; i++)
    {
      int next = enter_dir (here, names[i][0] != '\0' ? names[i] : ".");

      if (next < 0)
        return throw_fd (error, "create directory", path);
      kvol_clear_fd (&here);
      here = next;
    }
  return g_steal_fd (&here);
}

static int
create_file (const char *path, GError **error)
{
  const char *slash = strrchr (path, '/');
  const char *name = slash ? slash + 1 : path;
  g_autofree char *parent_path = slash ? g_strndup (path, slash + 1 - path) : g_strdup (".");
  KVOL_AUTO_FD parent = open (parent_path, O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (parent < 0)
    return throw_fd (error, "create file", path);

  int fd = openat (parent, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

  if (fd < 0 && errno == EEXIST)
    fd = openat (parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  return fd >= 0 ? fd : throw_fd (error, "create file", path);
}

gboolean
host_path_is_of_type (const char *path, const char *type, GError **error)
{
  size_t i = 0;
  struct stat st = { 0 };

  if (type[0] == '\0')
    return TRUE;
  while (i < G_N_ELEMENTS (types) && !g_str_equal (types[i].type, type))
    i++;
  if (i == G_N_ELEMENTS (types))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s is an invalid volume type", type);
      return FALSE;
    }

  gboolean is_there = stat (path, &st) == 0;

  if (!is_there && types[i].create != NULL)
    {
      KVOL_AUTO_FD fd = types[i].create (path, error);

      if (fd < 0)
        return FALSE;
      is_there = fstat (fd, &st) == 0;
    }
  /* Something else than asked for may still become it: a service replaces its socket when it starts again. */
  int code = is_there ? KVOL_ERROR_FINAL : code_of (errno);

  if (is_there && (st.st_mode & S_IFMT) == types[i].format)
    return TRUE;
  g_set_error (error, KVOL_ERROR, code, "hostPath type check failed: %s is not a %s", path, types[i].noun);
  return FALSE;
}
