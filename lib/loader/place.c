/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/place.h"

#include <stdlib.h>

#include "sys/image.h"

/* Beside the library, or below it once it is installed. Tests, the worker and plugin-test contain the library: they
 * lie in bin, libexec or tests/unit, one or two levels deeper than it would. */
static const char *const beside[] = { "", "kvol", "..", "../lib/kvol", "../.." };

static gboolean
has_directory (const char *base, const char *name)
{
  g_autofree char *path = g_build_filename (base, name, NULL);

  return g_file_test (path, G_FILE_TEST_IS_DIR);
}

/* The directory that holds both "plugins" and "libexec": one of the two names alone may be somebody else's. */
static char *
dup_base (void)
{
  /* Any constant of this library. */
  g_autofree char *image = sys_image_dup_path (beside);
  g_autofree char *dir = image != NULL ? g_path_get_dirname (image) : NULL;

  for (gsize i = 0; dir != NULL && i < G_N_ELEMENTS (beside); i++)
    {
      g_autofree char *path = g_build_filename (dir, beside[i], NULL);
      g_autofree char *base = g_canonicalize_filename (path, "/");

      if (has_directory (base, "plugins") && has_directory (base, "libexec"))
        return g_steal_pointer (&base);
    }
  return dir != NULL ? g_build_filename (dir, "kvol", NULL) : g_strdup ("/usr/lib/kvol");
}

static char *
dup_dir (const char *variable, const char *name)
{
  const char *said = secure_getenv (variable);
  g_autofree char *base = NULL;

  if (said != NULL && *said != '\0')
    return g_canonicalize_filename (said, NULL);
  base = dup_base ();
  return g_build_filename (base, name, NULL);
}

char *
loader_place_plugins (void)
{
  return dup_dir ("KVOL_PLUGIN_DIR", "plugins");
}

char *
loader_place_program (const char *name)
{
  g_autofree char *dir = dup_dir ("KVOL_LIBEXEC_DIR", "libexec");
  g_autofree char *path = g_build_filename (dir, name, NULL);

  return g_file_test (path, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer (&path) : NULL;
}
