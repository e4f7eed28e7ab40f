/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin in a worker asks its host while it is called, fails and hands over mounts as one in this process does. */

#include "both-places.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "sys/tree.h"

typedef struct
{
  const Row *row;
  LoaderRegistry *registry;
  const LoaderPlugin *plugin;
  GPtrArray *heard; /* what the host was told, one line each */
  char *dir;
  int dir_fd;

  KvolNodeVolume node;
  KvolPodVolume pod;
} Ground;

/* ---- a host that writes down what it is told ---- */

static G_GNUC_PRINTF (2, 3) void hear (Ground *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->heard, g_strdup_vprintf (format, args));
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
host_publish_files (gpointer data, const char *plugin, const KvolPodVolume *volume, int dir_fd, const KvolFile *files,
                    gsize n_files, const char *stamp, GCancellable *cancellable, GError **error)
{
  Ground *self = data;
  struct stat own, given;

  assert_ptr_equal (volume, &self->pod);
  assert_int_equal (fstat (self->dir_fd, &own) + fstat (dir_fd, &given), 0);
  hear (self, "%s: %zu files as %s in %s directory", plugin, n_files, stamp,
        own.st_ino == given.st_ino ? "the" : "another");
  for (gsize i = 0; i < n_files; i++)
    hear (self, "%s: %.*s, mode %o of %d", files[i].path, (int) files[i].length, (const char *) files[i].content,
          files[i].mode, (int) files[i].uid);
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
  g_autofree char *of = g_strconcat (api_version, kind, ns, NULL);

  if (g_str_equal (name, "missing"))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "%s \"%s\" not found", kind, name);
      return NULL;
    }
  return g_variant_ref_sink (g_variant_new_parsed ("{'of': <%s>, 'name': <%s>}", of, name));
}

static char *
host_request_token (gpointer data, const char *plugin, const KvolPodVolume *volume, const char *audience,
                    gint64 seconds, gint64 *ret_expiry_usec, gint64 *ret_refresh_usec, GCancellable *cancellable,
                    GError **error)
{
  Ground *self = data;

  assert_ptr_equal (volume, &self->pod);
  *ret_expiry_usec = seconds * G_USEC_PER_SEC;
  *ret_refresh_usec = seconds;
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

static char *
host_find_image (gpointer data, const char *plugin, const KvolPodVolume *volume, const char *reference,
                 const char *pull_policy, GCancellable *cancellable, GError **error)
{
  Ground *self = data;

  assert_ptr_equal (volume, &self->pod);
  return g_strdup_printf ("/images/%s,%s", reference, pull_policy);
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
  .find_image = host_find_image,
};

static void
assert_heard (Ground *self, guint at, const char *text)
{
  if (at >= self->heard->len)
    fail_msg ("the host was told %u things; expected was also\n%s", self->heard->len, text);
  assert_string_equal (self->heard->pdata[at], text);
}

/* ---- ground ---- */

static int
set_up (void **state)
{
  const Row *row = *state;
  Ground *self = g_new0 (Ground, 1);

  self->row = row;
  self->heard = g_ptr_array_new_with_free_func (g_free);
  self->dir = make_dir (row);
  self->dir_fd = open (self->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  self->node = (KvolNodeVolume){ .size = sizeof self->node, .volume_id = "id-1", .spec_name = "pvc-1" };
  self->pod = (KvolPodVolume){
    .size = sizeof self->pod,
    .volume = &self->node,
    .pod_uid = "uid-1",
    .fs_group = -1,
    .fs_user = -1,
    .stage_fd = -1,
    .userns_fd = -1,
  };
  self->registry = load_fixture (row, "doer", &host_ops, self);
  self->plugin = loader_registry_find (self->registry, "example.test/near");
  assert_int_equal (self->plugin->in_worker, row->placement == LOADER_IN_WORKER_ALWAYS);
  *state = self;
  return 0;
}

static int
tear_down (void **state)
{
  Ground *self = *state;

  loader_registry_free (self->registry);
  unlinkat (self->dir_fd, "state", 0);
  g_rmdir (self->dir);
  g_close (self->dir_fd, NULL);
  g_clear_pointer (&self->node.options, g_variant_unref);
  g_ptr_array_unref (self->heard);
  g_free (self->dir);
  g_free (self);
  return 0;
}

/* setup() with these options. */
static gboolean
set_up_with (Ground *self, const char *options, KvolMade *made, GError **error)
{
  g_clear_pointer (&self->node.options, g_variant_unref);
  self->node.options = parse (options);
  return self->plugin->desc.setup (self->plugin->self, &self->pod, self->dir_fd, made, NULL, error);
}

static void
a_detached_mount_is_usable (void **state)
{
  Ground *self = *state;
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autoptr (GError) error = NULL;
  g_autofree char *file = g_build_filename (self->dir, "inside", NULL);

  if (self->row->no_mounts != NULL)
    skip_because (self->row->no_mounts);
  if (!set_up_with (self, "{'do': <'tree'>}", &made, &error))
    fail_msg ("%s", error->message);
  assert_int_equal (made.kind, KVOL_MADE_TREE);
  assert_true (sys_tree_hang (made.fd, self->dir_fd, NULL));
  kvol_clear_fd (&made.fd);
  assert_true (file_has (file, "a tree"));
  /* Nobody else keeps it busy. */
  assert_int_equal (umount2 (self->dir, UMOUNT_NOFOLLOW), 0);
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

      assert_false (set_up_with (self, options, &made, &error));
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
  g_autofree char *kept = g_build_filename (self->dir, "state", NULL);
  g_autofree char *absent =
      g_strdup_printf ("missing=kvol-error-quark %d ConfigMap \"missing\" not found", KVOL_ERROR_ABSENT);

  if (!set_up_with (self, "{'do': <'services'>}", &made, &error))
    fail_msg ("%s", error->message);
  assert_non_null (strstr (made.path, "services published=1,0 token=token-for-vault until=600000000 due=600 "
                                      "there={'of': <'v1ConfigMapns'>, 'name': <'there'>} "));
  assert_non_null (strstr (made.path, absent));
  assert_non_null (strstr (made.path, " image=/images/registry.test/app:1,Never"));
  assert_true (file_has (kept, "kept"));
  assert_heard (self, 0, "example.test/near: record of the id-1 in the node: {}");
  assert_heard (self, 1, "example.test/near: record of the id-1 in uid-1: {'step': <'second'>}, durable");
  assert_heard (self, 2, "example.test/near: 2 files as stamp 1 in the directory");
  assert_heard (self, 3, "file: content, mode 644 of -1");
  assert_heard (self, 4, "caf\xe9/empty: , mode 400 of 1000");
  assert_heard (self, 5, "warning Reason: text of an event");
  assert_heard (self, 6, "3 of 1099511627776");
}

static void
files_of_a_newer_header_are_published (void **state)
{
  Ground *self = *state;
  g_auto (KvolMade) made = LOADER_MADE_INIT;

  assert_true (set_up_with (self, "{'do': <'longer-files'>}", &made, NULL));
  assert_heard (self, 1, "one: 1, mode 644 of -1");
  assert_heard (self, 2, "two: 2, mode 644 of -1");
}

static void
a_record_of_another_volume_is_saved_as_that (void **state)
{
  Ground *self = *state;
  g_auto (KvolMade) made = LOADER_MADE_INIT;

  assert_true (set_up_with (self, "{'do': <'other-volume'>}", &made, NULL));
  assert_heard (self, 0, "example.test/near: record of another another in the node: {}");
}

static void
services_may_be_asked_from_several_threads (void **state)
{
  Ground *self = *state;
  g_auto (KvolMade) made = LOADER_MADE_INIT;

  assert_true (set_up_with (self, "{'do': <'threads'>}", &made, NULL));
  assert_string_equal (made.path, "200");
}

static void
a_service_that_the_host_lacks_is_not_supported (void **state)
{
  Ground *self = *state;
  const LoaderHostOps no_ops = { NULL };
  g_autoptr (LoaderRegistry) registry = load_fixture (self->row, "doer", &no_ops, NULL);
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autoptr (GError) error = NULL;

  self->plugin = loader_registry_find (registry, "example.test/near");
  assert_false (set_up_with (self, "{'do': <'services'>}", &made, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED));
  assert_string_equal (error->message, "this host does not offer save_record");
}

/* One that runs in a worker is opened by the first call. */
static void
use (Ground *self, const char *name)
{
  const KvolNodeVolume volume = { .size = sizeof volume, .spec_name = "used" };
  const LoaderPlugin *plugin = loader_registry_find (self->registry, name);
  g_autofree char *id = plugin->desc.identify (plugin->self, &volume, NULL);

  assert_non_null (id);
}

static void
close_is_called_when_the_registry_goes (void **state)
{
  Ground *self = *state;

  use (self, "example.test/near");
  use (self, "example.test/far");
  loader_registry_free (g_steal_pointer (&self->registry));
  /* Of the two plugins in the file. */
  assert_int_equal (self->heard->len, 2);
  assert_heard (self, 0, "close: closed");
  assert_heard (self, 1, "close: closed");
  self->registry = load_fixture (self->row, "doer", &host_ops, self);
}

int
main (void)
{
  static const Body bodies[] = {
    BODY (a_detached_mount_is_usable),
    BODY (an_error_keeps_domain_code_and_words),
    BODY (all_services_work_while_a_call_runs),
    BODY (files_of_a_newer_header_are_published),
    BODY (a_record_of_another_volume_is_saved_as_that),
    BODY (services_may_be_asked_from_several_threads),
    BODY (a_service_that_the_host_lacks_is_not_supported),
    BODY (close_is_called_when_the_registry_goes),
  };

  return run_in_both_places (bodies, G_N_ELEMENTS (bodies), set_up, tear_down);
}
