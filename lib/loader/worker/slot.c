/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/worker/slot.h"

/* What a slot is about. */
typedef enum
{
  ABOUT_NOTHING,
  ABOUT_NODE,
  ABOUT_POD,
} About;

typedef struct
{
  gsize offset; /* 0: no slot that may be called from outside */
  About about;
} Slot;

#define SLOT(member, about)                                                                                            \
  {                                                                                                                    \
    G_STRUCT_OFFSET (KvolPluginDesc, member), about                                                                    \
  }

static const Slot slots[WIRE_N_CALLS] = {
  [WIRE_IDENTIFY] = SLOT (identify, ABOUT_NODE),
  [WIRE_PROBE] = SLOT (probe, ABOUT_NODE),
  [WIRE_ATTACH] = SLOT (attach, ABOUT_NODE),
  [WIRE_DETACH] = SLOT (detach, ABOUT_NODE),
  [WIRE_STAGE] = SLOT (stage, ABOUT_NODE),
  [WIRE_UNSTAGE] = SLOT (unstage, ABOUT_NODE),
  [WIRE_EXPAND] = SLOT (expand, ABOUT_NODE),
  [WIRE_SETUP] = SLOT (setup, ABOUT_POD),
  [WIRE_REFRESH] = SLOT (refresh, ABOUT_POD),
  [WIRE_TEARDOWN] = SLOT (teardown, ABOUT_POD),
  [WIRE_GET_USAGE] = SLOT (get_usage, ABOUT_POD),
  [WIRE_RECONSTRUCT] = SLOT (reconstruct, ABOUT_POD),
  [WIRE_PROVISION] = SLOT (provision, ABOUT_NOTHING),
  [WIRE_REMOVE] = SLOT (remove, ABOUT_NODE),
  [WIRE_SCRUB] = SLOT (scrub, ABOUT_NODE),
};

/* The file may have been exchanged since the other side read its table. */
static gboolean
check (const LoaderPlugin *plugin, const WireRequest *request, GError **error)
{
  const Slot *slot = &slots[request->call];

  if (slot->offset == 0 || G_STRUCT_MEMBER (gpointer, &plugin->desc, slot->offset) == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "volume plugin \"%s\" has no %s", plugin->name,
                 wire_call_get_name (request->call));
  else if ((slot->about == ABOUT_NODE && request->node == NULL) || (slot->about == ABOUT_POD && request->pod == NULL))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "%s without a volume", wire_call_get_name (request->call));
  else
    return TRUE;
  return FALSE;
}

/* The host owns what a plugin answers, also when it is floating. */
static gboolean
take_variant (WireAnswer *answer, GVariant *variant)
{
  answer->variant = variant != NULL ? g_variant_take_ref (variant) : NULL;
  return variant != NULL;
}

static gboolean
call_about_node (const LoaderPlugin *plugin, const WireRequest *r, WireAnswer *answer, GError **error)
{
  const KvolPluginDesc *desc = &plugin->desc;
  gpointer self = plugin->self;

  switch (r->call)
    {
    case WIRE_IDENTIFY:
      answer->text = desc->identify (self, r->node, error);
      return answer->text != NULL;
    case WIRE_PROBE:
      return take_variant (answer, desc->probe (self, r->node, NULL, error));
    case WIRE_ATTACH:
      return desc->attach (self, r->node, &answer->made, NULL, error);
    case WIRE_DETACH:
      return desc->detach (self, r->node, NULL, error);
    case WIRE_STAGE:
      return desc->stage (self, r->node, r->text[0], r->fd, &answer->made, NULL, error);
    case WIRE_UNSTAGE:
      return desc->unstage (self, r->node, r->fd, NULL, error);
    case WIRE_EXPAND:
      return desc->expand (self, r->node, (guint64) r->number[0], r->fd, NULL, error);
    case WIRE_REMOVE:
      return desc->remove (self, r->node, NULL, error);
    default:
      return desc->scrub (self, r->node, NULL, error);
    }
}

static gboolean
call_about_pod (const LoaderPlugin *plugin, const WireRequest *r, WireAnswer *answer, GError **error)
{
  const KvolPluginDesc *desc = &plugin->desc;
  gpointer self = plugin->self;

  switch (r->call)
    {
    case WIRE_SETUP:
      return desc->setup (self, r->pod, r->fd, &answer->made, NULL, error);
    case WIRE_REFRESH:
      return desc->refresh (self, r->pod, r->fd, &answer->made, NULL, error);
    case WIRE_TEARDOWN:
      return desc->teardown (self, r->pod, r->fd, NULL, error);
    case WIRE_GET_USAGE:
      return desc->get_usage (self, r->pod, r->fd, &answer->usage, NULL, error);
    default:
      return take_variant (answer, desc->reconstruct (self, r->pod, r->fd, NULL, error));
    }
}

static gboolean
call_slot (const LoaderPlugin *plugin, const WireRequest *r, WireAnswer *answer, GError **error)
{
  switch (slots[r->call].about)
    {
    case ABOUT_NODE:
      return call_about_node (plugin, r, answer, error);
    case ABOUT_POD:
      return call_about_pod (plugin, r, answer, error);
    default:
      return take_variant (answer, plugin->desc.provision (plugin->self, r->variant[0], r->variant[1], NULL, error));
    }
}

gboolean
slot_call (const LoaderPlugin *plugin, const WireRequest *request, WireAnswer *answer, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (!check (plugin, request, error))
    return FALSE;
  if (call_slot (plugin, request, answer, &failure))
    return TRUE;
  if (failure == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_UNCERTAIN, "volume plugin \"%s\": %s failed without a word",
                 plugin->name, wire_call_get_name (request->call));
  else
    g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}
