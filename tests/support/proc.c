/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/proc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The name is in parentheses and may hold anything. */
char **
proc_read_stat (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "stat", NULL);
  g_autofree char *text = NULL;

  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return g_strsplit (strrchr (text, ')') + strlen (") "), " ", -1);
}

guint64
proc_read_status (pid_t pid, const char *name, guint base)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int) pid);
  g_autofree char *start = g_strdup_printf ("\n%s:", name);
  g_autofree char *text = NULL;
  const char *field;

  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  field = strstr (text, start);
  assert_non_null (field);
  return g_ascii_strtoull (field + strlen (start), NULL, base);
}

gboolean
proc_has_thread (pid_t pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task", (int) pid);
  g_autoptr (GDir) threads = g_dir_open (path, 0, NULL);
  const char *thread;
  gboolean has = FALSE;

  assert_non_null (threads);
  while (!has && (thread = g_dir_read_name (threads)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, thread, "comm", NULL);
      g_autofree char *text = NULL;

      /* Or it has ended meanwhile. */
      has = g_file_get_contents (file, &text, NULL, NULL) && g_str_equal (g_strchomp (text), name);
    }
  return has;
}
