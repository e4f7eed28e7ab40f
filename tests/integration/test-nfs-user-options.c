/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the mount options of nfs(5) come to where no kernel client takes them: true, as far as another client or the
 * clock can tell, or left out with a word, or refused. The other client is another pod: the server itself would not see
 * at once what is changed behind its back. */
#include "nfs-fuse-ground.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Long after the usual second, and far from what an option says. */
#define LONGER_USEC (2 * G_USEC_PER_SEC)
#define ALONE ", 'accessModes': <['ReadWriteOncePod']>"
#define LEFT_OUT "MountOptionsIgnored"

static KvolPod *
pod_with (const char *options, const char *more)
{
  g_autofree char *all = g_strdup_printf (NFS_STORY_NO_LOCK ", '%s'", options);

  return nfs_story_pod ("web", &(NfsStoryVolume){ .options = all, .more = more });
}

static KvolPod *
other_pod (void)
{
  return nfs_story_pod ("other", &(NfsStoryVolume){ .options = NFS_STORY_NO_LOCK });
}

static int
two_enter (void **state)
{
  g_autoptr (KvolPod) other = other_pod ();

  ground_enter (state);
  story_sync (((const Ground *) *state)->story, other);
  return 0;
}

static int
two_leave (void **state)
{
  g_autoptr (KvolPod) other = other_pod ();

  story_remove (((const Ground *) *state)->story, other);
  return ground_leave (state);
}

#define WITH_ANOTHER(test) cmocka_unit_test_setup_teardown (test, two_enter, two_leave)

/* ---- what the other one does ---- */

static void
write_to (const Ground *self, const char *name, int flags, const char *text)
{
  g_autofree char *path = nfs_story_path (self, "other", name);
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);

  if (fd < 0)
    fail_msg ("%s: %s", path, g_strerror (errno));
  assert_int_equal (write (fd, text, strlen (text)), strlen (text));
  assert_int_equal (close (fd), 0);
}

static void
put (const Ground *self, const char *name, const char *text)
{
  write_to (self, name, O_TRUNC, text);
}

static void
append (const Ground *self, const char *name, const char *text)
{
  write_to (self, name, O_APPEND, text);
}

static void
take_away (const Ground *self, const char *name)
{
  g_autofree char *path = nfs_story_path (self, "other", name);

  assert_int_equal (unlink (path), 0);
}

/* ---- and what is seen of it ---- */

/* -1: there is none. */
static goffset
get_size (const Ground *self, const char *name)
{
  g_autofree char *path = nfs_story_path (self, "web", name);
  struct stat status;

  if (stat (path, &status) == 0)
    return status.st_size;
  if (errno != ENOENT)
    fail_msg ("%s: %s", path, g_strerror (errno));
  return -1;
}

static void
assert_size (const Ground *self, const char *name, goffset size, const char *options)
{
  const goffset found = get_size (self, name);

  if (found != size)
    fail_msg ("%s: the size of \"%s\" is %" G_GOFFSET_FORMAT " and not %" G_GOFFSET_FORMAT, options, name, found, size);
}

static void
make_in_pod (const Ground *self, const char *stem, guint number)
{
  g_autofree char *name = g_strdup_printf ("%s-%u", stem, number);
  g_autofree char *path = nfs_story_path (self, "web", name);
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

  assert_true (fd >= 0);
  close (fd);
}

/* ---- how long what the server said is believed ---- */

typedef struct
{
  const char *options;
  const char *more;
} Row;

static void
another_client_s_bytes_are_seen_at_once (void **state)
{
  static const Row rows[] = {
    { "noac", NULL },
    { "actimeo=0", NULL },
    { "acregmax=0", NULL },
    { "ac,noac", NULL },
    { "noac", ALONE },
    { "acregmin=5,acregmax=0", NULL },
    { "actimeo=60,actimeo=0", NULL },
    { "acregmax=0", ALONE },
  };
  Ground *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (KvolPod) pod = pod_with (rows[i].options, rows[i].more);

      put (self, "file", "ab");
      story_sync (self->story, pod);
      for (goffset size = 2; size < 20; size += 2)
        {
          assert_size (self, "file", size, rows[i].options);
          append (self, "file", "cd");
        }
      story_remove (self->story, pod);
    }
}

static void
a_name_that_another_client_removed_is_gone_at_once (void **state)
{
  static const Row rows[] = {
    { "noac", NULL },  { "actimeo=0", NULL },         { "acdirmax=0", NULL }, { "lookupcache=none", NULL },
    { "noac", ALONE }, { "lookupcache=none", ALONE },
  };
  Ground *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (KvolPod) pod = pod_with (rows[i].options, rows[i].more);

      put (self, "file", "ab");
      story_sync (self->story, pod);
      assert_size (self, "file", 2, rows[i].options);
      take_away (self, "file");
      assert_size (self, "file", -1, rows[i].options);
      story_remove (self->story, pod);
    }
}

/* Who makes many files is told of names that are not there without a question, where that may be. */
static void
a_name_that_another_client_made_is_there_at_once (void **state)
{
  static const Row rows[] = {
    { "noac", NULL },
    { "actimeo=0", NULL },
    { "lookupcache=none", NULL },
    { "lookupcache=pos", NULL },
    { "lookupcache=pos", ALONE },
    { "lookupcache=positive", NULL },
    { "noac", ALONE },
  };
  Ground *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (KvolPod) pod = pod_with (rows[i].options, rows[i].more);

      story_sync (self->story, pod);
      for (guint n = 0; n < 60; n++)
        {
          g_autofree char *theirs = g_strdup_printf ("theirs-%zu-%u", i, n);

          make_in_pod (self, "ours", n);
          if (n % 2 == 0)
            assert_size (self, theirs, -1, rows[i].options);
          put (self, theirs, "ab");
          assert_size (self, theirs, 2, rows[i].options);
        }
      story_remove (self->story, pod);
    }
}

/* Nobody is slow enough for these to run out. */
static void
what_may_be_believed_for_long_is (void **state)
{
  static const char *const options[] = { "actimeo=6000", "acregmin=6000,acdirmin=6000", "noac,ac,actimeo=6000" };
  Ground *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_autoptr (KvolPod) pod = pod_with (options[i], NULL);

      put (self, "file", "ab");
      put (self, "other", "ab");
      story_sync (self->story, pod);
      assert_size (self, "file", 2, options[i]);
      assert_size (self, "other", 2, options[i]);
      append (self, "file", "cd");
      take_away (self, "other");
      g_usleep (LONGER_USEC);
      assert_size (self, "file", 2, options[i]);
      assert_size (self, "other", 2, options[i]);
      story_remove (self->story, pod);
    }
}

/* ---- what fails ---- */

static void
assert_fails (Ground *self, const char *options, int wanted)
{
  g_autoptr (KvolPod) pod = pod_with (options, NULL);
  g_autofree char *path = nfs_story_path (self, "web", NULL);
  g_autoptr (GError) error = NULL;
  struct stat status;
  int failure;

  story_sync (self->story, pod);
  assert_int_equal (stat (path, &status), 0);
  assert_true (nfs_server_freeze (self->server, &error));
  failure = stat (path, &status) == 0 ? 0 : errno;
  assert_true (nfs_server_thaw (self->server, &error));
  if (failure != wanted)
    fail_msg ("%s: %s, and not %s", options, g_strerror (failure), g_strerror (wanted));
  story_remove (self->story, pod);
}

static void
a_request_of_a_soft_mount_fails_as_nfs_5_says (void **state)
{
  Ground *self = *state;

  assert_fails (self, "soft,timeo=5,retrans=1,noac", EIO);
  assert_fails (self, "softerr,timeo=5,retrans=1,noac", ETIMEDOUT);
  assert_fails (self, "hard,soft,softerr,retrans=0,timeo=10,noac", ETIMEDOUT);
}

/* ---- what it is told ---- */

/* The arguments of the one server that runs, each with a blank before and behind it. */
static char *
dup_arguments (void)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/cmdline", user_servers_get ());
  g_autoptr (GString) text = g_string_new (" ");
  g_autofree char *line = NULL;
  gsize length;

  assert_true (g_file_get_contents (path, &line, &length, NULL));
  for (gsize i = 0; i < length; i++)
    g_string_append_c (text, line[i] != '\0' ? line[i] : ' ');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_told (Ground *self, const char *options, const char *more, const char *argument, gboolean wanted)
{
  g_autoptr (KvolPod) pod = pod_with (options, more);
  g_autofree char *word = g_strdup_printf (" %s ", argument);
  g_autofree char *arguments = NULL;

  story_sync (self->story, pod);
  arguments = dup_arguments ();
  if ((strstr (arguments, word) != NULL) != wanted)
    fail_msg ("%s: \"%s\" is %sin:%s", options, argument, wanted ? "not " : "", arguments);
  story_remove (self->story, pod);
}

static void
a_server_is_told_what_its_volume_s_options_say (void **state)
{
  Ground *self = *state;

  assert_told (self, "sync", NULL, "--sync", TRUE);
  assert_told (self, "noac", NULL, "--sync", TRUE);
  assert_told (self, "sync,async", NULL, "--sync", FALSE);
  assert_told (self, "async", NULL, "--sync", FALSE);
  assert_told (self, "nconnect=3", NULL, "--threads=3", TRUE);
  assert_told (self, "timeo=50", NULL, "--timeo=5", TRUE);
  assert_told (self, "hard,timeo=50", NULL, "--soft-io-error", FALSE);
  assert_told (self, "soft,timeo=50,retrans=3", NULL, "--soft=20", TRUE);
}

static void
a_server_is_told_how_much_is_taken_at_a_time (void **state)
{
  Ground *self = *state;

  nfs_server_stop (self->server);
  self->server = nfs_story_start_server (self->data, &(NfsServerSettings){ .transfer = 256 * 1024 });
  assert_told (self, "timeo=50", NULL, "--transfer=262144", TRUE);
}

static void
a_volume_has_as_many_connections_as_it_says (void **state)
{
  static const guint numbers[] = { 1, 16 };
  Ground *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autofree char *option = g_strdup_printf ("nconnect=%u", numbers[i]);
      g_autoptr (KvolPod) pod = pod_with (option, NULL);

      story_sync (self->story, pod);
      make_in_pod (self, option, 0);
      /* The first one is the process's own. */
      assert_int_equal (1 + user_servers_await_threads (numbers[i] - 1), numbers[i]);
      story_remove (self->story, pod);
    }
}

/* What one pod alone has may be kept back there, but not against what it says. */
static void
writes_are_kept_back_where_nothing_speaks_against_it (void **state)
{
  static const char *const against[] = { "sync", "noac", "write=wait", "write=eager", "actimeo=30", "acdirmax=0" };
  static const char *const fine[] = { "async", "write=lazy", "actimeo=60", "acregmin=3", "lookupcache=none" };
  Ground *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (against); i++)
    assert_told (self, against[i], ALONE, "--single-writer", FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (fine); i++)
    assert_told (self, fine[i], ALONE, "--single-writer", TRUE);
}

/* ---- what is left out, and what is refused ---- */

static char *
dup_status (const Ground *self)
{
  g_autoptr (GVariant) status = kvol_manager_get_status (self->story->manager);

  return g_variant_print (status, FALSE);
}

static void
options_that_have_no_effect_are_a_condition_that_names_them (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_with ("nocto,hard,rsize=4096,wsize=1048576', 'softreval,fsc,acl,nordirplus", NULL);
  g_autofree char *status = NULL;

  story_sync (self->story, pod);
  status = dup_status (self);
  if (strstr (status, "mount options that mean nothing without the kernel's client are left out: "
                      "nocto,rsize=4096,softreval,fsc,acl,nordirplus'")
          == NULL
      && strstr (status, "mount options that mean nothing without the kernel's client are left out: "
                         "nocto,rsize=4096,softreval,fsc,acl,nordirplus\"")
             == NULL)
    fail_msg ("%s", status);
  assert_non_null (strstr (status, LEFT_OUT));
  story_remove (self->story, pod);
}

static void
options_that_say_what_is_so_need_no_word (void **state)
{
  static const char *const options[] = {
    "hard,rsize=1048576,wsize=2097152,timeo=600,retrans=2",
    "proto=tcp,sec=sys,cto,ac,rdirplus,async,noacl,mountvers=3,nfsvers=3",
    "fg,retry=2,intr,nointr,_netdev,nofail,defaults,nosuid,nodev,dirsync,nosharecache",
    "noac,lookupcache=pos,sync,actimeo=3,nconnect=2,softerr,noatime,noresvport",
  };
  Ground *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_autoptr (KvolPod) pod = pod_with (options[i], NULL);
      g_autofree char *status = NULL;

      story_sync (self->story, pod);
      status = dup_status (self);
      if (strstr (status, LEFT_OUT) != NULL)
        fail_msg ("%s: %s", options[i], status);
      story_remove (self->story, pod);
    }
}

static void
what_takes_the_kernel_s_client_is_refused (void **state)
{
  static const char *const options[][2] = {
    { "sec=none", "is to be had by sec=none, which takes the kernel's client" },
    { "sec=krb5", "is to be had by Kerberos, which takes the kernel's client" },
    { "vers=4.1", "is to be had by NFS 4, which takes the kernel's client" },
  };
  Ground *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_autoptr (KvolPod) pod = pod_with (options[i][0], NULL);
      g_autoptr (GError) error = NULL;

      assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
      if (strstr (error->message, "nfs.no-data-path") == NULL || strstr (error->message, options[i][1]) == NULL)
        fail_msg ("%s: %s", options[i][0], error->message);
      story_remove (self->story, pod);
    }
  assert_no_user_server ();
}

/* ---- advice: this server has no portmapper ---- */

/* Version 4 would be refused next. */
static void
nobody_is_advised_to_use_what_this_kernel_has_not (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = nfs_story_pod ("web", &(NfsStoryVolume){ .options = "'vers=3'" });
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
  assert_non_null (strstr (error->message, "nfs.portmapper-unavailable"));
  assert_non_null (strstr (error->message, "mount options port and mountport"));
  assert_null (strstr (error->message, "vers=4"));
  assert_null (strstr (error->message, "PersistentVolume"));
  story_remove (self->story, pod);
}

static void
a_volume_that_can_have_no_mount_options_is_told_who_can (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = nfs_story_pod ("web", &(NfsStoryVolume){ 0 });
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
  assert_non_null (strstr (error->message, "nfs.portmapper-unavailable"));
  assert_non_null (
      strstr (error->message, "mount options are a PersistentVolume's, a volume of the pod itself has none"));
  story_remove (self->story, pod);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    WITH_ANOTHER (another_client_s_bytes_are_seen_at_once),
    WITH_ANOTHER (a_name_that_another_client_removed_is_gone_at_once),
    WITH_ANOTHER (a_name_that_another_client_made_is_there_at_once),
    WITH_ANOTHER (what_may_be_believed_for_long_is),
    ON_GROUND (a_request_of_a_soft_mount_fails_as_nfs_5_says),
    ON_GROUND (a_server_is_told_what_its_volume_s_options_say),
    ON_GROUND (a_server_is_told_how_much_is_taken_at_a_time),
    ON_GROUND (a_volume_has_as_many_connections_as_it_says),
    ON_GROUND (writes_are_kept_back_where_nothing_speaks_against_it),
    ON_GROUND (options_that_have_no_effect_are_a_condition_that_names_them),
    ON_GROUND (options_that_say_what_is_so_need_no_word),
    ON_GROUND (what_takes_the_kernel_s_client_is_refused),
    ON_GROUND (nobody_is_advised_to_use_what_this_kernel_has_not),
    ON_GROUND (a_volume_that_can_have_no_mount_options_is_told_who_can),
  };

  if (!ground_begin ())
    return 0;
  return cmocka_run_group_tests_name ("NFS mount options in user space", tests, NULL, NULL);
}
