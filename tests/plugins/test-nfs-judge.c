/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is to judge of permissions in a volume, its server or this node's kernel, by answers that come late, or between
 * which somebody has changed a mode. */
#include "plugins/nfs-started.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OWNER 4711
#define ANOTHER 4712
#define READ 0x01
#define SEARCH 0x22
#define ALL 0x3f

#define ACCESS NFS_PROGRAM_NFS, 3, 4
#define MKDIR NFS_PROGRAM_NFS, 3, 9
#define LATER 10008
#define GRANTED(owner, mode, granted) ACCESS, NFS_ACT_RIGHTS, NFS_FAULT_RIGHTS (owner, mode, granted), 1
/* The probe asks what its own user may do. */
#define OF_THE_PROBE GRANTED (OWNER, 0755, READ | SEARCH)
/* Everybody's is taken for one user's. */
#define MADE MKDIR, NFS_ACT_RIGHTS, NFS_FAULT_RIGHTS (ANOTHER, 0700, 0), 1

typedef struct
{
  const char *name;
  NfsFaultRule rules[5];
  gsize n_rules;
  gboolean server_judges;
} Row;

static const Row rows[] = {
  { "the stranger is granted what others are denied", { { OF_THE_PROBE }, { GRANTED (OWNER, 0700, READ) } }, 2, TRUE },
  { "the stranger is granted that later",
    { { OF_THE_PROBE }, { ACCESS, NFS_ACT_STATUS, LATER, 1 }, { GRANTED (OWNER, 0700, READ) } },
    3,
    TRUE },
  { "what shows it is made later",
    { { OF_THE_PROBE },
      { GRANTED (OWNER, 0700, 0) },
      { GRANTED (OWNER, 0700, 0) },
      { MKDIR, NFS_ACT_STATUS, LATER, 1 },
      { MADE } },
    5,
    TRUE },
  { "the owner is granted what others are denied",
    { { OF_THE_PROBE }, { GRANTED (OWNER, 0750, 0) }, { GRANTED (OWNER, 0750, ALL) }, { MADE } },
    4,
    FALSE },
  { "others are denied less when the owner is asked",
    { { OF_THE_PROBE }, { GRANTED (OWNER, 0700, 0) }, { GRANTED (OWNER, 0755, READ | SEARCH) }, { MADE } },
    4,
    TRUE },
  { "the owner is another one when the first is asked",
    { { OF_THE_PROBE }, { GRANTED (OWNER, 0700, 0) }, { GRANTED (ANOTHER, 0700, ALL) }, { MADE } },
    4,
    TRUE },
};

/* The kernel is told to judge, or it is not. */
static gboolean
server_judges (const NfsFaultRule *rules, gsize n_rules)
{
  g_autofree char *calls = NULL;
  g_autofree char *words = NULL;

  nfs_started_by (rules, n_rules, &calls, &words);
  if (!g_str_has_prefix (calls, "create_fs fuse "))
    fail_msg ("%s", calls);
  return strstr (calls, "default_permissions") == NULL;
}

static void
judges (void **state)
{
  const Row *row = *state;

  assert_int_equal (server_judges (row->rules, row->n_rules), row->server_judges);
}

int
main (void)
{
  g_autoptr (GArray) tests = rows_new ();

  rows_add_all (tests, rows, judges);
  return nfs_started_run ("who judges", tests);
}
