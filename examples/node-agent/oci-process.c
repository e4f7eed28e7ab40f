/* SPDX-License-Identifier: MIT */
#include "oci-process.h"

#include "error.h"
#include "fields.h"

/* What container engines leave to a container's root. */
static const char *const usual_capabilities[] = {
  "CHOWN",   "DAC_OVERRIDE", "FSETID",           "FOWNER",     "NET_RAW", "SETGID",      "SETUID",
  "SETFCAP", "SETPCAP",      "NET_BIND_SERVICE", "SYS_CHROOT", "KILL",    "AUDIT_WRITE",
};

/* The pod's and the container's securityContext; the container's word counts more. */
typedef struct
{
  GVariant *pod;
  GVariant *container;
} Security;

static gint64
security_int (const Security *self, const char *key, gint64 otherwise)
{
  return field_int (self->container, key, field_int (self->pod, key, otherwise));
}

static void
add_strings (JsonBuilder *builder, const char *key, char **strings)
{
  json_builder_set_member_name (builder, key);
  json_builder_begin_array (builder);
  for (gsize i = 0; strings != NULL && strings[i] != NULL; i++)
    json_builder_add_string_value (builder, strings[i]);
  json_builder_end_array (builder);
}

static gboolean
add_args (const OciContainer *self, JsonBuilder *builder, GError **error)
{
  static const char *const keys[] = { "command", "args" };
  g_auto (GStrv) own = field_strings (self->container, "command");

  if (self->command != NULL)
    {
      add_strings (builder, "args", self->command);
      return TRUE;
    }
  if (own == NULL || *own == NULL)
    {
      g_set_error (error, AGENT_ERROR, AGENT_USAGE,
                   "container \"%s\" has no command of its own, and its image is not known here: give one after \"--\"",
                   field_string (self->container, "name"));
      return FALSE;
    }

  json_builder_set_member_name (builder, "args");
  json_builder_begin_array (builder);
  for (gsize k = 0; k < G_N_ELEMENTS (keys); k++)
    {
      g_auto (GStrv) words = field_strings (self->container, keys[k]);

      for (gsize i = 0; words != NULL && words[i] != NULL; i++)
        {
          g_autofree char *word = kvol_environment_expand ((const char *const *) self->environment, words[i], error);

          if (word == NULL)
            return FALSE;
          json_builder_add_string_value (builder, word);
        }
    }
  json_builder_end_array (builder);
  return TRUE;
}

static void
set_default (char ***environment, const char *name, const char *value)
{
  if (value != NULL)
    *environment = g_environ_setenv (*environment, name, value, FALSE);
}

/* The container's own variables, and those that runtimes give to all. */
static void
add_environment (const OciContainer *self, JsonBuilder *builder)
{
  g_auto (GStrv) environment = g_strdupv (self->environment);

  set_default (&environment, "PATH", OCI_DEFAULT_PATH);
  set_default (&environment, "HOSTNAME", kvol_pod_get_name (self->pod));
  set_default (&environment, "TERM", self->terminal ? g_getenv ("TERM") : NULL);
  add_strings (builder, "env", environment);
}

static gboolean
add_user (const Security *security, JsonBuilder *builder, gint64 uid, GError **error)
{
  gint64 fs_group = field_int (security->pod, "fsGroup", -1);
  g_autoptr (GVariant) groups =
      security->pod ? g_variant_lookup_value (security->pod, "supplementalGroups", G_VARIANT_TYPE ("ax")) : NULL;
  gboolean never_root = FALSE;

  if (security->container == NULL || !g_variant_lookup (security->container, "runAsNonRoot", "b", &never_root))
    never_root = field_bool (security->pod, "runAsNonRoot");
  if (never_root && uid == 0)
    {
      g_set_error (error, AGENT_ERROR, AGENT_FAILED, "container has runAsNonRoot and would run as root");
      return FALSE;
    }

  json_builder_set_member_name (builder, "user");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "uid");
  json_builder_add_int_value (builder, uid);
  json_builder_set_member_name (builder, "gid");
  json_builder_add_int_value (builder, security_int (security, "runAsGroup", 0));
  json_builder_set_member_name (builder, "additionalGids");
  json_builder_begin_array (builder);
  for (gsize i = 0; groups != NULL && i < g_variant_n_children (groups); i++)
    {
      gint64 group;

      g_variant_get_child (groups, i, "x", &group);
      json_builder_add_int_value (builder, group);
    }
  if (fs_group >= 0)
    json_builder_add_int_value (builder, fs_group);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return TRUE;
}

/* The usual ones without those to drop, then those to add: "CAP_..." each. */
static char **
choose_capabilities (const Security *security)
{
  g_autoptr (GVariant) wish = field_object (security->container, "capabilities");
  g_auto (GStrv) drop = field_strings (wish, "drop");
  g_auto (GStrv) add = field_strings (wish, "add");
  gboolean drop_all = drop != NULL && g_strv_contains ((const char *const *) drop, "ALL");
  GPtrArray *chosen = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (usual_capabilities); i++)
    if (!drop_all && (drop == NULL || !g_strv_contains ((const char *const *) drop, usual_capabilities[i])))
      g_ptr_array_add (chosen, g_strconcat ("CAP_", usual_capabilities[i], NULL));
  for (gsize i = 0; add != NULL && add[i] != NULL; i++)
    g_ptr_array_add (chosen, g_strconcat ("CAP_", add[i], NULL));
  g_ptr_array_add (chosen, NULL);
  return (char **) g_ptr_array_free (chosen, FALSE);
}

static void
add_capabilities (const Security *security, JsonBuilder *builder, gint64 uid)
{
  g_auto (GStrv) chosen = choose_capabilities (security);

  json_builder_set_member_name (builder, "capabilities");
  json_builder_begin_object (builder);
  add_strings (builder, "bounding", chosen);
  /* Another user than root has none until a program with file capabilities gives it some. */
  add_strings (builder, "effective", uid == 0 ? chosen : NULL);
  add_strings (builder, "permitted", uid == 0 ? chosen : NULL);
  json_builder_end_object (builder);
}

gboolean
oci_process_add (const OciContainer *self, JsonBuilder *builder, GError **error)
{
  g_autoptr (GVariant) spec = field_object (kvol_pod_get_object (self->pod), "spec");
  g_autoptr (GVariant) pod_security = field_object (spec, "securityContext");
  g_autoptr (GVariant) own_security = field_object (self->container, "securityContext");
  Security security = { .pod = pod_security, .container = own_security };
  const char *directory = field_string (self->container, "workingDir");
  gint64 uid = security_int (&security, "runAsUser", 0);
  gboolean may_rise = TRUE;

  json_builder_set_member_name (builder, "process");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "terminal");
  json_builder_add_boolean_value (builder, self->terminal);
  if (!add_user (&security, builder, uid, error) || !add_args (self, builder, error))
    return FALSE;
  add_environment (self, builder);
  json_builder_set_member_name (builder, "cwd");
  json_builder_add_string_value (builder, directory != NULL && *directory != '\0' ? directory : "/");
  add_capabilities (&security, builder, uid);

  if (own_security != NULL)
    g_variant_lookup (own_security, "allowPrivilegeEscalation", "b", &may_rise);
  json_builder_set_member_name (builder, "noNewPrivileges");
  json_builder_add_boolean_value (builder, !may_rise);
  json_builder_end_object (builder);
  return TRUE;
}
