/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/resources.h"

#include <string.h>

#include "model/field.h"

static const char *const container_lists[] = { "containers", "initContainers", "ephemeralContainers" };

/* Calls @each for every container of the kinds that have resources of their own. */
typedef void (*ContainerFunc) (GVariant *container, gboolean is_init, gpointer data);

static void
for_each_container (GVariant *spec, guint n_lists, ContainerFunc each, gpointer data)
{
  for (guint list = 0; list < n_lists; list++)
    {
      g_autoptr (GVariant) containers = model_field_objects (spec, container_lists[list]);

      for (gsize i = 0; containers != NULL && i < g_variant_n_children (containers); i++)
        {
          g_autoptr (GVariant) container = g_variant_get_child_value (containers, i);

          each (container, list == 1, data);
        }
    }
}

typedef struct
{
  guint64 sum;
  guint64 largest_init;
  gboolean one_lacks_it;
} MemoryLimit;

static void
add_memory_limit (GVariant *container, gboolean is_init, gpointer data)
{
  MemoryLimit *limit = data;
  g_autoptr (GVariant) limits = model_field_path (container, "resources", "limits", NULL);
  gint64 bytes = limits ? model_field_int (limits, "memory", 0) : 0;

  if (bytes <= 0)
    limit->one_lacks_it = TRUE;
  else if (is_init)
    limit->largest_init = MAX (limit->largest_init, (guint64) bytes);
  else
    limit->sum += bytes;
}

guint64
model_resources_memory_limit (GVariant *spec)
{
  g_autoptr (GVariant) pod_limits = model_field_path (spec, "resources", "limits", NULL);
  gint64 pod_limit = pod_limits ? model_field_int (pod_limits, "memory", 0) : 0;
  MemoryLimit limit = { 0 };

  if (pod_limit > 0)
    return pod_limit;
  for_each_container (spec, 2, add_memory_limit, &limit);
  return limit.one_lacks_it ? 0 : MAX (limit.sum, limit.largest_init);
}

static const struct
{
  const char *suffix;
  guint64 factor;
} page_units[] = {
  { "Ki", 1ULL << 10 },
  { "Mi", 1ULL << 20 },
  { "Gi", 1ULL << 30 },
  { "k", 1000 },
  { "M", 1000000 },
  { "G", 1000000000 },
  { "", 1 },
};

/* The size in a resource's name, "hugepages-2Mi"; 0 when it is none. */
static guint64
page_size_of (const char *resource)
{
  char *end = NULL;

  if (!g_str_has_prefix (resource, "hugepages-"))
    return 0;

  guint64 number = g_ascii_strtoull (resource + strlen ("hugepages-"), &end, 10);

  for (size_t i = 0; i < G_N_ELEMENTS (page_units); i++)
    if (g_str_equal (end, page_units[i].suffix))
      return number * page_units[i].factor;
  return 0;
}

static void
add_page_sizes (GVariant *resources, GArray *sizes)
{
  GVariantIter iter;
  const char *key = NULL;

  g_variant_iter_init (&iter, resources);
  while (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    {
      guint64 size = page_size_of (key);
      gboolean known = size == 0;

      for (guint i = 0; i < sizes->len && !known; i++)
        known = g_array_index (sizes, guint64, i) == size;
      if (!known)
        g_array_append_val (sizes, size);
    }
}

/* Upstream reads requests; the API server fills them in from limits, which an agent's own pods may not have had. */
static void
add_page_sizes_of (GVariant *owner, gboolean is_init, gpointer data)
{
  g_autoptr (GVariant) requests = model_field_path (owner, "resources", "requests", NULL);
  g_autoptr (GVariant) limits = model_field_path (owner, "resources", "limits", NULL);

  if (requests != NULL)
    add_page_sizes (requests, data);
  if (limits != NULL)
    add_page_sizes (limits, data);
}

GVariant *
model_resources_huge_pages (GVariant *spec)
{
  g_autoptr (GArray) sizes = g_array_new (FALSE, FALSE, sizeof (guint64));

  add_page_sizes_of (spec, FALSE, sizes);
  for_each_container (spec, 2, add_page_sizes_of, sizes);
  if (sizes->len == 0)
    return NULL;
  return g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, sizes->data, sizes->len, 8));
}

typedef struct
{
  gint64 pod_user;
  gint64 user;
  gboolean differ;
  gboolean first_seen;
} CommonUser;

static void
compare_user (GVariant *container, gboolean is_init, gpointer data)
{
  CommonUser *common = data;
  g_autoptr (GVariant) context = model_field_object (container, "securityContext");
  gint64 user = context ? model_field_int (context, "runAsUser", common->pod_user) : common->pod_user;

  if (user < 0 || (common->first_seen && user != common->user))
    common->differ = TRUE;
  common->user = user;
  common->first_seen = TRUE;
}

gint64
model_resources_fs_user (GVariant *spec)
{
  g_autoptr (GVariant) context = model_field_object (spec, "securityContext");
  CommonUser common = { .pod_user = context ? model_field_int (context, "runAsUser", -1) : -1, .user = -1 };

  for_each_container (spec, 3, compare_user, &common);
  return common.differ ? -1 : common.user;
}
