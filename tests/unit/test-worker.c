/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nobody can tell whether a plugin runs in this process or in a worker: each test here is run in both places. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "loader/registry.h"
#include "support/built.h"
#include "support/scratch.h"
#include "sys/mount.h"
#include "sys/tree.h"

typedef struct
{
  const char *name;
  CMUnitTestFunction function;
} Body;

/* One body in one place. */
typedef struct
{
  Body body;
  LoaderPlacement placement;
  const char *no_mounts; /* why this machine cannot mount; NULL: it can */
} Row;

typedef struct
{
  const Row *row;
  LoaderRegistry *registry;
  const LoaderPlugin *plugin;
  char *dir;
  int dir_fd;

  /* What the host was told, one line each. */
  GMutex lock;
  GPtrArray *heard;

  KvolNodeVolume node;
  KvolPodVolume pod;
  GVariant *secrets;
} Ground;

/* ---- a host that writes down what it is told ---- */

static G_GNUC_PRINTF (2, 3) void hear (Ground *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->heard, g_strdup_vprintf (format, args));
  g_mutex_unlock (&self->lock);
  va_end (args);
}

static gboolean
host_save_record (gpointer data, const char *plugin, const KvolNodeVolume *volume, const char *pod_uid,
                  GVariant *record, gboolean durable, GError **error)
{
  Ground *self = data;
  g_autofree char *printed = g_variant_print (record, FALSE);

  /* The engine may know a volume by its address: it gets back the one that it gave. */
  hear (self, "%s: record of %s %s in %s: %s%s", plugin, volume == &self->node ? "the" : "another", volume->volume_id,
        pod_uid != NULL ? pod_uid : "the node", printed, durable ? ", durable" : "");
  return TRUE;
}

static int
host_open_state_dir (gpointer data, const char *plugin, GError **error)
{
  Ground *self = data;

  return openat (self->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static gboolean
host_publish_files (gpointer data, const char *plugin, const KvolPodVolume *volume, int dir_fd, GVariant *files,
                    const char *stamp, GCancellable *cancellable, GError **error)
{
  Ground *self = data;
  g_autofree char *printed = g_variant_print (files, FALSE);
  struct stat own, given;

  assert_ptr_equal (volume, &self->pod);
  assert_int_equal (fstat (self->dir_fd, &own) + fstat (dir_fd, &given), 0);
  hear (self, "%s: publish %s as %s in %s directory", plugin, printed, stamp,
        own.st_ino == given.st_ino ? "the" : "another");
  return TRUE;
}

static gboolean
host_is_published (gpointer data, const char *plugin, const KvolPodVolume *volume, int dir_fd, const char *stamp)
{
  return g_strcmp0 (stamp, "stamp 1") == 0;
}

static GVariant *
host_get_object (gpointer data, const char *plugin, const char *api_version, const char *kind, const char *ns,
                 const char *name, GCancellable *cancellable, GError **error)
{
  if (g_str_equal (name, "missing"))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "%s \"%s\" not found", kind, name);
      return NULL;
    }
  return g_variant_ref_sink (
      g_variant_new_parsed ("{'of': <%s>, 'name': <%s>}", g_strconcat (api_version, kind, ns, NULL), name));
}

static char *
host_request_token (gpointer data, const char *plugin, const KvolPodVolume *volume, const char *audience,
                    gint64 seconds, gint64 *ret_expiry_usec, GCancellable *cancellable, GError **error)
{
  Ground *self = data;

  assert_ptr_equal (volume, &self->pod);
  *ret_expiry_usec = seconds * G_USEC_PER_SEC;
  return g_strdup_printf ("token-for-%s", audience);
}

static void
host_event (gpointer data, const char *plugin, gboolean warning, const char *reason, const char *text)
{
  hear (data, "%s%s: %s", warning ? "warning " : "", reason, text);
}

static void
host_progress (gpointer data, const char *plugin, guint64 done, guint64 total)
{
  hear (data, "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, done, total);
}

static const LoaderHostOps host_ops = {
  .save_record = host_save_record,
  .open_state_dir = host_open_state_dir,
  .publish_files = host_publish_files,
  .is_published = host_is_published,
  .get_object = host_get_object,
  .request_token = host_request_token,
  .event = host_event,
  .progress = host_progress,
};

static void
assert_heard (Ground *self, guint at, const char *text)
{
  if (at >= self->heard->len)
    fail_msg ("the host was told %u things; expected was also\n%s", self->heard->len, text);
  assert_string_equal (self->heard->pdata[at], text);
}

/* ---- ground ---- */

static GVariant *
parse (const char *text)
{
  return g_variant_ref_sink (g_variant_new_parsed (text));
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
  g_autofree char *file = built_path ("fixtures/kvol-echo.so");
  g_autofree char *worker = built_path ("libexec/kvol-worker");
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  g_mutex_init (&self->lock);
  self->row = row;
  self->heard = g_ptr_array_new_with_free_func (g_free);
  self->dir = row->no_mounts == NULL ? scratch_dir ("worker") : g_dir_make_tmp ("kvol-worker-XXXXXX", NULL);
  self->dir_fd = open (self->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fill_volume (self);
  self->registry = loader_registry_new (&host_ops, self, worker, row->placement);
  loader_registry_load_file (self->registry, file, NULL, problems);
  assert_int_equal (problems->len, 0);
  self->plugin = loader_registry_find (self->registry, "example.test/echo");
  assert_int_equal (self->plugin->in_worker, row->placement == LOADER_IN_WORKER_ALWAYS);
  *state = self;
  return 0;
}

static int
tear_down (void **state)
{
  Ground *self = *state;
  g_autoptr (GDir) left = NULL;
  const char *name;

  loader_registry_free (self->registry);
  left = g_dir_open (self->dir, 0, NULL);
  while ((name = g_dir_read_name (left)) != NULL)
    unlinkat (self->dir_fd, name, 0);
  g_rmdir (self->dir);
  g_close (self->dir_fd, NULL);
  g_close (self->pod.userns_fd, NULL);
  g_variant_unref (self->node.options);
  g_variant_unref (self->node.publish_context);
  g_variant_unref (self->node.record);
  g_variant_unref (self->pod.huge_pages);
  g_variant_unref (self->secrets);
  g_ptr_array_unref (self->heard);
  g_mutex_clear (&self->lock);
  g_free (self->dir);
  g_free (self);
  return 0;
}

static void
replace_options (Ground *self, const char *text)
{
  g_variant_unref (self->node.options);
  self->node.options = parse (text);
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

  return g_strdup_printf ("%s name=data uid=uid-1 ns=ns pod=web-0 account=default target=/target huge=[uint64 2097152] "
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
  assert_string_equal (g_variant_get_type_string (steps), "a(sstx)");
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

static void
a_detached_mount_is_usable (void **state)
{
  Ground *self = *state;
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autoptr (GError) error = NULL;

  if (self->row->no_mounts != NULL)
    skip_because (self->row->no_mounts);
  replace_options (self, "{'do': <'tree'>}");
  if (!self->plugin->desc.setup (self->plugin->self, &self->pod, self->dir_fd, &made, NULL, &error))
    fail_msg ("%s", error->message);
  assert_int_equal (made.kind, KVOL_MADE_TREE);
  assert_true (sys_tree_hang (made.fd, self->dir_fd, NULL));
  assert_file (self, "inside", "a tree");
  kvol_clear_fd (&made.fd);
  assert_true (sys_unmount_at (AT_FDCWD, self->dir, NULL));
  assert_int_equal (faccessat (self->dir_fd, "inside", F_OK, 0), -1);
}

/* ---- errors ---- */

static void
an_error_keeps_domain_code_and_words (void **state)
{
  Ground *self = *state;
  const struct
  {
    const char *domain;
    int code;
    GQuark domain_here;
    int code_here;
  } rows[] = {
    { "kvol-error-quark", KVOL_ERROR_FINAL, KVOL_ERROR, KVOL_ERROR_FINAL },
    { "kvol-error-quark", KVOL_ERROR_BUSY, KVOL_ERROR, KVOL_ERROR_BUSY },
    { "kvol-error-quark", 77, KVOL_ERROR, 77 },
    { "g-io-error-quark", G_IO_ERROR_CANCELLED, G_IO_ERROR, G_IO_ERROR_CANCELLED },
    /* A domain that this process does not know reads as UNCERTAIN; that of a plugin in this process it does know. */
    { "vendor-error-quark", 5, self->plugin->in_worker ? KVOL_ERROR : g_quark_from_string ("vendor-error-quark"),
      self->plugin->in_worker ? KVOL_ERROR_UNCERTAIN : 5 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *options =
          g_strdup_printf ("{'do': <'fail'>, 'domain': <'%s'>, 'code': <int64 %d>}", rows[i].domain, rows[i].code);
      g_autofree char *words = g_strdup_printf ("it fails as \"%s\"", rows[i].domain);
      g_auto (KvolMade) made = LOADER_MADE_INIT;
      g_autoptr (GError) error = NULL;

      replace_options (self, options);
      assert_false (self->plugin->desc.setup (self->plugin->self, &self->pod, -1, &made, NULL, &error));
      assert_int_equal (error->domain, rows[i].domain_here);
      assert_int_equal (error->code, rows[i].code_here);
      assert_string_equal (error->message, words);
    }
}

/* ---- services ---- */

static void
all_services_work_while_a_call_runs (void **state)
{
  Ground *self = *state;
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autoptr (GError) error = NULL;
  g_autofree char *absent =
      g_strdup_printf ("missing=kvol-error-quark %d ConfigMap \"missing\" not found", KVOL_ERROR_ABSENT);

  replace_options (self, "{'do': <'services'>}");
  if (!self->plugin->desc.setup (self->plugin->self, &self->pod, self->dir_fd, &made, NULL, &error))
    fail_msg ("%s", error->message);
  assert_non_null (strstr (made.path, "services published=1,0 token=token-for-vault until=600000000 "
                                      "there={'of': <'v1ConfigMapns'>, 'name': <'there'>} "));
  assert_non_null (strstr (made.path, absent));
  assert_file (self, "state", "kept");
  assert_heard (self, 0, "example.test/echo: record of the id-1 in the node: @a{sv} {}");
  assert_heard (self, 1, "example.test/echo: record of the id-1 in uid-1: {'step': <'second'>}, durable");
  assert_heard (self, 2, "example.test/echo: publish [('file', 420, -1, b'content')] as stamp 1 in the directory");
  assert_heard (self, 3, "warning Reason: text of an event");
  assert_heard (self, 4, "3 of 1099511627776");
}

static void
a_record_of_another_volume_is_saved_as_that (void **state)
{
  Ground *self = *state;
  g_auto (KvolMade) made = LOADER_MADE_INIT;

  replace_options (self, "{'do': <'other-volume'>}");
  assert_true (self->plugin->desc.setup (self->plugin->self, &self->pod, -1, &made, NULL, NULL));
  assert_heard (self, 0, "example.test/echo: record of another another in the node: @a{sv} {}");
}

static void
services_may_be_asked_from_several_threads (void **state)
{
  Ground *self = *state;
  g_auto (KvolMade) made = LOADER_MADE_INIT;

  replace_options (self, "{'do': <'threads'>}");
  assert_true (self->plugin->desc.setup (self->plugin->self, &self->pod, -1, &made, NULL, NULL));
  assert_string_equal (made.path, "200");
}

static void
close_is_called_when_the_registry_goes (void **state)
{
  Ground *self = *state;
  g_autofree char *worker = built_path ("libexec/kvol-worker");

  loader_registry_free (self->registry);
  assert_int_equal (self->heard->len, 2);
  assert_heard (self, 0, "close: closed");
  assert_heard (self, 1, "close: closed");
  self->registry = loader_registry_new (&host_ops, self, worker, self->row->placement);
}

#define BODY(function)                                                                                                 \
  {                                                                                                                    \
#function, function                                                                                                \
  }

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
  BODY (a_detached_mount_is_usable),
  BODY (an_error_keeps_domain_code_and_words),
  BODY (all_services_work_while_a_call_runs),
  BODY (a_record_of_another_volume_is_saved_as_that),
  BODY (services_may_be_asked_from_several_threads),
  BODY (close_is_called_when_the_registry_goes),
};

int
main (void)
{
  struct CMUnitTest tests[2 * G_N_ELEMENTS (bodies)];
  Row rows[G_N_ELEMENTS (tests)];
  const char *no_mounts = NULL;

  scratch_enter (&no_mounts);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      gboolean far = i >= G_N_ELEMENTS (bodies);

      rows[i] = (Row){
        .body = bodies[i % G_N_ELEMENTS (bodies)],
        .placement = far ? LOADER_IN_WORKER_ALWAYS : LOADER_IN_WORKER_WHEN_ASKED,
        .no_mounts = no_mounts,
      };
      tests[i] = (struct CMUnitTest){
        .name = g_strdup_printf ("%s: %s", far ? "in a worker" : "in process", rows[i].body.name),
        .test_func = rows[i].body.function,
        .setup_func = set_up,
        .teardown_func = tear_down,
        .initial_state = &rows[i],
      };
    }
  return cmocka_run_group_tests_name ("worker", tests, NULL, NULL);
}
