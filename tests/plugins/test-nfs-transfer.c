/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much a volume's server is told to ask for at a time, by what the NFS server says of that. */
#include "plugins/nfs-started.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FSINFO NFS_PROGRAM_NFS, 3, 19

typedef struct
{
  const char *name;
  guint32 sizes;
  const char *argument; /* NULL: nothing is said of it */
} Row;

static const Row rows[] = {
  { "the most that is taken", NFS_FAULT_SIZES (16, 16, 16, 16), "--transfer=65536" },
  { "the less of reads and writes", NFS_FAULT_SIZES (16, 16, 8, 8), "--transfer=32768" },
  { "what is best if that is less", NFS_FAULT_SIZES (64, 32, 64, 16), "--transfer=65536" },
  { "the most where nothing is best", NFS_FAULT_SIZES (32, 0, 16, 0), "--transfer=65536" },
  { "what is best where there is no most", NFS_FAULT_SIZES (0, 16, 0, 32), "--transfer=65536" },
  { "reads where nothing is said of writes", NFS_FAULT_SIZES (16, 16, 0, 0), "--transfer=65536" },
  { "writes where nothing is said of reads", NFS_FAULT_SIZES (0, 0, 16, 16), "--transfer=65536" },
  { "the usual where nothing is said at all", NFS_FAULT_SIZES (0, 0, 0, 0), NULL },
};

/* The first word that the server is started with that begins so, or NULL. */
static char *
dup_argument (const NfsFaultRule *rule, const char *begin)
{
  g_autofree char *calls = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;

  nfs_started_by (rule, 1, &calls, &text);
  words = g_strsplit (text, " ", -1);
  if (strstr (text, "--root=") == NULL)
    fail_msg ("%s", text);
  for (guint i = 0; words[i] != NULL; i++)
    if (g_str_has_prefix (words[i], begin))
      return g_strdup (words[i]);
  return NULL;
}

static void
is_told (void **state)
{
  const Row *row = *state;
  const NfsFaultRule rule = { FSINFO, NFS_ACT_SIZES, row->sizes, 0 };
  g_autofree char *argument = dup_argument (&rule, "--transfer");

  if (g_strcmp0 (argument, row->argument) != 0)
    fail_msg ("%s and not %s", argument, row->argument);
}

int
main (void)
{
  g_autoptr (GArray) tests = rows_new ();

  rows_add_all (tests, rows, is_told);
  return nfs_started_run ("how much at a time", tests);
}
