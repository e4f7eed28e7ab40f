/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugins/nfs-case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

ScriptedHost *
nfs_case_host (int seconds)
{
  ScriptedHost *host = scripted_host_new ("nfs", "kubernetes.io/nfs");
  g_autoptr (GVariant) config =
      g_variant_ref_sink (g_variant_new_parsed ("{'probeTimeoutSeconds': <%x>}", (gint64) seconds));
  g_autoptr (GError) error = NULL;

  host->desc->close (host->self);
  host->self = host->desc->open (&host->base, config, &error);
  assert_null (error);
  return host;
}

void
nfs_case_volume (ScriptedVolume *self, const char *server, const char *path, const char *const *options)
{
  scripted_volume_init (self, NULL);
  self->node.options = g_variant_ref_sink (g_variant_new_parsed ("{'server': <%s>, 'path': <%s>}", server, path));
  self->node.mount_options = options;
}

char *
nfs_case_identify (ScriptedHost *host, const char *server, const char *path, const char *const *options, GError **error)
{
  g_auto (ScriptedVolume) volume;

  nfs_case_volume (&volume, server, path, options);
  return host->desc->identify (host->self, &volume.node, error);
}

char *
nfs_case_probe (ScriptedHost *host, const char *server, const char *path, const char *const *options, char **ret_text)
{
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) steps = NULL;
  GString *lines = g_string_new (NULL);

  nfs_case_volume (&volume, server, path, options);
  steps = host->desc->probe (host->self, &volume.node, NULL, &error);
  if (steps == NULL)
    fail_msg ("%s", error->message);
  assert_true (g_variant_is_of_type (steps, G_VARIANT_TYPE ("a(sssx)")));
  *ret_text = NULL;
  for (gsize i = 0; i < g_variant_n_children (steps); i++)
    {
      const char *step;
      const char *cause;
      const char *text;
      gint64 usec;

      g_variant_get_child (steps, i, "(&s&s&sx)", &step, &cause, &text, &usec);
      assert_true (usec >= 0);
      g_string_append_printf (lines, "%s%s %s", i > 0 ? "\n" : "", step, *cause != '\0' ? cause : "ok");
      g_free (*ret_text);
      *ret_text = g_strdup (text);
    }
  return g_string_free (lines, FALSE);
}

void
nfs_case_assert_setup (ScriptedHost *host, const char *server, const char *path, const char *const *options, int code,
                       const char *begin, const char *part)
{
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  nfs_case_volume (&volume, server, path, options);
  assert_false (scripted_setup (host, &volume, -1, &error));
  assert_non_null (error);
  if (!g_error_matches (error, KVOL_ERROR, code) || !g_str_has_prefix (error->message, begin)
      || (part != NULL && strstr (error->message, part) == NULL))
    fail_msg ("wanted code %d, \"%s ... %s\"; got code %d, \"%s\"", code, begin, part != NULL ? part : "", error->code,
              error->message);
  assert_int_equal (volume.made.fd, -1);
  assert_null (volume.made.path);
}
