/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an operator may say of NFS volumes in the agent's configuration. */
#include "plugins/nfs-case.h"

#include <string.h>

#include "support/rows.h"

typedef struct
{
  const char *name;
  const char *config;
  const char *message; /* a part of the refusal; NULL: it is taken */
} Row;

static const Row rows[] = {
  { "nothing", "@a{sv} {}", NULL },
  { "all that there is",
    "{'probeTimeoutSeconds': <int64 25>, 'scrubTimeoutSeconds': <int64 86400>, "
    "'mountHelper': <false>, 'server': <'nfs-server'>, 'path': <'/exports'>}",
    NULL },
  { "what concerns the host", "{'timeoutSeconds': <int64 60>}", NULL },
  { "no time for the probe", "{'probeTimeoutSeconds': <int64 0>}", "probeTimeoutSeconds: must be a whole number" },
  { "more time than there is", "{'probeTimeoutSeconds': <int64 26>}", "from 1 to 25" },
  { "a time that is text", "{'probeTimeoutSeconds': <'5'>}", "probeTimeoutSeconds: must be a whole number" },
  { "no time to scrub", "{'scrubTimeoutSeconds': <int64 -1>}", "scrubTimeoutSeconds: must be a whole number" },
  { "a switch that is text", "{'mountHelper': <'yes'>}", "mountHelper: must be true or false" },
  { "a helper that the host does not run", "{'mountHelper': <true>}", "mountHelper: this host runs no mount helpers" },
  { "a setting that there is not", "{'probeTimeoutSecond': <int64 5>}",
    "probeTimeoutSecond: there is no such setting" },
  { "a server that is no text", "{'server': <int64 1>}", "server: must be a string" },
};

static void
the_configuration_is_taken_or_refused (void **state)
{
  const Row *row = *state;
  g_autoptr (ScriptedHost) host = scripted_host_new ("nfs", "kubernetes.io/nfs");
  g_autoptr (GVariant) config = g_variant_ref_sink (g_variant_new_parsed (row->config));
  g_autoptr (GError) error = NULL;
  gpointer self = host->desc->open (&host->base, config, &error);

  if (row->message == NULL)
    {
      assert_null (error);
      assert_non_null (self);
      host->desc->close (self);
      return;
    }
  assert_null (self);
  assert_non_null (error);
  if (strstr (error->message, row->message) == NULL)
    fail_msg ("\"%s\"", error->message);
}

int
main (void)
{
  GArray *tests = rows_new ();

  rows_add_all (tests, rows, the_configuration_is_taken_or_refused);
  return rows_run ("nfs configuration", tests);
}
