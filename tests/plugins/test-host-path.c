/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hostPath: every thing that can lie at a path against every type. The rows carry the names of upstream's tests
 * (pkg/volume/hostpath). */
#include "scripted-host.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "support/scratch.h"

static gboolean
make_nothing (const char *path)
{
  return TRUE;
}

static gboolean
make_dir (const char *path)
{
  return mkdir (path, 0700) == 0;
}

static gboolean
make_file (const char *path)
{
  return g_file_set_contents (path, "content", -1, NULL);
}

static gboolean
make_socket (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  KVOL_AUTO_FD fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  return bind (fd, (struct sockaddr *) &address, sizeof address) == 0;
}

/* A link will do: links are followed. */
static gboolean
make_char_device (const char *path)
{
  return symlink ("/dev/null", path) == 0;
}

static gboolean
make_block_device (const char *path)
{
  return mknod (path, S_IFBLK | 0600, makedev (7, 0)) == 0;
}

static gboolean
can_make_block_device (void)
{
  g_autofree char *dir = g_dir_make_tmp ("kvol-host-path-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "device", NULL);
  gboolean made = make_block_device (path);

  scripted_remove_tree (dir);
  return made;
}

static gboolean
make_fifo (const char *path)
{
  return mkfifo (path, 0600) == 0;
}

static gboolean
make_dangling_link (const char *path)
{
  g_autofree char *target = g_strconcat (path, "-target", NULL);

  return symlink (target, path) == 0;
}

static const struct
{
  const char *name; /* as upstream's rows begin */
  gboolean (*make) (const char *path);
  const char *own_type;    /* that takes it */
  const char *create_type; /* and that takes it or makes it */
} things[] = {
  { "New Folder or File", make_nothing, NULL, NULL },
  { "Existing Folder", make_dir, "Directory", "DirectoryOrCreate" },
  { "Existing File", make_file, "File", "FileOrCreate" },
  { "Existing Socket", make_socket, "Socket", NULL },
  { "Existing Character Device", make_char_device, "CharDevice", NULL },
  { "Existing Block Device", make_block_device, "BlockDevice", NULL },
  { "Existing FIFO", make_fifo, NULL, NULL },
  { "Existing link to nowhere", make_dangling_link, NULL, NULL },
};

static const struct
{
  const char *type;
  const char *noun; /* in the message */
} types[] = {
  { "", NULL },
  { "DirectoryOrCreate", "directory" },
  { "Directory", "directory" },
  { "FileOrCreate", "file" },
  { "File", "file" },
  { "Socket", "socket file" },
  { "CharDevice", "character device" },
  { "BlockDevice", "block device" },
};

/* One of each. */
typedef struct
{
  size_t thing;
  size_t type;
} Pair;

static gboolean
is_accepted (const Pair *pair)
{
  const char *type = types[pair->type].type;

  if (*type == '\0' || g_strcmp0 (type, things[pair->thing].own_type) == 0
      || g_strcmp0 (type, things[pair->thing].create_type) == 0)
    return TRUE;
  return things[pair->thing].make == make_nothing && g_str_has_suffix (type, "OrCreate");
}

static void
set_options (ScriptedVolume *volume, const char *path, const char *type)
{
  scripted_volume_init (volume, NULL);
  volume->node.options = g_variant_ref_sink (g_variant_new_parsed ("{'path': <%s>, 'type': <%s>}", path, type));
}

/* Sets up a hostPath in a test directory that is gone afterwards; fails the test unless it is accepted. */
static void
assert_accepted (const char *path, const char *type)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("host-path", "kubernetes.io/host-path");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  set_options (&volume, path, type);
  if (!scripted_setup (host, &volume, -1, &error))
    fail_msg ("%s as %s: %s", path, type, error->message);
  assert_int_equal (volume.made.kind, KVOL_MADE_HOST_PATH);
  assert_string_equal (volume.made.path, path);
  assert_int_equal (volume.made.fd, -1);
  assert_calls (host, "");
}

/* Only the call itself is made as @user: the plugin may lie where only we can read. */
static void
assert_setup_refused_as (uid_t user, const char *path, const char *type, int code, const char *message)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("host-path", "kubernetes.io/host-path");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  uid_t me = geteuid ();

  set_options (&volume, path, type);
  assert_int_equal (seteuid (user), 0);

  gboolean done = scripted_setup (host, &volume, -1, &error);

  assert_int_equal (seteuid (me), 0);
  assert_false (done);
  assert_refused (error, code, message);
  assert_null (volume.made.path);
}

static void
assert_setup_refused (const char *path, const char *type, int code, const char *message)
{
  assert_setup_refused_as (geteuid (), path, type, code, message);
}

static void
assert_unsuitable (const char *path, const Pair *pair)
{
  const char *type = types[pair->type].type;
  gboolean is_dangling = things[pair->thing].make == make_dangling_link;
  struct stat st;
  /* What is missing may come, what is something else may change: neither is the end. */
  int code = stat (path, &st) == 0 ? KVOL_ERROR_FINAL : KVOL_ERROR_ABSENT;
  g_autofree char *message =
      g_strdup_printf ("hostPath type check failed: %s is not a %s", path, types[pair->type].noun);

  if (is_dangling && g_str_equal (type, "FileOrCreate"))
    code = KVOL_ERROR_FINAL;
  if (is_dangling && g_str_equal (type, "DirectoryOrCreate"))
    {
      g_free (message);
      message = g_strdup_printf ("create directory %s: Not a directory", path);
    }
  assert_setup_refused (path, type, code, message);
}

static void
a_thing_against_a_type (void **state)
{
  const Pair *pair = *state;

  if (things[pair->thing].make == make_block_device && !can_make_block_device ())
    skip_because ("this user may not make a device");

  g_autofree char *dir = g_dir_make_tmp ("kvol-host-path-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "thing", NULL);
  g_autofree char *target = g_strconcat (path, "-target", NULL);
  struct stat before = { 0 };
  struct stat after = { 0 };

  assert_true (things[pair->thing].make (path));
  lstat (path, &before);
  if (is_accepted (pair))
    assert_accepted (path, types[pair->type].type);
  else
    assert_unsuitable (path, pair);

  /* What was there is what it was, and a link led nobody to make something. */
  if (things[pair->thing].make != make_nothing)
    {
      assert_int_equal (lstat (path, &after), 0);
      assert_int_equal (after.st_ino, before.st_ino);
      assert_int_equal (after.st_mode, before.st_mode);
      assert_int_equal (after.st_size, before.st_size);
    }
  assert_int_equal (lstat (target, &after), -1);
  scripted_remove_tree (dir);
}

/* TestPlugin: DirectoryOrCreate on a missing path, then TearDown */
static void
directory_or_create_makes_all_of_the_path_and_teardown_leaves_it (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("host-path", "kubernetes.io/host-path");
  g_auto (ScriptedVolume) volume;
  g_autofree char *dir = g_dir_make_tmp ("kvol-host-path-XXXXXX", NULL);
  g_autofree char *parent = g_build_filename (dir, "a", NULL);
  g_autofree char *path = g_strconcat (parent, "//b/./c/", NULL);
  mode_t old_umask = umask (027);

  set_options (&volume, path, "DirectoryOrCreate");
  assert_true (scripted_setup (host, &volume, -1, NULL));
  umask (old_umask);
  assert_string_equal (volume.made.path, path);
  assert_int_equal (file_mode (parent), 0750);
  assert_int_equal (file_mode (path), 0750);

  assert_true (scripted_teardown (host, &volume, -1, NULL));
  assert_true (scripted_teardown (host, &volume, -1, NULL));
  assert_true (g_file_test (path, G_FILE_TEST_IS_DIR));
  assert_accepted (path, "DirectoryOrCreate");
  scripted_remove_tree (dir);
}

static void
file_or_create_makes_an_empty_file (void **state)
{
  g_autofree char *dir = g_dir_make_tmp ("kvol-host-path-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "file", NULL);
  mode_t old_umask = umask (022);

  assert_accepted (path, "FileOrCreate");
  umask (old_umask);
  assert_int_equal (file_mode (path), 0644);
  assert_true (file_has (path, ""));

  /* "existing file with FileOrCreate: content untouched" */
  assert_true (make_file (path));
  assert_accepted (path, "FileOrCreate");
  assert_true (file_has (path, "content"));
  scripted_remove_tree (dir);
}

static void
file_or_create_does_not_make_parents (void **state)
{
  g_autofree char *dir = g_dir_make_tmp ("kvol-host-path-XXXXXX", NULL);
  g_autofree char *parent = g_build_filename (dir, "a", NULL);
  g_autofree char *path = g_build_filename (parent, "file", NULL);
  g_autofree char *message = g_strdup_printf ("create file %s: No such file or directory", path);

  assert_setup_refused (path, "FileOrCreate", KVOL_ERROR_ABSENT, message);
  assert_false (g_file_test (parent, G_FILE_TEST_EXISTS));
  scripted_remove_tree (dir);
}

static void
nothing_is_made_below_a_file (void **state)
{
  g_autofree char *dir = g_dir_make_tmp ("kvol-host-path-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (dir, "file", NULL);
  g_autofree char *path = g_build_filename (file, "below", NULL);
  g_autofree char *as_dir = g_strdup_printf ("create directory %s: Not a directory", path);
  g_autofree char *as_file = g_strdup_printf ("create file %s: Not a directory", path);

  assert_true (make_file (file));
  assert_setup_refused (path, "DirectoryOrCreate", KVOL_ERROR_ABSENT, as_dir);
  assert_setup_refused (path, "FileOrCreate", KVOL_ERROR_ABSENT, as_file);
  assert_true (file_has (file, "content"));
  scripted_remove_tree (dir);
}

/* As /var/run is one on many hosts. */
static void
a_link_of_the_host_is_followed (void **state)
{
  g_autofree char *dir = g_dir_make_tmp ("kvol-host-path-XXXXXX", NULL);
  g_autofree char *real = g_build_filename (dir, "real", NULL);
  g_autofree char *link = g_build_filename (dir, "link", NULL);
  g_autofree char *below_link = g_build_filename (link, "new", "deep", NULL);
  g_autofree char *below_real = g_build_filename (real, "new", "deep", NULL);
  g_autofree char *file = g_build_filename (link, "file", NULL);

  assert_true (make_dir (real));
  assert_int_equal (symlink ("real", link), 0);
  assert_accepted (link, "Directory");
  assert_accepted (below_link, "DirectoryOrCreate");
  assert_true (g_file_test (below_real, G_FILE_TEST_IS_DIR));
  assert_accepted (file, "FileOrCreate");
  assert_accepted (file, "File");
  scripted_remove_tree (dir);
}

/* Somebody with a hand in the parent may not choose where directories of the host come to be. */
static void
no_directory_is_made_where_a_link_to_nowhere_points (void **state)
{
  g_autofree char *dir = g_dir_make_tmp ("kvol-host-path-XXXXXX", NULL);
  g_autofree char *link = g_build_filename (dir, "link", NULL);
  g_autofree char *path = g_build_filename (link, "new", NULL);
  g_autofree char *target = g_build_filename (dir, "link-target", NULL);
  g_autofree char *message = g_strdup_printf ("create directory %s: Not a directory", path);

  assert_true (make_dangling_link (link));
  assert_setup_refused (path, "DirectoryOrCreate", KVOL_ERROR_ABSENT, message);
  assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
  scripted_remove_tree (dir);
}

static void
what_may_not_be_looked_at_is_forbidden (void **state)
{
  g_autofree char *dir = g_dir_make_tmp ("kvol-host-path-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "x", NULL);
  g_autofree char *checked = g_strdup_printf ("hostPath type check failed: %s is not a socket file", path);
  g_autofree char *created = g_strdup_printf ("create directory %s: Permission denied", path);
  /* Root may look at anything. */
  uid_t user = geteuid () == 0 ? 65534 : geteuid ();

  assert_int_equal (chmod (dir, 0), 0);
  assert_setup_refused_as (user, path, "Socket", KVOL_ERROR_FORBIDDEN, checked);
  assert_setup_refused_as (user, path, "DirectoryOrCreate", KVOL_ERROR_FORBIDDEN, created);
  scripted_remove_tree (dir);
}

/* The rest needs no directory. */
static const struct
{
  const char *name;
  const char *options;
  const char *refusal; /* NULL: accepted */
} option_rows[] = {
  { "TestInvalidHostPath", "{'path': <'/no/backsteps/allowed/..'>}",
    "invalid HostPath `/no/backsteps/allowed/..`: must not contain '..'" },
  { "a backstep in the middle is refused", "{'path': <'/tmp/../etc'>, 'type': <'Directory'>}",
    "invalid HostPath `/tmp/../etc`: must not contain '..'" },
  { "a backstep is refused before anything is made", "{'path': <'/proc/kvol/../x'>, 'type': <'DirectoryOrCreate'>}",
    "invalid HostPath `/proc/kvol/../x`: must not contain '..'" },
  { "a name that begins with two dots is none", "{'path': <'/..data/...'>}", NULL },
  { "HostPathUnset: nothing is asked of a path without a type", "{'path': <'/kvol/does/not/exist'>}", NULL },
  { "HostPathUnset: an empty type is no type", "{'path': <'/kvol//does/not/exist/'>, 'type': <''>}", NULL },
  { "a path of Unix is any bytes", "{'path': <'/kvol/ $(touch x);\\n\\x1b[0m'>}", NULL },
  { "an unknown type is refused", "{'path': <'/'>, 'type': <'Folder'>}", "Folder is an invalid volume type" },
  { "a type in other letters is unknown", "{'path': <'/'>, 'type': <'directory'>}",
    "directory is an invalid volume type" },
  { "a type that is not a string is refused", "{'path': <'/'>, 'type': <true>}", "type: must be a string" },
  { "an empty path is refused", "{'path': <''>}", "a hostPath volume needs a path" },
  { "a missing path is refused", "{'type': <'Directory'>}", "a hostPath volume needs a path" },
  { "a path that is not a string is refused", "{'path': <b'/tmp'>}", "a hostPath volume needs a path" },
  { "missing options are refused", NULL, "a hostPath volume needs a path" },
};

static void
options_are_checked (void **state)
{
  size_t row = GPOINTER_TO_SIZE (*state);
  g_autoptr (ScriptedHost) host = scripted_host_new ("host-path", "kubernetes.io/host-path");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  scripted_volume_init (&volume, option_rows[row].options);

  gboolean ok = scripted_setup (host, &volume, -1, &error);

  assert_int_equal (ok, option_rows[row].refusal == NULL);
  if (!ok)
    assert_refused (error, KVOL_ERROR_INVALID_SPEC, option_rows[row].refusal);
}

static void
the_path_identifies (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("host-path", "kubernetes.io/host-path");
  g_auto (ScriptedVolume) volume;
  g_auto (ScriptedVolume) lost;

  set_options (&volume, "/var/log/", "Directory");
  scripted_volume_init (&lost, NULL);

  g_autofree char *id = host->desc->identify (host->self, &volume.node, NULL);
  g_autofree char *id_after_a_loss = host->desc->identify (host->self, &lost.node, NULL);

  assert_string_equal (id, "/var/log/");
  assert_string_equal (id_after_a_loss, "vol");
}

/* Neither a directory of the volume's own, nor fsGroup, nor anything to measure. */
static void
the_host_is_told_to_keep_its_hands_off (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("host-path", "kubernetes.io/host-path");

  assert_true (host->desc->flags == KVOL_PLUGIN_NO_DIRECTORY);
  assert_null (host->desc->get_usage);
  assert_null (host->desc->refresh);
}

static void
add_row (GArray *tests, char *name, CMUnitTestFunction function, gconstpointer row)
{
  struct CMUnitTest test = { name, function, NULL, NULL, (void *) row };

  g_array_append_val (tests, test);
}

int
main (void)
{
  const struct CMUnitTest stories[] = {
    cmocka_unit_test (directory_or_create_makes_all_of_the_path_and_teardown_leaves_it),
    cmocka_unit_test (file_or_create_makes_an_empty_file),
    cmocka_unit_test (file_or_create_does_not_make_parents),
    cmocka_unit_test (nothing_is_made_below_a_file),
    cmocka_unit_test (a_link_of_the_host_is_followed),
    cmocka_unit_test (no_directory_is_made_where_a_link_to_nowhere_points),
    cmocka_unit_test (what_may_not_be_looked_at_is_forbidden),
    cmocka_unit_test (the_path_identifies),
    cmocka_unit_test (the_host_is_told_to_keep_its_hands_off),
  };
  g_autofree char *top = scripted_tmp_new ();
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  Pair pairs[G_N_ELEMENTS (things) * G_N_ELEMENTS (types)];

  for (size_t i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      pairs[i] = (Pair){ i / G_N_ELEMENTS (types), i % G_N_ELEMENTS (types) };

      const char *type = types[pairs[i].type].type;
      char *name =
          g_strdup_printf ("TestHostPathTypeCheckerInternal/%s: %s %s", things[pairs[i].thing].name,
                           is_accepted (&pairs[i]) ? "suits" : "does not suit", *type ? type : "HostPathUnset");

      g_ptr_array_add (names, name);
      add_row (tests, name, a_thing_against_a_type, &pairs[i]);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (option_rows); i++)
    add_row (tests, (char *) option_rows[i].name, options_are_checked, GSIZE_TO_POINTER (i));
  g_array_append_vals (tests, stories, G_N_ELEMENTS (stories));

  int failed = _cmocka_run_group_tests ("hostPath", (void *) tests->data, tests->len, NULL, NULL);

  scripted_remove_tree (top);
  return failed;
}
