/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nothing in a table is believed before the field that says how far it may be read: size, then the host it needs,
 * then the flags that must be understood, then the rest. */
#include "loader/table.h"

#include <gmodule.h>
#include <string.h>

#include "loader/name.h"

/* What every version 1 has: up to the last slot that is required. */
#define SIZE_MIN (G_STRUCT_OFFSET (KvolPluginDesc, teardown) + sizeof (gpointer))
/* Far more slots than there will ever be; above that the plugin was built with something else. */
#define SIZE_MAX_SANE (16 * sizeof (KvolPluginDesc))
/* A list without its terminating NULL is read this far. */
#define TABLES_MAX 64

#define MUST_UNDERSTAND (~G_GUINT64_CONSTANT (0xffffffff))
#define UNDERSTOOD (KVOL_PLUGIN_MAY_HANG | KVOL_PLUGIN_NO_DIRECTORY)

typedef const KvolPluginDesc *const *(*ListFunction) (void);

static const KvolPluginDesc *const *
check_list (const char *file, const KvolPluginDesc *const *list, GError **error)
{
  gsize n = 0;

  if (list == NULL || list[0] == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "\"%s\" offers no volume plugin: its list is %s", file,
                   list == NULL ? "NULL" : "empty");
      return NULL;
    }
  while (n < TABLES_MAX && list[n] != NULL)
    n++;
  if (n < TABLES_MAX)
    return list;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI,
               "\"%s\" offers %d volume plugins or more: the NULL at the end of its list is missing", file, TABLES_MAX);
  return NULL;
}

/* dlopen names the file first, as we do. */
static const char *
skip_file (const char *message, const char *file)
{
  gsize length = strlen (file);

  return g_str_has_prefix (message, file) && g_str_has_prefix (message + length, ": ") ? message + length + 2 : message;
}

const KvolPluginDesc *const *
loader_table_open (const char *file, GError **error)
{
  ListFunction list = NULL;
  /* Without G_MODULE_BIND_LAZY all symbols are bound at once: what is missing is missed now, not in the middle of a
   * set-up. */
  GModule *module = g_module_open (file, G_MODULE_BIND_LOCAL);

  if (module == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL,
                   "\"%s\" cannot be loaded: %s; a volume plugin is a shared object for this machine", file,
                   skip_file (g_module_error (), file));
      return NULL;
    }
  if (!g_module_symbol (module, "kvol_plugins_v1", (gpointer *) &list) || list == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI,
                   "\"%s\" is no volume plugin: it does not export kvol_plugins_v1 (see kvol-abi.h)", file);
      g_module_close (module);
      return NULL;
    }
  g_module_make_resident (module);
  return check_list (file, list (), error);
}

const char *
loader_table_get_name (const KvolPluginDesc *table)
{
  return KVOL_HAS (table, name) && table->size <= SIZE_MAX_SANE ? table->name : NULL;
}

/* @name is any bytes: as upstream's %q, escapes keep it on one line and off the terminal's controls. */
static gboolean
throw_abi (GError **error, const KvolPluginDesc *table, const char *what)
{
  const char *name = loader_table_get_name (table);
  g_autofree char *quoted = name != NULL ? g_strescape (name, NULL) : NULL;

  if (quoted != NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "volume plugin \"%s\" %s", quoted, what);
  else
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "a volume plugin whose name cannot be read %s", what);
  return FALSE;
}

static gboolean
check_size (const KvolPluginDesc *table, GError **error)
{
  g_autofree char *what = NULL;

  if (table->size >= SIZE_MIN && table->size <= SIZE_MAX_SANE)
    return TRUE;
  what = g_strdup_printf ("has a table of %" G_GSIZE_FORMAT " bytes, where version 1 has %" G_GSIZE_FORMAT " or %s; "
                          "build it with the kvol-abi.h of this kvol",
                          table->size, table->size < SIZE_MIN ? SIZE_MIN : sizeof (KvolPluginDesc),
                          table->size < SIZE_MIN ? "more" : "a few more");
  return throw_abi (error, table, what);
}

static gboolean
check_needs (const KvolPluginDesc *table, GError **error)
{
  guint64 unknown = table->flags & MUST_UNDERSTAND & ~UNDERSTOOD;
  g_autofree char *what = NULL;

  if ((table->flags & KVOL_PLUGIN_MAY_HANG) && (table->flags & (KVOL_PLUGIN_FS_GROUP | KVOL_PLUGIN_SHARED)))
    return throw_abi (error, table,
                      "may hang and leaves fsGroup to the host, which does not walk through what may hang; apply it in "
                      "setup(), and leave out KVOL_PLUGIN_FS_GROUP and KVOL_PLUGIN_SHARED");
  if (table->min_host_minor > KVOL_ABI_MINOR)
    what = g_strdup_printf ("needs a kvol that speaks minor version %u of the plugin ABI, and this one speaks %u; "
                            "install a newer kvol or an older plugin",
                            table->min_host_minor, KVOL_ABI_MINOR);
  else if (unknown != 0)
    what = g_strdup_printf ("has flags that must be understood and are not (0x%" G_GINT64_MODIFIER "x); "
                            "install a newer kvol or an older plugin",
                            unknown);
  return what == NULL || throw_abi (error, table, what);
}

static gboolean
check_name (const KvolPluginDesc *table, GError **error)
{
  g_autofree char *quoted = NULL;
  const char *fault;

  if (table->name == NULL)
    return throw_abi (error, table, "is useless; set .name in its table");
  fault = loader_name_find_fault (table->name);
  if (fault == NULL)
    return TRUE;
  quoted = g_strescape (table->name, NULL);
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "volume plugin has invalid name: \"%s\": %s", quoted, fault);
  return FALSE;
}

static gboolean
check_slots (const KvolPluginDesc *table, GError **error)
{
  const struct
  {
    const char *name;
    gboolean is_there;
  } required[] = {
    { "open", table->open != NULL },
    { "identify", table->identify != NULL },
    { "setup", table->setup != NULL },
    { "teardown", table->teardown != NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (required); i++)
    if (!required[i].is_there)
      {
        g_autofree char *what = g_strdup_printf ("has no %s(), which every plugin must offer; set .%s in its table",
                                                 required[i].name, required[i].name);

        return throw_abi (error, table, what);
      }
  return TRUE;
}

gboolean
loader_table_copy (const KvolPluginDesc *table, KvolPluginDesc *ret_desc, GError **error)
{
  if (!check_size (table, error) || !check_needs (table, error) || !check_name (table, error)
      || !check_slots (table, error))
    return FALSE;

  *ret_desc = (KvolPluginDesc){ 0 };
  memcpy (ret_desc, table, MIN (table->size, sizeof *ret_desc));
  ret_desc->size = sizeof *ret_desc;
  return TRUE;
}
