/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kvol relies on in the kernel's NFS client, against a real server: what a mount needs, with which words and
 * numbers it fails, and that it comes off again. Each for v3, v4.0 and v4.1. */
#include "kernel-nfs.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-macros.h>

#include "support/scratch.h"

/* One server for all rows: those that stop one have their own program. */
typedef struct
{
  char *data;
  char *target;
  NfsServer *server;
} World;

typedef struct
{
  const KernelNfsVersion *version;
  World *world;
} Row;

/* ---- what works ---- */

static void
what_is_written_is_on_the_server_and_the_reverse (void **state)
{
  const Row *row = *state;
  g_autofree char *sent = g_strdup_printf ("%s/%s-sent", row->world->data, row->version->name);
  g_autofree char *send = g_strdup_printf ("%s/%s-sent", row->world->target, row->version->name);
  g_autofree char *given = g_strdup_printf ("%s/%s-given", row->world->data, row->version->name);
  g_autofree char *take = g_strdup_printf ("%s/%s-given", row->world->target, row->version->name);
  g_autofree char *text = NULL;
  KVOL_AUTO_FD tree = kernel_nfs_mount (row->version, "/exports/data", NULL, &text);

  if (tree < 0)
    fail_msg ("%s: %s", g_strerror (errno), text);
  kernel_nfs_hang (tree, row->world->target);
  assert_true (g_file_set_contents (send, "from the client", -1, NULL));
  assert_true (file_has (sent, "from the client"));
  assert_true (g_file_set_contents (given, "from the server", -1, NULL));
  assert_true (file_has (take, "from the server"));
  /* The descriptor of the tree is a user of the mount. */
  assert_int_equal (umount2 (row->world->target, UMOUNT_NOFOLLOW), -1);
  assert_int_equal (errno, EBUSY);
  kvol_clear_fd (&tree);
  assert_int_equal (umount2 (row->world->target, UMOUNT_NOFOLLOW), 0);
}

static void
a_tree_that_is_hung_comes_off_at_once (void **state)
{
  const Row *row = *state;
  KVOL_AUTO_FD tree = kernel_nfs_mount (row->version, "/exports/data", NULL, NULL);

  kernel_nfs_hang (tree, row->world->target);
  kvol_clear_fd (&tree);
  assert_int_equal (umount2 (row->world->target, UMOUNT_NOFOLLOW), 0);
}

static void
a_read_only_export_mounts_and_refuses_writes_with_EROFS (void **state)
{
  const Row *row = *state;
  g_autofree char *file = g_strconcat (row->world->target, "/file", NULL);
  KVOL_AUTO_FD tree = kernel_nfs_mount (row->version, "/exports/read-only", NULL, NULL);

  kernel_nfs_hang (tree, row->world->target);
  kvol_clear_fd (&tree);
  assert_int_equal (open (file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), -1);
  assert_int_equal (errno, EROFS);
  assert_int_equal (umount2 (row->world->target, UMOUNT_NOFOLLOW), 0);
}

static void
a_squashed_root_makes_files_of_the_anonymous_user (void **state)
{
  const Row *row = *state;
  g_autofree char *file = g_strconcat (row->world->target, "/", row->version->name, NULL);
  KVOL_AUTO_FD tree = kernel_nfs_mount (row->version, "/exports/squashed", NULL, NULL);
  struct stat found;

  kernel_nfs_hang (tree, row->world->target);
  kvol_clear_fd (&tree);
  assert_true (g_file_set_contents (file, "", -1, NULL));
  assert_int_equal (stat (file, &found), 0);
  assert_int_equal (found.st_uid, 4711);
  assert_int_equal (umount2 (row->world->target, UMOUNT_NOFOLLOW), 0);
}

/* ---- what does not ---- */

typedef struct
{
  const char *name;
  const char *path;
  const char *options;
  int v3; /* errno */
  int v4;
  const char *text; /* of the kernel, in part; NULL: whatever it says */
} Failure;

static const Failure failures[] = {
  { "an export that is not there", "/exports/nothing", NULL, EACCES, ENOENT, NULL },
  { "an export that is denied", "/exports/denied", NULL, EACCES, ENOENT, NULL },
  { "an option that nobody knows", "/exports/data", "sticky", EINVAL, EINVAL, "Unknown parameter 'sticky'" },
  { "a value that makes no sense", "/exports/data", "timeo=soon", EINVAL, EINVAL, "timeo" },
  { "a port that is closed", "/exports/data", "port=9,mountport=9,soft,timeo=10,retrans=1", ECONNREFUSED, ECONNREFUSED,
    NULL },
};

typedef struct
{
  Row row;
  const Failure *failure;
} FailureRow;

static void
a_mount_fails_so (void **state)
{
  const FailureRow *row = *state;
  const gboolean is_v3 = g_str_equal (row->row.version->type, "nfs");
  g_autofree char *options = g_strdup (row->failure->options);
  g_autofree char *text = NULL;
  KVOL_AUTO_FD tree = -1;

  /* There is no MOUNT protocol to configure in v4. */
  if (!is_v3 && options != NULL && strstr (options, "mountport") != NULL)
    {
      g_free (options);
      options = g_strdup ("port=9,soft,timeo=10,retrans=1");
    }
  tree = kernel_nfs_mount (row->row.version, row->failure->path, options, &text);
  assert_int_equal (tree, -1);
  if (errno != (is_v3 ? row->failure->v3 : row->failure->v4))
    fail_msg ("%s, and the kernel says \"%s\"", g_strerror (errno), text);
  if (row->failure->text != NULL && strstr (text, row->failure->text) == NULL)
    fail_msg ("the kernel says \"%s\"", text);
}

static void
without_an_address_there_is_no_mount (void **state)
{
  const Row *row = *state;
  g_autofree char *source = g_strconcat ("127.0.0.1:", "/exports/data", NULL);

  assert_int_equal (mount (source, row->world->target, row->version->type, 0, row->version->options), -1);
  assert_int_equal (errno, EINVAL);
}

/* ---- all ---- */

static World *
world_new (void)
{
  World *world = g_new0 (World, 1);
  g_autofree char *squashed = scratch_dir ("squashed");
  g_autoptr (GError) error = NULL;

  world->data = scratch_dir ("data");
  world->target = scratch_dir ("target");
  chmod (squashed, 0777);
  const NfsExport exports[] = {
    { .path = "/exports/data", .directory = world->data },
    { .path = "/exports/read-only", .directory = world->data, .read_only = TRUE },
    { .path = "/exports/squashed", .directory = squashed, .squash = NFS_SQUASH_ALL, .anonymous = 4711 },
    { .path = "/exports/denied", .directory = world->data, .client = "127.0.0.9" },
    { 0 },
  };
  const NfsServerSettings settings = { .exports = exports };

  world->server = nfs_server_start (&settings, &error);
  if (world->server == NULL)
    g_error ("%s", error->message);
  return world;
}

static void
add (GArray *tests, World *world, const KernelNfsVersion *version, const char *name, CMUnitTestFunction function)
{
  Row *row = g_new0 (Row, 1);
  const struct CMUnitTest test = { .name = g_strdup_printf ("%s: %s", version->name, name),
                                   .test_func = function,
                                   .initial_state = row };

  *row = (Row){ .version = version, .world = world };
  g_array_append_val (tests, test);
}

static void
add_failure (GArray *tests, World *world, const KernelNfsVersion *version, const Failure *failure)
{
  FailureRow *row = g_new0 (FailureRow, 1);
  const struct CMUnitTest test = { .name = g_strdup_printf ("%s: %s", version->name, failure->name),
                                   .test_func = a_mount_fails_so,
                                   .initial_state = row };

  *row = (FailureRow){ .row = { .version = version, .world = world }, .failure = failure };
  g_array_append_val (tests, test);
}

#define ADD(test) add (tests, world, &kernel_nfs_versions[i], #test, test)

int
main (void)
{
  GArray *tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  const char *reason = NULL;
  World *world;
  int failed;

  if (!scratch_enter (&reason) || !nfs_net_enter (&reason))
    g_error ("%s", reason);
  world = world_new ();
  for (gsize i = 0; i < kernel_nfs_n_versions; i++)
    {
      ADD (what_is_written_is_on_the_server_and_the_reverse);
      ADD (a_tree_that_is_hung_comes_off_at_once);
      ADD (a_read_only_export_mounts_and_refuses_writes_with_EROFS);
      ADD (a_squashed_root_makes_files_of_the_anonymous_user);
      ADD (without_an_address_there_is_no_mount);
      for (gsize j = 0; j < G_N_ELEMENTS (failures); j++)
        add_failure (tests, world, &kernel_nfs_versions[i], &failures[j]);
    }
  failed = _cmocka_run_group_tests ("the kernel's NFS client", (const struct CMUnitTest *) (gpointer) tests->data,
                                    tests->len, NULL, NULL);
  nfs_server_stop (world->server);
  return failed;
}
