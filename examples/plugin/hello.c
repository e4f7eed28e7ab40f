/* SPDX-License-Identifier: MIT */
/* A volume plugin in one file: a volume with a greeting in it.
 *
 *     gcc -shared -fPIC $(pkg-config --cflags kvol-plugin) hello.c $(pkg-config --libs gio-2.0) -o kvol-hello.so
 *     install kvol-hello.so "$(pkg-config --variable=plugindir kvol-plugin)"
 *
 * A pod asks for it by its name, through the one volume source that names a driver and brings options along:
 *
 *     volumes:
 *     - name: greeting
 *       flexVolume: { driver: example.com/hello, options: { name: world } }
 */
#include <kvol/kvol-abi.h>
#include <string.h>

/* What open() answers is handed to every other call. All this plugin needs is the host. */
static gpointer
hello_open (const KvolHost *host, GVariant *config, GError **error)
{
  return (gpointer) host;
}

/* A volume of its own in each pod: the name that the pod gave it will do. */
static char *
hello_identify (gpointer self, const KvolNodeVolume *volume, GError **error)
{
  return g_strdup (volume->spec_name);
}

/* The host has made the directory. What is published in it appears at once and whole, with its mode right. */
static gboolean
hello_setup (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolMade *made, GCancellable *cancellable,
             GError **error)
{
  const KvolHost *host = self;
  g_autofree char *text = NULL;
  const char *name = NULL;

  if (volume->volume->options == NULL || !g_variant_lookup (volume->volume->options, "name", "&s", &name))
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "options.name: whom to greet is missing");
      return FALSE;
    }
  text = g_strdup_printf ("Hello %s!\n", name);

  const KvolFile greeting = {
    .size = sizeof greeting,
    .path = "greeting",
    .content = text,
    .length = strlen (text),
    .uid = -1,
    .mode = 0444,
  };

  made->kind = KVOL_MADE_FILLED;
  return host->publish_files (host, volume, dir_fd, &greeting, 1, NULL, cancellable, error);
}

/* The directory goes with the host; what is in it is ours to take away. It may be gone already. */
static gboolean
hello_teardown (gpointer self, const KvolPodVolume *volume, int dir_fd, GCancellable *cancellable, GError **error)
{
  const KvolHost *host = self;

  return dir_fd < 0 || host->remove_contents (host, dir_fd, cancellable, error);
}

static const KvolPluginDesc hello = {
  .size = sizeof (KvolPluginDesc),
  .minor = KVOL_ABI_MINOR,
  .name = "example.com/hello",
  .open = hello_open,
  .identify = hello_identify,
  .setup = hello_setup,
  .teardown = hello_teardown,
};

const KvolPluginDesc *const *
kvol_plugins_v1 (void)
{
  static const KvolPluginDesc *const plugins[] = { &hello, NULL };

  return plugins;
}
