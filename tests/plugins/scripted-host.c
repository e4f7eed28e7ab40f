/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scripted-host.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

static ScriptedHost *
note (const KvolHost *host, const char *call, const char *about)
{
  ScriptedHost *self = (ScriptedHost *) host;

  g_ptr_array_add (self->calls, g_strconcat (call, *about != '\0' ? " " : "", about, NULL));
  return self;
}

static gboolean
fails (ScriptedHost *self, const char *call, GError **error)
{
  if (g_strcmp0 (self->failing, call) != 0)
    return FALSE;
  g_propagate_error (error, g_error_copy (self->failure));
  return TRUE;
}

/* As lib/sys does it, without the fallbacks. */
static int
make_real_fs (const char *fs_type, const char *source, const char *const *options, GError **error)
{
  KVOL_AUTO_FD context = fsopen (fs_type, FSOPEN_CLOEXEC);
  gboolean ok = context >= 0 && fsconfig (context, FSCONFIG_SET_STRING, "source", source, 0) == 0;

  for (size_t i = 0; ok && options[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (options[i], "=", 2);

      if (pair[1] != NULL)
        ok = fsconfig (context, FSCONFIG_SET_STRING, pair[0], pair[1], 0) == 0;
      else if (!g_str_has_suffix (pair[0], "?"))
        ok = fsconfig (context, FSCONFIG_SET_FLAG, pair[0], NULL, 0) == 0;
    }
  ok = ok && fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0;

  int fd = ok ? fsmount (context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV) : -1;

  if (fd < 0)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "make %s: %s", fs_type, g_strerror (errno));
  return fd;
}

static int
create_fs (const KvolHost *host, const char *fs_type, const char *source, const char *const *options,
           GCancellable *cancellable, GError **error)
{
  g_autofree char *joined = g_strjoinv (",", (char **) options);
  g_autofree char *about = g_strjoin (" ", fs_type, source, joined, NULL);
  ScriptedHost *self = note (host, "create_fs", about);

  if (fails (self, "create_fs", error))
    return -1;
  if (self->asks_kernel)
    return make_real_fs (fs_type, source, options, error);
  return open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static gboolean
save_record (const KvolHost *host, const KvolNodeVolume *volume, const char *pod_uid, GVariant *record,
             gboolean durable, GError **error)
{
  g_autofree char *text = g_variant_print (record, FALSE);

  return !fails (note (host, "save_record", text), "save_record", error);
}

/* The very directory, in place of a mount of it: nothing need be allowed to mount. */
static int
clone_tree (const KvolHost *host, int dir_fd, const char *path, gboolean recursive, GError **error)
{
  ScriptedHost *self = note (host, recursive ? "clone_tree recursively" : "clone_tree", path);

  return fails (self, "clone_tree", error) ? -1 : fcntl (dir_fd, F_DUPFD_CLOEXEC, 0);
}

static gboolean
set_tree_options (const KvolHost *host, int tree_fd, const char *const *options, GError **error)
{
  g_autofree char *joined = g_strjoinv (",", (char **) options);

  assert_true (tree_fd >= 0);
  return !fails (note (host, "set_tree_options", joined), "set_tree_options", error);
}

static char *
find_image (const KvolHost *host, const KvolPodVolume *volume, const char *reference, const char *pull_policy,
            GCancellable *cancellable, GError **error)
{
  g_autofree char *about = g_strjoin (" ", reference, pull_policy, NULL);
  ScriptedHost *self = note (host, "find_image", about);

  if (fails (self, "find_image", error))
    return NULL;
  return g_strdup (self->image);
}

/* a(suxay): path, mode, owner, content, so that the tests can keep and print them. */
static GVariant *
dup_as_variant (const KvolFile *files, gsize n_files)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(suxay)"));
  for (gsize i = 0; i < n_files; i++)
    g_variant_builder_add (&builder, "(sux@ay)", files[i].path, files[i].mode, files[i].uid,
                           g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, files[i].content, files[i].length, 1));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
publish_files (const KvolHost *host, const KvolPodVolume *volume, int dir_fd, const KvolFile *files, gsize n_files,
               const char *stamp, GCancellable *cancellable, GError **error)
{
  g_autofree char *group = g_strdup_printf ("group %" G_GINT64_FORMAT, volume->fs_group);
  ScriptedHost *self = note (host, "publish_files", group);

  if (fails (self, "publish_files", error))
    return FALSE;
  g_clear_pointer (&self->files, g_variant_unref);
  self->files = dup_as_variant (files, n_files);
  g_free (self->stamp);
  self->stamp = g_strdup (stamp);
  self->published_fd = dir_fd;
  return TRUE;
}

static gboolean
is_published (const KvolHost *host, const KvolPodVolume *volume, int dir_fd, const char *stamp)
{
  ScriptedHost *self = note (host, "is_published", "");

  assert_non_null (stamp);
  return g_strcmp0 (self->stamp, stamp) == 0;
}

static gboolean
remove_contents (const KvolHost *host, int dir_fd, GCancellable *cancellable, GError **error)
{
  assert_true (dir_fd >= 0);
  return !fails (note (host, "remove_contents", ""), "remove_contents", error);
}

static gboolean
measure_contents (const KvolHost *host, int dir_fd, KvolUsageInfo *usage, GCancellable *cancellable, GError **error)
{
  if (fails (note (host, "measure_contents", ""), "measure_contents", error))
    return FALSE;
  usage->used_bytes = 4096;
  usage->inodes_used = 1;
  return TRUE;
}

static GVariant *
get_object (const KvolHost *host, const char *api_version, const char *kind, const char *ns, const char *name,
            GCancellable *cancellable, GError **error)
{
  g_autofree char *key = g_strdup_printf ("%s %s/%s", kind, ns, name);
  ScriptedHost *self = note (host, "get_object", key);
  GVariant *object = g_hash_table_lookup (self->objects, key);

  assert_string_equal (api_version, "v1");
  if (fails (self, "get_object", error))
    return NULL;
  if (object == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "%s is not there", key);
  return object ? g_variant_ref (object) : NULL;
}

static char *
request_token (const KvolHost *host, const KvolPodVolume *volume, const char *audience, gint64 seconds,
               gint64 *ret_expiry_usec, gint64 *ret_refresh_usec, GCancellable *cancellable, GError **error)
{
  g_autofree char *about = g_strdup_printf ("\"%s\" %" G_GINT64_FORMAT, audience, seconds);
  ScriptedHost *self = note (host, "request_token", about);

  if (fails (self, "request_token", error))
    return NULL;
  assert_non_null (self->token);
  *ret_expiry_usec = self->token_expiry;
  *ret_refresh_usec = self->token_refresh;
  return g_strdup (self->token);
}

static void
event (const KvolHost *host, gboolean warning, const char *reason, const char *text)
{
  g_ptr_array_add (((ScriptedHost *) host)->events, g_strconcat (reason, ": ", text, NULL));
}

static const KvolHost services = {
  .size = sizeof (KvolHost),
  .minor = KVOL_ABI_MINOR,
  .save_record = save_record,
  .create_fs = create_fs,
  .publish_files = publish_files,
  .is_published = is_published,
  .remove_contents = remove_contents,
  .measure_contents = measure_contents,
  .get_object = get_object,
  .request_token = request_token,
  .event = event,
  .clone_tree = clone_tree,
  .set_tree_options = set_tree_options,
  .find_image = find_image,
};

static void
load_plugin (ScriptedHost *self, const char *file, const char *name)
{
  const char *build_dir = g_getenv ("B") ? g_getenv ("B") : "build";
  g_autofree char *path = g_strdup_printf ("%s/plugins/kvol-%s.so", build_dir, file);
  const KvolPluginDesc *const *(*list) (void) = NULL;

  self->module = g_module_open (path, G_MODULE_BIND_LOCAL);
  if (self->module == NULL || !g_module_symbol (self->module, "kvol_plugins_v1", (gpointer *) &list))
    fail_msg ("%s", g_module_error ());
  for (const KvolPluginDesc *const *desc = list (); *desc != NULL; desc++)
    if (g_str_equal ((*desc)->name, name))
      self->desc = *desc;
  if (self->desc == NULL)
    fail_msg ("%s has no plugin %s", path, name);
}

ScriptedHost *
scripted_host_new (const char *file, const char *name)
{
  ScriptedHost *self = g_new0 (ScriptedHost, 1);
  g_autoptr (GError) error = NULL;

  self->base = services;
  self->objects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
  self->calls = g_ptr_array_new_with_free_func (g_free);
  self->events = g_ptr_array_new_with_free_func (g_free);
  self->published_fd = -1;
  load_plugin (self, file, name);
  self->self = self->desc->open (&self->base, NULL, &error);
  assert_null (error);
  return self;
}

void
scripted_host_free (ScriptedHost *self)
{
  if (self->desc->close != NULL)
    self->desc->close (self->self);
  g_module_close (self->module);
  g_hash_table_unref (self->objects);
  g_ptr_array_unref (self->calls);
  g_ptr_array_unref (self->events);
  g_clear_pointer (&self->files, g_variant_unref);
  g_clear_error (&self->failure);
  g_free (self->stamp);
  g_free (self);
}

void
scripted_host_add_object (ScriptedHost *self, const char *kind, const char *ns, const char *name, const char *version,
                          ...)
{
  g_auto (GVariantDict) object = G_VARIANT_DICT_INIT (NULL);
  g_auto (GVariantBuilder) data = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{say}"));
  va_list args;

  va_start (args, version);
  for (const char *key = va_arg (args, const char *); key != NULL; key = va_arg (args, const char *))
    {
      const char *value = va_arg (args, const char *);

      g_variant_builder_add (&data, "{s@ay}", key,
                             g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, value, strlen (value), 1));
    }
  va_end (args);

  g_variant_dict_insert_value (&object, "data", g_variant_builder_end (&data));
  if (version != NULL)
    g_variant_dict_insert (&object, "version", "s", version);
  g_hash_table_insert (self->objects, g_strdup_printf ("%s %s/%s", kind, ns, name),
                       g_variant_ref_sink (g_variant_dict_end (&object)));
}

void
scripted_host_remove_object (ScriptedHost *self, const char *kind, const char *ns, const char *name)
{
  g_autofree char *key = g_strdup_printf ("%s %s/%s", kind, ns, name);

  g_hash_table_remove (self->objects, key);
}

void
scripted_host_fail (ScriptedHost *self, const char *failing, int code, const char *message)
{
  g_clear_error (&self->failure);
  self->failure = g_error_new_literal (KVOL_ERROR, code, message);
  self->failing = failing;
}

char *
scripted_host_take_calls (ScriptedHost *self)
{
  g_ptr_array_add (self->calls, NULL);

  char *calls = g_strjoinv ("\n", (char **) self->calls->pdata);

  g_ptr_array_set_size (self->calls, 0);
  return calls;
}

void
scripted_volume_init (ScriptedVolume *self, const char *options)
{
  g_autoptr (GError) error = NULL;

  *self = (ScriptedVolume){
    .node = { .size = sizeof self->node, .spec_name = "vol" },
    .pod = { .size = sizeof self->pod,
             .volume = &self->node,
             .volume_name = "vol",
             .pod_uid = "uid",
             .pod_namespace = "ns",
             .pod_name = "pod",
             .fs_group = -1,
             .fs_user = -1,
             .stage_fd = -1,
             .userns_fd = -1 },
    .made = { .size = sizeof self->made, .fd = -1, .watch_fd = -1 },
  };
  if (options != NULL)
    self->node.options = g_variant_parse (G_VARIANT_TYPE_VARDICT, options, NULL, NULL, &error);
  if (error != NULL)
    fail_msg ("%s: %s", options, error->message);
}

void
scripted_volume_set_page_sizes (ScriptedVolume *self, const guint64 *sizes)
{
  gsize n = 0;

  while (sizes[n] != 0)
    n++;
  if (n > 0)
    self->pod.huge_pages = g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, sizes, n, 8));
}

void
scripted_volume_clear (ScriptedVolume *self)
{
  kvol_clear_fd (&self->made.fd);
  kvol_clear_fd (&self->made.watch_fd);
  g_free (self->made.path);
  g_clear_pointer (&self->node.options, g_variant_unref);
  g_clear_pointer (&self->pod.huge_pages, g_variant_unref);
}

gboolean
scripted_setup (ScriptedHost *host, ScriptedVolume *volume, int dir_fd, GError **error)
{
  return host->desc->setup (host->self, &volume->pod, dir_fd, &volume->made, NULL, error);
}

gboolean
scripted_refresh (ScriptedHost *host, ScriptedVolume *volume, int dir_fd, GError **error)
{
  KvolMade made = { .size = sizeof made, .fd = -1, .watch_fd = -1 };
  gboolean ok = host->desc->refresh (host->self, &volume->pod, dir_fd, &made, NULL, error);

  assert_int_equal (made.fd, -1);
  return ok;
}

gboolean
scripted_teardown (ScriptedHost *host, ScriptedVolume *volume, int dir_fd, GError **error)
{
  return host->desc->teardown (host->self, &volume->pod, dir_fd, NULL, error);
}

void
assert_refused (const GError *error, int code, const char *message)
{
  if (error == NULL)
    fail_msg ("no error, expected: %s", message);
  assert_string_equal (error->message, message);
  assert_int_equal (error->domain, KVOL_ERROR);
  assert_int_equal (error->code, code);
}

char *
scripted_tmp_new (void)
{
  char *dir = g_strconcat (g_getenv ("TMPDIR") ? g_getenv ("TMPDIR") : "/tmp", "/kvol-test-XXXXXX", NULL);

  if (g_mkdtemp (dir) == NULL || !g_setenv ("TMPDIR", dir, TRUE))
    fail_msg ("%s: %s", dir, g_strerror (errno));
  return dir;
}

static int
remove_one (const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
  return remove (path);
}

void
scripted_remove_tree (const char *dir)
{
  nftw (dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
