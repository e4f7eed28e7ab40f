/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may be published (upstream validatePath), and what a set of files is once it was checked. */

#include "sys/payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <kvol/kvol-error.h>

#include "unit/publish-place.h"

typedef struct
{
  const char *name;
  const char *path;    /* '#' stands for 255 letters, '%' for 4096 bytes of path */
  const char *refusal; /* NULL: it may be published */
} PathRow;

static const PathRow path_rows[] = {
  { "TestValidatePath: a simple path", "path", NULL },
  { "TestValidatePath: a path with several elements", "path/to/file", NULL },
  { "TestValidatePath: a dot file", ".hidden/.file", NULL },
  { "TestValidatePath: two dots at the beginning of a later element", "a/..x", NULL },
  { "TestValidatePath: two dots at the end of an element", "a../b..", NULL },
  { "TestValidatePath: a name of 255 bytes", "a/#", NULL },
  { "TestValidatePath: a path of 4096 bytes", "%", NULL },
  { "TestValidatePath: an empty path", "", "invalid path: must not be empty: \"\"" },
  { "TestValidatePath: an absolute path", "/dev/null", "invalid path: must be relative path: /dev/null" },
  { "TestValidatePath: a path of 4097 bytes", "%/", "invalid path: must be less than or equal to 4096 characters" },
  { "TestValidatePath: a name of 256 bytes", "a/#b",
    "invalid path: filenames must be less than or equal to 255 characters" },
  { "TestValidatePath: a name of 256 bytes in the middle", "#b/a",
    "invalid path: filenames must be less than or equal to 255 characters" },
  { "TestValidatePath: a way up", "..", "invalid path: must not contain '..': .." },
  { "TestValidatePath: a way up in the middle", "hello/../etc/x",
    "invalid path: must not contain '..': hello/../etc/x" },
  { "TestValidatePath: a way up at the end", "hello/..", "invalid path: must not contain '..': hello/.." },
  { "TestValidatePath: a reserved name", "..sneaky.txt", "invalid path: must not start with '..': ..sneaky.txt" },
  { "the data link", "..data", "invalid path: must not start with '..': ..data" },
  { "the data link in disguise", "./..data", "invalid path: must not start with '..': ./..data" },
  { "the data link in a better disguise", ".//.///..data/x",
    "invalid path: must not start with '..': .//.///..data/x" },
  { "the directory itself", ".", "invalid path: must name a file: ." },
  { "the directory itself at length", "././", "invalid path: must name a file: ././" },
  { "the first rule that is broken is the one that is told", "/../#b", "invalid path: must be relative path: " },
};

static char *
spell_out (const char *path)
{
  GString *spelt = g_string_new (NULL);

  for (; *path != '\0'; path++)
    {
      gsize letters = *path == '#' ? 255 : 0;

      if (*path == '%')
        while (spelt->len < 4096)
          g_string_append (spelt, spelt->len % 16 == 14 ? "/" : "a");
      else if (letters == 0)
        g_string_append_c (spelt, *path);
      while (letters-- > 0)
        g_string_append_c (spelt, 'n');
    }
  return g_string_free (spelt, FALSE);
}

static void
check_path (void **state)
{
  const PathRow *row = *state;
  g_autofree char *path = spell_out (row->path);
  g_autoptr (GError) error = NULL;
  gboolean ok = sys_payload_check_path (path, &error);

  if (row->refusal == NULL)
    {
      assert_null (error);
      assert_true (ok);
      return;
    }
  assert_false (ok);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  assert_true (g_str_has_prefix (error->message, row->refusal));
}

typedef struct
{
  const char *name;
  const char *files;
  const char *clean;   /* the paths in order, with the modes; NULL: refused */
  const char *refusal; /* or a part of it */
  gint64 gid;
  guint n_dirs;
} SetRow;

static const SetRow set_rows[] = {
  { "TestWriteOnce/subdirectories 2: doubled slashes go", "foo//bar.txt=1|bar///bar/zab.txt=2",
    "bar/bar/zab.txt 644, foo/bar.txt 644", NULL, -1, 3 },
  { "dots and slashes at the end go", "./bar=1|foo/./x/=2", "bar 644, foo/x 644", NULL, -1, 1 },
  { "of two paths that clean to the same the last one wins", "./foo:0400=1|bar=2|foo:0600=3", "bar 644, foo 600", NULL,
    -1, 0 },
  { "of three equal paths the last one wins", "a:0400=1|a:0500=2|a:0600=3|b=4", "a 600, b 644", NULL, -1, 0 },
  { "a directory's files are neighbours", "a/b=1|a.c=2|a/d/e=3|a!=4|a/d/f=5|ab/x=6",
    "a/b 644, a/d/e 644, a/d/f 644, a! 644, a.c 644, ab/x 644", NULL, -1, 3 },
  { "a group lets itself read", "a:0600=1|b:0007=2", "a 640, b 447", NULL, 1000, 0 },
  { "nothing is a set", "", "", NULL, -1, 0 },
  { "a path that is a file and a directory is refused", "a/b=1|c=2|a=3", NULL,
    "conflicting paths: \"a\" cannot be a file and the directory of \"a/b\"", -1, 0 },
  { "a path that is a file and a directory is refused whatever sorts between", "a/b=1|a!=2|a=3|a.c=4", NULL,
    "conflicting paths: \"a\" cannot be a file and the directory of \"a/b\"", -1, 0 },
  { "a deep path that is a file and a directory is refused", "x/a=1|x/a/b/c=2", NULL,
    "conflicting paths: \"x/a\" cannot be a file and the directory of \"x/a/b/c\"", -1, 0 },
  { "one bad path refuses all", "foo=1|..bar=2", NULL, "invalid path: must not start with '..': ..bar", -1, 0 },
  { "a mode with a set-id bit is refused", "foo:04755=1", NULL, "invalid mode 04755 of \"foo\"", -1, 0 },
  { "an owner below -1 is refused", "foo@-2=1", NULL, "invalid owner -2 of \"foo\"", -1, 0 },
  { "the owner that means \"no change\" to the kernel is refused", "foo@4294967295=1", NULL,
    "invalid owner 4294967295 of \"foo\"", -1, 0 },
};

static void
check_set (void **state)
{
  const SetRow *row = *state;
  g_auto (PublishFiles) files = publish_files (row->files);
  g_autoptr (GError) error = NULL;
  g_autoptr (SysPayload) payload = sys_payload_new (files.files, files.n_files, row->gid, &error);
  g_autoptr (GString) line = g_string_new (NULL);

  if (row->clean == NULL)
    {
      assert_null (payload);
      assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
      assert_non_null (strstr (error->message, row->refusal));
      return;
    }
  assert_null (error);
  for (guint i = 0; i < payload->n_files; i++)
    g_string_append_printf (line, "%s%s %03o", i > 0 ? ", " : "", payload->files[i].path, payload->files[i].mode);
  assert_string_equal (line->str, row->clean);
  assert_int_equal (payload->n_dirs, row->n_dirs);
}

static void
every_top_name_is_found_and_no_other (void **state)
{
  g_auto (PublishFiles) files = publish_files ("a/b=|a/c=|a.x=|aa/y/z=|b=|foo=|foo-bar/x=|foo.bar=");
  g_autoptr (SysPayload) payload = sys_payload_new (files.files, files.n_files, -1, NULL);
  static const char *const missing[] = { "", "A", "a/b", "a!", "aaa", "c", "fo", "foo-", "foo-barr", "z" };
  guint n_tops = 0;

  assert_non_null (payload);
  for (guint i = 0; i < payload->n_files; i++)
    {
      g_autofree char *top = g_strndup (payload->files[i].path, sys_payload_top_len (payload->files[i].path));

      n_tops += sys_payload_starts_top (payload, i);
      assert_non_null (sys_payload_find_top (payload, top));
      assert_true (sys_payload_starts_top (payload, sys_payload_find_top (payload, top) - payload->files));
    }
  assert_int_equal (n_tops, 7);
  for (gsize i = 0; i < G_N_ELEMENTS (missing); i++)
    assert_null (sys_payload_find_top (payload, missing[i]));
}

static void
a_path_that_the_kernel_does_not_take_below_a_version_is_refused (void **state)
{
  g_autofree char *path = spell_out ("%");
  g_autofree char *longest = g_strndup (path, 4031);
  g_autofree char *longer = g_strndup (path, 4032);

  for (int i = 0; i < 2; i++)
    {
      g_autofree char *line = g_strconcat (i == 0 ? longest : longer, "=", NULL);
      g_auto (PublishFiles) files = publish_files (line);
      g_autoptr (SysPayload) payload = sys_payload_new (files.files, files.n_files, -1, NULL);

      assert_int_equal (payload != NULL, i == 0);
    }
}

int
main (void)
{
  const struct CMUnitTest single[] = {
    cmocka_unit_test (every_top_name_is_found_and_no_other),
    cmocka_unit_test (a_path_that_the_kernel_does_not_take_below_a_version_is_refused),
  };
  g_autoptr (GArray) tests = rows_new ();

  rows_add_all (tests, path_rows, check_path);
  rows_add_all (tests, set_rows, check_set);
  g_array_append_vals (tests, single, G_N_ELEMENTS (single));
  return publish_run_tests ("sys/payload", tests);
}
