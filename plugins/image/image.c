/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* image (upstream pkg/volume/image, where the container runtime does all of it): the tree of an OCI image, to be read.
 *
 * Whoever runs the containers knows images, so the host asks the agent where the tree lies unpacked. It is bound
 * read-only; programs in it may be run, as upstream decided. It is never the pod's: neither a set-up nor a teardown
 * changes anything in it, and no fsGroup does.
 *
 * A pod keeps the tree that it was set up with. What a registry has later under the same tag is for the next pod. */
#include <kvol/kvol-abi.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static gpointer
image_open (const KvolHost *host, GVariant *config, GError **error)
{
  return (gpointer) host;
}

/* The string option @key, lent by @options; "" when it is not there. */
static const char *
get_string (GVariant *options, const char *key)
{
  const char *value = "";

  if (options != NULL)
    g_variant_lookup (options, key, "&s", &value);
  return value;
}

static const char *
get_reference (GVariant *options, GError **error)
{
  const char *reference = get_string (options, "reference");

  if (*reference != '\0')
    return reference;
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "image.reference: Required value");
  return NULL;
}

/* A tag comes after the last "/"; a colon before that is a port's. A digest says more than any tag. */
static gboolean
may_move (const char *reference)
{
  const char *slash = strrchr (reference, '/');
  const char *tag = strchr (slash != NULL ? slash : reference, ':');

  return strchr (reference, '@') == NULL && (tag == NULL || g_str_equal (tag, ":latest"));
}

static const char *
get_pull_policy (GVariant *options, const char *reference, GError **error)
{
  static const char *const known[] = { "Always", "IfNotPresent", "Never", NULL };
  const char *policy = get_string (options, "pullPolicy");

  if (*policy == '\0')
    return may_move (reference) ? "Always" : "IfNotPresent";
  if (g_strv_contains (known, policy))
    return policy;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
               "image.pullPolicy: Unsupported value: \"%s\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
               policy);
  return NULL;
}

static char *
image_identify (gpointer self, const KvolNodeVolume *volume, GError **error)
{
  /* After a loss the name is all that is left, and all that a teardown needs. */
  return g_strdup (volume->options != NULL ? get_reference (volume->options, error) : volume->spec_name);
}

static int
open_tree_of (const char *reference, const char *path, GError **error)
{
  int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int number = errno;

  if (fd < 0)
    g_set_error (error, KVOL_ERROR, number == ENOENT || number == ENOTDIR ? KVOL_ERROR_ABSENT : KVOL_ERROR_FINAL,
                 "image \"%s\": open the directory \"%s\" that is to hold its tree: %s", reference, path,
                 g_strerror (number));
  return fd;
}

static gboolean
image_setup (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolMade *made, GCancellable *cancellable,
             GError **error)
{
  static const char *const options[] = { "ro", NULL };
  const KvolHost *host = self;
  const char *reference = get_reference (volume->volume->options, error);
  const char *policy = reference != NULL ? get_pull_policy (volume->volume->options, reference, error) : NULL;
  g_autofree char *path =
      policy != NULL ? host->find_image (host, volume, reference, policy, cancellable, error) : NULL;

  if (path == NULL)
    return FALSE;

  KVOL_AUTO_FD tree = open_tree_of (reference, path, error);

  made->fd = tree >= 0 ? host->clone_tree (host, tree, "", FALSE, error) : -1;
  if (made->fd < 0 || !host->set_tree_options (host, made->fd, options, error))
    return FALSE;
  made->kind = KVOL_MADE_TREE;
  made->applied = KVOL_APPLIED_READ_ONLY;
  return TRUE;
}

static gboolean
image_teardown (gpointer self, const KvolPodVolume *volume, int dir_fd, GCancellable *cancellable, GError **error)
{
  return TRUE;
}

static const KvolPluginDesc image = {
  .size = sizeof (KvolPluginDesc),
  .minor = KVOL_ABI_MINOR,
  .name = "kubernetes.io/image",
  .open = image_open,
  .identify = image_identify,
  .setup = image_setup,
  .teardown = image_teardown,
};

const KvolPluginDesc *const *
kvol_plugins_v1 (void)
{
  static const KvolPluginDesc *const plugins[] = { &image, NULL };

  return plugins;
}
