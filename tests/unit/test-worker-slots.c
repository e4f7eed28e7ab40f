/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nobody can tell whether a plugin runs in this process or in a worker: all that goes into a slot arrives, and all
 * that it answers comes back. */

#include "both-places.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

typedef struct
{
  LoaderRegistry *registry;
  const LoaderPlugin *plugin;
  GPtrArray *heard; /* events, one line each */
  char *dir;
  int dir_fd;

  KvolNodeVolume node;
  KvolPodVolume pod;
  GVariant *secrets;
} Ground;

static void
hear_event (gpointer data, const char *plugin, gboolean warning, const char *reason, const char *text)
{
  Ground *self = data;

  g_ptr_array_add (self->heard, g_strdup_printf ("%s: %s", reason, text));
}

static const LoaderHostOps host_ops = { .event = hear_event };

static void
assert_heard (Ground *self, guint at, const char *text)
{
  if (at >= self->heard->len)
    fail_msg ("the host was told %u things; expected was also\n%s", self->heard->len, text);
  assert_string_equal (self->heard->pdata[at], text);
}

static const char *const mount_options[] = { "ro", "nfsvers=4.1", NULL };

static void
fill_volume (Ground *self)
{
  self->secrets = parse ("{'password': b'canary'}");
  self->node = (KvolNodeVolume){
    .size = sizeof (KvolNodeVolume),
    .cause = KVOL_CAUSE_RETRY,
    .mode = KVOL_MODE_BLOCK,
    .volume_id = "id-1",
    .spec_name = "pvc-1",
    .fs_type = "ext4",
    .access_mode = "ReadWriteOnce",
    .selinux_label = "system_u:object_r:container_file_t:s0",
    .mount_options = mount_options,
    .stage_path = "/stage",
    .options = parse ("{'server': <'s'>, 'sub': <{'deep': <[int64 1, -2]>}>}"),
    .secrets = self->secrets,
    .publish_context = parse ("{'lun': '7'}"),
    .record = parse ("{'step': <'first'>}"),
    .capacity = G_GUINT64_CONSTANT (1) << 40,
  };
  self->pod = (KvolPodVolume){
    .size = sizeof (KvolPodVolume),
    .volume = &self->node,
    .volume_name = "data",
    .pod_uid = "uid-1",
    .pod_namespace = "ns",
    .pod_name = "web-0",
    .service_account = "default",
    .target_path = "/target",
    .huge_pages = parse ("[uint64 2097152]"),
    .fs_group = 1000,
    .fs_user = -1,
    .memory_limit = G_MAXUINT64,
    .read_only = 1,
    .stage_fd = self->dir_fd,
    .userns_fd = open ("/proc/self/ns/user", O_RDONLY | O_CLOEXEC),
  };
}

static int
set_up (void **state)
{
  const Row *row = *state;
  Ground *self = g_new0 (Ground, 1);

  self->heard = g_ptr_array_new_with_free_func (g_free);
  self->dir = make_dir (row);
  self->dir_fd = open (self->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fill_volume (self);
  self->registry = load_fixture (row, "echo", &host_ops, self);
  self->plugin = loader_registry_find (self->registry, "example.test/echo");
  assert_int_equal (self->plugin->in_worker, row->placement == LOADER_IN_WORKER_ALWAYS);
  *state = self;
  return 0;
}

static int
tear_down (void **state)
{
  Ground *self = *state;

  loader_registry_free (self->registry);
  unlinkat (self->dir_fd, "staged", 0);
  unlinkat (self->dir_fd, "expanded", 0);
  unlinkat (self->dir_fd, "set-up", 0);
  g_rmdir (self->dir);
  g_close (self->dir_fd, NULL);
  g_close (self->pod.userns_fd, NULL);
  g_variant_unref (self->node.options);
  g_variant_unref (self->node.publish_context);
  g_variant_unref (self->node.record);
  g_variant_unref (self->pod.huge_pages);
  g_variant_unref (self->secrets);
  g_ptr_array_unref (self->heard);
  g_free (self->dir);
  g_free (self);
  return 0;
}

/* What the plugin must have been told of the volume, as it puts it. */
static char *
expect_node (const Ground *self, const char *slot)
{
  g_autofree char *secrets = g_compute_checksum_for_data (G_CHECKSUM_MD5, g_variant_get_data (self->secrets),
                                                          g_variant_get_size (self->secrets));

  return g_strdup_printf (
      "%s cause=1 mode=1 id=id-1 spec=pvc-1 fs=ext4 access=ReadWriteOnce selinux=system_u:object_r:container_file_t:s0 "
      "mount=ro,nfsvers=4.1 stage_path=/stage options={'server': <'s'>, 'sub': <{'deep': <[int64 1, -2]>}>} secrets=%s "
      "publish={'lun': '7'} record={'step': <'first'>} capacity=1099511627776",
      slot, secrets);
}

static guint64
inode_of (int fd)
{
  struct stat st;

  assert_int_equal (fstat (fd, &st), 0);
  return st.st_ino;
}

static char *
expect_pod (const Ground *self, const char *slot, gboolean has_dir)
{
  g_autofree char *node = expect_node (self, slot);
  g_autofree char *dir =
      has_dir ? g_strdup_printf ("%" G_GUINT64_FORMAT, inode_of (self->dir_fd)) : g_strdup ("(none)");

  return g_strdup_printf ("%s name=data uid=uid-1 ns=ns pod=web-0 account=default target=/target huge=[2097152] "
                          "group=1000 user=-1 memory=18446744073709551615 ro=1 stage=%" G_GUINT64_FORMAT
                          " userns=%" G_GUINT64_FORMAT " dir=%s",
                          node, inode_of (self->dir_fd), inode_of (self->pod.userns_fd), dir);
}

static void
assert_file (const Ground *self, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (self->dir, name, NULL);

  assert_true (file_has (path, content));
}

/* ---- slots about a volume of the node ---- */

static void
identify_and_probe_get_all_of_the_volume (void **state)
{
  Ground *self = *state;
  const KvolPluginDesc *desc = &self->plugin->desc;
  g_autofree char *identified = expect_node (self, "identify");
  g_autofree char *probed = expect_node (self, "probe");
  g_autofree char *id = desc->identify (self->plugin->self, &self->node, NULL);
  g_autoptr (GVariant) steps = desc->probe (self->plugin->self, &self->node, NULL, NULL);
  const char *step, *cause, *text;
  gint64 usec = 0;

  assert_string_equal (id, identified);
  assert_string_equal (g_variant_get_type_string (steps), "a(sssx)");
  g_variant_get_child (steps, 0, "(&s&s&sx)", &step, &cause, &text, &usec);
  assert_string_equal (text, probed);
  assert_int_equal (usec, 7);
}

static void
attach_answers_a_device_and_its_context (void **state)
{
  Ground *self = *state;
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autofree char *words = expect_node (self, "attach");
  const char *lun = NULL;

  assert_true (self->plugin->desc.attach (self->plugin->self, &self->node, &made, NULL, NULL));
  assert_int_equal (made.size, sizeof made);
  assert_int_equal (made.kind, KVOL_MADE_DEVICE);
  assert_int_equal (made.fd, -1);
  assert_string_equal (made.path, words);
  assert_true (g_variant_lookup (made.publish_context, "lun", "&s", &lun));
  assert_string_equal (lun, "7");
  assert_true (made.disk_seq == G_GUINT64_CONSTANT (1) << 50);
}

static void
stage_and_unstage_work_in_the_directory (void **state)
{
  Ground *self = *state;
  const KvolPluginDesc *desc = &self->plugin->desc;
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autofree char *node = expect_node (self, "stage");
  g_autofree char *words = g_strconcat (node, " device=/dev/sdx", NULL);
  g_autofree char *unstaged = NULL;
  g_autofree char *node_again = expect_node (self, "unstage");

  assert_true (desc->stage (self->plugin->self, &self->node, "/dev/sdx", self->dir_fd, &made, NULL, NULL));
  assert_string_equal (made.path, words);
  assert_true (made.next_refresh_usec == 1234567890123456);
  assert_int_equal (faccessat (made.watch_fd, "staged", F_OK, 0), 0);
  assert_file (self, "staged", "here");

  assert_true (desc->unstage (self->plugin->self, &self->node, self->dir_fd, NULL, NULL));
  unstaged = g_strconcat ("unstage: ", node_again, NULL);
  assert_heard (self, 0, unstaged);
  assert_int_equal (faccessat (self->dir_fd, "staged", F_OK, 0), -1);
}

static void
expand_gets_bytes_and_the_staged_mount (void **state)
{
  Ground *self = *state;

  assert_true (self->plugin->desc.expand (self->plugin->self, &self->node, G_MAXUINT64, self->dir_fd, NULL, NULL));
  assert_file (self, "expanded", "expand 18446744073709551615");
}

static void
detach_remove_and_scrub_get_all_of_the_volume (void **state)
{
  Ground *self = *state;
  const KvolPluginDesc *desc = &self->plugin->desc;
  const char *const slots[] = { "detach", "remove", "scrub" };

  assert_true (desc->detach (self->plugin->self, &self->node, NULL, NULL));
  assert_true (desc->remove (self->plugin->self, &self->node, NULL, NULL));
  assert_true (desc->scrub (self->plugin->self, &self->node, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (slots); i++)
    {
      g_autofree char *words = expect_node (self, slots[i]);
      g_autofree char *event = g_strdup_printf ("%s: %s", slots[i], words);

      assert_heard (self, i, event);
    }
}

static void
provision_gets_claim_and_class (void **state)
{
  Ground *self = *state;
  g_autoptr (GVariant) claim = parse ("{'size': <int64 5>}");
  g_autoptr (GVariant) class = parse ("{'parameters': <{'type': 'ssd'}>}");
  g_autoptr (GVariant) expected =
      parse ("{'claim': <<{'size': <int64 5>}>>, 'class': <<{'parameters': <{'type': 'ssd'}>}>>}");
  g_autoptr (GVariant) options = self->plugin->desc.provision (self->plugin->self, claim, class, NULL, NULL);

  assert_true (g_variant_equal (options, expected));
}

/* ---- slots about a volume of a pod ---- */

static void
setup_gets_all_of_the_volume_and_fills_the_directory (void **state)
{
  Ground *self = *state;
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autofree char *words = expect_pod (self, "setup", TRUE);

  assert_true (self->plugin->desc.setup (self->plugin->self, &self->pod, self->dir_fd, &made, NULL, NULL));
  assert_int_equal (made.kind, KVOL_MADE_FILLED);
  assert_int_equal (made.applied, KVOL_APPLIED_FS_GROUP);
  assert_string_equal (made.path, words);
  assert_null (made.publish_context);
  assert_file (self, "set-up", words);
}

static void
what_is_not_set_stays_unset (void **state)
{
  Ground *self = *state;
  const KvolNodeVolume node = { .size = sizeof node };
  const KvolPodVolume pod = {
    .size = sizeof pod, .volume = &node, .fs_group = -1, .fs_user = -1, .stage_fd = -1, .userns_fd = -1
  };
  g_auto (KvolMade) made = LOADER_MADE_INIT;

  assert_true (self->plugin->desc.setup (self->plugin->self, &pod, -1, &made, NULL, NULL));
  assert_string_equal (
      made.path,
      "setup cause=0 mode=0 id=(none) spec=(none) fs=(none) access=(none) selinux=(none) mount=(none) "
      "stage_path=(none) options=(none) secrets=(none) publish=(none) record=(none) capacity=0 name=(none) uid=(none) "
      "ns=(none) pod=(none) account=(none) target=(none) huge=(none) group=-1 user=-1 memory=0 ro=0 stage=(none) "
      "userns=(none) dir=(none)");
}

static void
refresh_and_reconstruct_get_all_of_the_volume (void **state)
{
  Ground *self = *state;
  const KvolPluginDesc *desc = &self->plugin->desc;
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autofree char *refreshed = expect_pod (self, "refresh", TRUE);
  g_autofree char *reconstructed = expect_pod (self, "reconstruct", FALSE);
  g_autoptr (GVariant) options = NULL;
  const char *words = NULL;

  assert_true (desc->refresh (self->plugin->self, &self->pod, self->dir_fd, &made, NULL, NULL));
  assert_string_equal (made.path, refreshed);
  options = g_variant_take_ref (desc->reconstruct (self->plugin->self, &self->pod, -1, NULL, NULL));
  assert_true (g_variant_lookup (options, "words", "&s", &words));
  assert_string_equal (words, reconstructed);
}

static void
teardown_works_in_the_directory_and_without (void **state)
{
  Ground *self = *state;
  const KvolPluginDesc *desc = &self->plugin->desc;
  g_autofree char *words = expect_pod (self, "teardown", FALSE);
  g_autofree char *event = g_strconcat ("teardown: ", words, NULL);
  g_autoptr (GError) error = NULL;

  assert_true (desc->teardown (self->plugin->self, &self->pod, -1, NULL, NULL));
  assert_heard (self, 0, event);
  assert_false (desc->teardown (self->plugin->self, &self->pod, self->dir_fd, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_FINAL));
  assert_string_equal (error->message, "unlink set-up: No such file or directory");
}

static void
usage_comes_back_whole (void **state)
{
  Ground *self = *state;
  KvolUsageInfo usage = { .size = sizeof usage };

  assert_true (self->plugin->desc.get_usage (self->plugin->self, &self->pod, self->dir_fd, &usage, NULL, NULL));
  assert_int_equal (usage.size, sizeof usage);
  assert_true (usage.capacity_bytes == G_MAXUINT64);
  assert_int_equal (usage.used_bytes, 2);
  assert_int_equal (usage.available_bytes, 3);
  assert_int_equal (usage.inodes, 4);
  assert_int_equal (usage.inodes_used, 5);
  assert_true (usage.inodes_free == inode_of (self->dir_fd));
}

static void
a_name_that_is_not_utf8_comes_through (void **state)
{
  Ground *self = *state;
  g_auto (KvolMade) made = LOADER_MADE_INIT;

  self->node.spec_name = "caf\xe9";
  assert_true (self->plugin->desc.refresh (self->plugin->self, &self->pod, -1, &made, NULL, NULL));
  assert_non_null (strstr (made.path, " spec=caf\xe9 "));
}

/* Larger than what travels in one packet, in both directions. */
static void
a_megabyte_comes_through_and_back (void **state)
{
  Ground *self = *state;
  const gsize size = 1024 * 1024;
  g_autofree char *text = g_malloc (size + 1);
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autofree char *words = NULL;
  g_autofree char *secrets = NULL;
  GVariant *bytes;

  memset (text, 'x', size);
  text[size] = '\0';
  bytes = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, text, size, 1);
  g_variant_unref (self->secrets);
  self->secrets = g_variant_ref_sink (g_variant_new_parsed ("{'key': %@ay}", bytes));
  self->node.secrets = self->secrets;
  g_variant_unref (self->node.options);
  self->node.options = g_variant_ref_sink (g_variant_new_parsed ("{'long': <%s>}", text));

  assert_true (self->plugin->desc.refresh (self->plugin->self, &self->pod, -1, &made, NULL, NULL));
  secrets = g_compute_checksum_for_data (G_CHECKSUM_MD5, g_variant_get_data (self->secrets),
                                         g_variant_get_size (self->secrets));
  words = g_strdup_printf (" options={'long': <'%s'>} secrets=%s ", text, secrets);
  assert_non_null (strstr (made.path, words));
}

int
main (void)
{
  static const Body bodies[] = {
    BODY (identify_and_probe_get_all_of_the_volume),
    BODY (attach_answers_a_device_and_its_context),
    BODY (stage_and_unstage_work_in_the_directory),
    BODY (expand_gets_bytes_and_the_staged_mount),
    BODY (detach_remove_and_scrub_get_all_of_the_volume),
    BODY (provision_gets_claim_and_class),
    BODY (setup_gets_all_of_the_volume_and_fills_the_directory),
    BODY (what_is_not_set_stays_unset),
    BODY (refresh_and_reconstruct_get_all_of_the_volume),
    BODY (teardown_works_in_the_directory_and_without),
    BODY (usage_comes_back_whole),
    BODY (a_name_that_is_not_utf8_comes_through),
    BODY (a_megabyte_comes_through_and_back),
  };

  return run_in_both_places (bodies, G_N_ELEMENTS (bodies), set_up, tear_down);
}
