/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "expect.h"

#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <kvol/kvol-abi.h>

/* In the order of the KVOL_MADE_ constants and of KvolError. */
static const char *const kinds[] = { "filled", "tree", "host-path", "mounted", "device" };
static const char *const codes[] = { "FINAL",  "TRANSIENT", "UNCERTAIN", "INVALID_SPEC", "NOT_SUPPORTED",
                                     "ABSENT", "FORBIDDEN", "BUSY",      "ABI" };

static const struct
{
  const char *name;
  long magic;
} file_systems[] = {
  { "tmpfs", TMPFS_MAGIC },
  { "hugetlbfs", HUGETLBFS_MAGIC },
  { "nfs", NFS_SUPER_MAGIC },
};

/* ---- the volume ---- */

static void
check_kind (GVariant *expect, int made_kind, Verdict *verdict)
{
  const char *kind = NULL;

  if (g_variant_lookup (expect, "kind", "&s", &kind)
      && (made_kind < 0 || made_kind >= (int) G_N_ELEMENTS (kinds) || !g_str_equal (kinds[made_kind], kind)))
    verdict_fail (verdict, "setup answered result kind %d, not \"%s\"", made_kind, kind);
}

static void
check_mode (const char *path, gint64 mode, Verdict *verdict)
{
  struct stat st = { 0 };

  if (lstat (path, &st) < 0)
    verdict_fail (verdict, "%s is missing", path);
  else if ((st.st_mode & 07777) != (mode_t) mode)
    verdict_fail (verdict, "%s has mode %04o, not %04o", path, st.st_mode & 07777, (unsigned) mode);
}

static void
check_file_system (GVariant *expect, const char *path, Verdict *verdict)
{
  struct statfs fs = { 0 };
  const char *name = NULL;
  gint64 size = -1;

  g_variant_lookup (expect, "fs", "&s", &name);
  g_variant_lookup (expect, "size", "x", &size);
  if (name == NULL && size < 0)
    return;
  if (statfs (path, &fs) < 0)
    verdict_fail (verdict, "statfs of %s failed", path);
  for (gsize i = 0; i < G_N_ELEMENTS (file_systems); i++)
    if (g_strcmp0 (file_systems[i].name, name) == 0 && (long) fs.f_type != file_systems[i].magic)
      verdict_fail (verdict, "%s is of file system type 0x%lx, not %s", path, (long) fs.f_type, name);
  if (size >= 0 && (gint64) (fs.f_blocks * (guint64) fs.f_bsize) != size)
    verdict_fail (verdict, "%s has %" G_GUINT64_FORMAT " bytes, not %" G_GINT64_FORMAT, path,
                  (guint64) (fs.f_blocks * (guint64) fs.f_bsize), size);
}

/* ---- its files ---- */

static void
check_content (const char *path, const char *content, Verdict *verdict)
{
  g_autofree char *found = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &found, &length, NULL))
    verdict_fail (verdict, "%s cannot be read", path);
  else if (length != strlen (content) || memcmp (found, content, length) != 0)
    verdict_fail (verdict, "%s has other content than expected", path);
}

static void
check_file (const char *path, GVariant *file, Verdict *verdict)
{
  const char *content = NULL, *link = NULL;
  gboolean absent = FALSE;
  gint64 mode = -1;
  /* A projection's names are links; mode and content are those of the file. */
  g_autofree char *real = g_canonicalize_filename (path, NULL);
  g_autofree char *target = g_file_read_link (path, NULL);

  if (g_variant_is_of_type (file, G_VARIANT_TYPE_STRING))
    {
      check_content (path, g_variant_get_string (file, NULL), verdict);
      return;
    }
  if (!g_variant_is_of_type (file, G_VARIANT_TYPE_VARDICT))
    {
      verdict_fail (verdict, "expect.files: a file is a string or a mapping of content, mode, link, absent");
      return;
    }
  g_variant_lookup (file, "absent", "b", &absent);
  if (absent && (target != NULL || g_file_test (path, G_FILE_TEST_EXISTS)))
    verdict_fail (verdict, "%s is there", path);
  if (g_variant_lookup (file, "link", "&s", &link) && g_strcmp0 (target, link) != 0)
    verdict_fail (verdict, "%s links to \"%s\", not to \"%s\"", path, target != NULL ? target : "", link);
  if (g_variant_lookup (file, "content", "&s", &content))
    check_content (path, content, verdict);
  if (g_variant_lookup (file, "mode", "x", &mode))
    {
      struct stat st = { 0 };

      if (stat (real, &st) < 0 || (st.st_mode & 07777) != (mode_t) mode)
        verdict_fail (verdict, "%s has mode %04o, not %04o", path, st.st_mode & 07777, (unsigned) mode);
    }
}

void
expect_check (GVariant *expect, int made_kind, const char *path, Verdict *verdict)
{
  g_autoptr (GVariant) files = g_variant_lookup_value (expect, "files", G_VARIANT_TYPE_VARDICT);
  const char *where = NULL;
  GVariantIter iter;
  const char *name;
  GVariant *file;
  gint64 mode;

  check_kind (expect, made_kind, verdict);
  if (g_variant_lookup (expect, "path", "&s", &where) && !g_str_equal (where, path))
    verdict_fail (verdict, "the volume is at %s, not at %s", path, where);
  if (g_variant_lookup (expect, "mode", "x", &mode))
    check_mode (path, mode, verdict);
  check_file_system (expect, path, verdict);
  if (files == NULL)
    return;
  g_variant_iter_init (&iter, files);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &file))
    {
      g_autofree char *file_path = g_build_filename (path, name, NULL);

      check_file (file_path, file, verdict);
    }
}

void
expect_check_error (GVariant *expect, const GError *error, Verdict *verdict)
{
  const char *code = NULL, *message = NULL;
  const char *found = "another domain's";

  if (error->domain == KVOL_ERROR)
    found = error->code >= 0 && error->code < (int) G_N_ELEMENTS (codes) ? codes[error->code] : "unknown";
  if (g_variant_lookup (expect, "error", "&s", &code) && !g_str_equal (code, found))
    verdict_fail (verdict, "the error is %s, not %s: %s", found, code, error->message);
  if (g_variant_lookup (expect, "message", "&s", &message) && strstr (error->message, message) == NULL)
    verdict_fail (verdict, "the error says \"%s\", not \"%s\"", error->message, message);
}
