/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a volume's fields and mount options ask for, as the kernel shows it afterwards, on whichever client this machine
 * has: its own or the server in user space. Kerberos needs a realm, a keytab and rpc.gssd, which no test has: of it
 * only the refusal is tested. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/statvfs.h>

#include <cmocka.h>

#include "support/nfs-story.h"
#include "support/scratch.h"

static int
enter (void **state)
{
  *state = nfs_story_begin (NULL, NULL);
  return 0;
}

static int
leave (void **state)
{
  nfs_story_end (*state);
  return 0;
}

/* @options: more of them, with commas. */
static KvolPod *
new_pod (const char *server, const char *fields, const char *options)
{
  g_autofree char *quoted = g_strdup_printf ("'port=2049,mountport=20048,nolock%s'", options);

  return nfs_story_pod ("web", &(NfsStoryVolume){ .server = server, .fields = fields, .options = quoted });
}

/* The line of the volume in mountinfo. */
static char *
dup_mount_line (const NfsStory *self)
{
  g_autofree char *table = NULL;
  g_auto (GStrv) lines = NULL;
  char *found = NULL;

  assert_true (g_file_get_contents ("/proc/self/mountinfo", &table, NULL, NULL));
  lines = g_strsplit (table, "\n", -1);
  for (gsize i = 0; lines[i] != NULL && found == NULL; i++)
    if (strstr (lines[i], self->story->root) != NULL)
      found = g_strdup (lines[i]);
  assert_non_null (found);
  return found;
}

/* ---- an address of version 6 ---- */

static void
assert_server_is_mounted (NfsStory *self, const char *server, const char *options, const char *shown)
{
  g_autoptr (KvolPod) pod = new_pod (server, "", options);
  g_autofree char *sent = nfs_story_path (self, "web", "sent");
  g_autofree char *theirs = g_build_filename (self->data, "sent", NULL);
  g_autofree char *line = NULL;

  story_sync (self->story, pod);
  line = dup_mount_line (self);
  if (nfs_story_kernel_has_client () && strstr (line, shown) == NULL)
    fail_msg ("\"%s\" is not in: %s", shown, line);
  assert_true (g_file_set_contents (sent, server, -1, NULL));
  assert_true (file_has (theirs, server));
  story_remove (self->story, pod);
}

static void
an_address_of_version_6_is_a_server (void **state)
{
  assert_server_is_mounted (*state, "::1", "", "addr=::1");
  assert_server_is_mounted (*state, "[::1]", "", "addr=::1");
  assert_server_is_mounted (*state, "::1", ",vers=3", "addr=::1");
  assert_server_is_mounted (*state, "::1", ",vers=3,proto=tcp6", "proto=tcp6");
}

/* ---- options of the mount ---- */

typedef struct
{
  const char *fields;
  const char *options;
  unsigned long flags;
} Flags;

static void
options_of_the_mount_are_seen_in_it (void **state)
{
  static const Flags rows[] = {
    { "", "", ST_NOSUID | ST_NODEV | ST_RELATIME },
    { ", 'readOnly': <true>", "", ST_NOSUID | ST_NODEV | ST_RELATIME | ST_RDONLY },
    { "", ",ro", ST_NOSUID | ST_NODEV | ST_RELATIME | ST_RDONLY },
    { "", ",noatime,nodiratime", ST_NOSUID | ST_NODEV | ST_NOATIME | ST_NODIRATIME },
    { "", ",noexec", ST_NOSUID | ST_NODEV | ST_RELATIME | ST_NOEXEC },
  };
  NfsStory *self = *state;
  g_autofree char *place = nfs_story_path (self, "web", NULL);
  g_autofree char *file = g_build_filename (place, "file", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (KvolPod) pod = new_pod ("127.0.0.1", rows[i].fields, rows[i].options);
      struct statvfs shown;

      story_sync (self->story, pod);
      assert_int_equal (statvfs (place, &shown), 0);
      if (shown.f_flag != rows[i].flags)
        fail_msg ("\"%s%s\": %#lx, not %#lx", rows[i].fields, rows[i].options, shown.f_flag, rows[i].flags);
      if (rows[i].flags & ST_RDONLY)
        {
          assert_int_equal (open (file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), -1);
          assert_int_equal (errno, EROFS);
        }
      story_remove (self->story, pod);
    }
}

static void
options_of_the_client_are_seen_in_the_kernels (void **state)
{
  static const char *const shown[] = { ",soft", "timeo=50", "retrans=3", "rsize=65536", "wsize=32768", "acregmin=7" };
  NfsStory *self = *state;
  g_autoptr (KvolPod) pod =
      new_pod ("127.0.0.1", "", ",soft,timeo=50,retrans=3,rsize=65536,wsize=32768,acregmin=7,acregmax=9");
  g_autofree char *line = NULL;

  if (!nfs_story_kernel_has_client ())
    skip_because ("this kernel has no NFS client");
  story_sync (self->story, pod);
  line = dup_mount_line (self);
  for (gsize i = 0; i < G_N_ELEMENTS (shown); i++)
    if (strstr (line, shown[i]) == NULL)
      fail_msg ("\"%s\" is not in: %s", shown[i], line);
  story_remove (self->story, pod);
}

/* ---- locks ---- */

#define ON_THIS_NODE "locks of this NFS 3 volume hold on this node only; start it"

typedef struct
{
  NfsStoryVolume volume;
  const char *advice;
} Advice;

/* Without rpc.statd, by a server that has version 3 alone. A volume of the pod itself has no mount options. */
static void
what_is_advised_about_locks_can_be_done (void **state)
{
  static const NfsServerSettings settings = { .only_v3 = TRUE, .portmapper = TRUE };
  static const Advice rows[] = {
    { { .server = NULL }, ON_THIS_NODE "'" },
    { { .more = ", 'accessModes': <['ReadWriteMany']>" }, ON_THIS_NODE ", or use the mount option nolock" },
    { { .options = "'vers=3'" }, ON_THIS_NODE ", or use the mount option vers=4 or nolock" },
  };
  NfsStory *self;

  if (!nfs_story_kernel_has_client () || !scratch_is_real_root ())
    skip_because ("this takes the kernel's NFS client, and root for a portmapper");
  self = nfs_story_begin (&settings, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (KvolPod) pod = nfs_story_pod ("web", &rows[i].volume);
      g_autoptr (GVariant) status = NULL;
      g_autofree char *text = NULL;

      story_sync (self->story, pod);
      status = kvol_manager_get_status (self->story->manager);
      text = g_variant_print (status, FALSE);
      if (strstr (text, rows[i].advice) == NULL)
        fail_msg ("\"%s\" is not in: %s", rows[i].advice, text);
      story_remove (self->story, pod);
    }
  nfs_story_end (self);
}

/* ---- Kerberos ---- */

static void
kerberos_without_kerberos_is_a_clear_error (void **state)
{
  NfsStory *self = *state;
  g_autoptr (KvolPod) pod = new_pod ("127.0.0.1", "", ",sec=krb5");
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
  if (strstr (error->message, "Kerberos") == NULL)
    fail_msg ("%s", error->message);
  story_remove (self->story, pod);
}

#define ON_GROUND(test) cmocka_unit_test_setup_teardown (test, enter, leave)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    ON_GROUND (an_address_of_version_6_is_a_server),
    ON_GROUND (options_of_the_mount_are_seen_in_it),
    ON_GROUND (options_of_the_client_are_seen_in_the_kernels),
    cmocka_unit_test (what_is_advised_about_locks_can_be_done),
    ON_GROUND (kerberos_without_kerberos_is_a_clear_error),
  };

  return nfs_story_enter (FALSE, "what an NFS mount shows")
             ? cmocka_run_group_tests_name ("what an NFS mount shows", tests, NULL, NULL)
             : 0;
}
