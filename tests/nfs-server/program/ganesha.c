/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/program/ganesha.h"

#include <string.h>

#include "nfs-server/program/stage.h"

const char *const ganesha_argv[] = { GANESHA_PROGRAM,    "-F", "-f", STAGE_CONFIG, "-L", "STDERR", "-p",
                                     "/run/ganesha.pid", NULL };

static void
add_export (GString *text, guint index, const NfsExport *export, guint transfer)
{
  static const char *const squashes[] = { "No_Root_Squash", "Root_Squash", "All_Squash" };
  const guint32 anonymous = export->anonymous != 0 ? export->anonymous : 65534;
  const char *const access = export->read_only ? "RO" : "RW";

  g_string_append_printf (text, "EXPORT {\n  Export_Id = %u;\n  Path = " STAGE_EXPORT ";\n  Pseudo = \"%s\";\n",
                          index + 1, index, export->path);
  g_string_append_printf (text, "  Squash = %s;\n  Anonymous_uid = %u;\n  Anonymous_gid = %u;\n",
                          squashes[export->squash], anonymous, anonymous);
  g_string_append_printf (text, "  Access_Type = %s;\n", export->client == NULL ? access : "NONE");
  if (export->fresh)
    g_string_append (text, "  Attr_Expiration_Time = 0;\n");
  if (transfer != 0)
    g_string_append_printf (text, "  MaxRead = %u;\n  MaxWrite = %u;\n  PrefRead = %u;\n  PrefWrite = %u;\n", transfer,
                            transfer, transfer, transfer);
  if (export->client != NULL)
    g_string_append_printf (text, "  CLIENT { Clients = %s; Access_Type = %s; }\n", export->client, access);
  g_string_append (text, "  FSAL { Name = VFS; }\n}\n");
}

/* Graceless unless told, and a lease that is short: a restart is to be served at once. Owners are numbers: no names are
 * mapped. */
char *
ganesha_config (const NfsServerSettings *settings)
{
  static const char *const minors[] = { "0, 1, 2", "0", "1", "2" };
  const char *const versions = settings->only_v3 ? "3" : settings->only_v4 ? "4" : "3,4";
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text,
                          "NFS_CORE_PARAM {\n"
                          "  NFS_Port = %u;\n  MNT_Port = %u;\n  NLM_Port = %u;\n  Protocols = %s;\n"
                          "  mount_path_pseudo = true;\n  Enable_UDP = false;\n  Enable_NLM = %s;\n"
                          "  Enable_RQUOTA = false;\n  Clustered = false;\n}\n",
                          settings->port, settings->mount_port, NFS_LOCK_PORT, versions,
                          settings->locks != NFS_LOCKS_NONE ? "true" : "false");
  g_string_append_printf (text,
                          "NFS_KRB5 { Active_krb5 = false; }\n"
                          "NFSV4 {\n  Graceless = %s;\n  Grace_Period = %u;\n  Lease_Lifetime = %u;\n"
                          "  RecoveryBackend = fs;\n  RecoveryRoot = " STAGE_RECOVERY ";\n"
                          "  Only_Numeric_Owners = true;\n  minor_versions = %s;\n}\n",
                          settings->grace_seconds == 0 ? "true" : "false", settings->grace_seconds,
                          settings->lease_seconds, minors[settings->minor]);
  g_string_append_printf (text,
                          "EXPORT_DEFAULTS { SecType = sys; Transports = TCP; Protocols = %s; }\n"
                          "LOG { Default_Log_Level = EVENT; }\n",
                          versions);
  for (guint i = 0; settings->exports[i].path != NULL; i++)
    add_export (text, i, &settings->exports[i], settings->transfer);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* A line is "... :COMPONENT :LEVEL :text". What is missing here on purpose (D-Bus, Kerberos, RADOS, a portmapper for
 * v4) is complained of each time. */
GaneshaWord
ganesha_judge (const char *line, const char **ret_text)
{
  static const char *const levels[] = { " :WARN :", " :MAJ :", " :CRIT :", " :FATAL :" };
  static const char *const usual[] = {
    " :DBUS :",          "gssd_refresh_krb5",      "find_keytab_entry",          "nfs_rpc_cb_init_ccache",
    "load_rados_config", "Cannot register NFS V4", "while getting full hostname"
  };

  if (strstr (line, "NFS SERVER INITIALIZED") != NULL)
    return GANESHA_SAYS_READY;
  for (gsize i = 0; i < G_N_ELEMENTS (usual); i++)
    if (strstr (line, usual[i]) != NULL)
      return GANESHA_SAYS_NOTHING;
  for (gsize i = 0; i < G_N_ELEMENTS (levels); i++)
    {
      const char *found = strstr (line, levels[i]);

      if (found == NULL)
        continue;
      *ret_text = found + strlen (levels[i]);
      return GANESHA_SAYS_TROUBLE;
    }
  return GANESHA_SAYS_NOTHING;
}
