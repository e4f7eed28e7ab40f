/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What fails a cmocka test. It lies in a file of its own, so that a program that is no test need not link cmocka. */

#include "support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "support/verdict.h"

void
assert_nothing_left (const char *dir)
{
  g_autofree char *left = scratch_dup_left (dir);

  if (left != NULL)
    fail_msg ("left behind:\n%s", left);
}

gboolean
file_has (const char *path, const char *content)
{
  g_autofree char *found = NULL;
  gsize length = 0;

  return g_file_get_contents (path, &found, &length, NULL) && length == strlen (content)
         && memcmp (found, content, length) == 0;
}

void
assert_file_has (const char *path, const char *content)
{
  g_autofree char *found = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  if (!g_file_get_contents (path, &found, &length, &error))
    fail_msg ("%s", error->message);
  assert_string_equal (found, content);
  assert_int_equal (length, strlen (content));
}

unsigned
file_mode (const char *path)
{
  struct stat st = { 0 };

  if (lstat (path, &st) < 0)
    fail_msg ("%s is missing", path);
  return st.st_mode & 07777;
}

void
assert_verdict (const Verdict *verdict)
{
  g_auto (GStrv) lines = g_strsplit (verdict->text->str, "\n", -1);

  if (verdict->level == VERDICT_PASS)
    return;
  for (gsize i = 0; lines[i] != NULL; i++)
    print_message ("#   %s\n", lines[i]);
  fail ();
}
