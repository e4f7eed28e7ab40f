/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "claim/binder.h"

#include <kvol/kvol-error.h>
#include <string.h>

#include "claim/affinity.h"
#include "claim/match.h"
#include "manifest/hash.h"
#include "manifest/types.h"

struct KubeBinder
{
  GHashTable *claims;   /* "NAMESPACE/NAME": KubeNode */
  GHashTable *volumes;  /* name: KubeNode */
  GHashTable *reserved; /* "NAMESPACE/NAME" of a claim: GPtrArray of the volumes that wait for it, KubeNode */
  GHashTable *taken;    /* names of volumes that a claim got by naming them */
  GHashTable *answers;  /* "NAMESPACE/NAME" of a claim: Answer, found once and for all */
  GQueue waiting;       /* keys of claims, in the order of reading, that had no chance to take a volume yet */
};

typedef struct
{
  KubeNode *volume; /* or NULL */
  GError *error;
} Answer;

/* A claim for the time of one question. */
typedef struct
{
  const char *ns;
  const char *name;
  const char *key;      /* "NAMESPACE/NAME" */
  const KubeNode *root; /* a claim, or a template of claims */
} Claim;

static void
answer_free (gpointer data)
{
  Answer *answer = data;

  g_clear_error (&answer->error);
  g_free (answer);
}

KubeBinder *
kube_binder_new (void)
{
  KubeBinder *self = g_new0 (KubeBinder, 1);

  self->claims = g_hash_table_new_full (kube_hash_text, g_str_equal, g_free, NULL);
  self->volumes = g_hash_table_new (kube_hash_text, g_str_equal);
  self->reserved = g_hash_table_new_full (kube_hash_text, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->taken = g_hash_table_new (kube_hash_text, g_str_equal);
  self->answers = g_hash_table_new_full (kube_hash_text, g_str_equal, g_free, answer_free);
  g_queue_init (&self->waiting);
  return self;
}

void
kube_binder_free (KubeBinder *self)
{
  g_hash_table_unref (self->claims);
  g_hash_table_unref (self->volumes);
  g_hash_table_unref (self->reserved);
  g_hash_table_unref (self->taken);
  g_hash_table_unref (self->answers);
  g_queue_clear (&self->waiting);
  g_free (self);
}

static const char *
get_name (const KubeNode *object)
{
  return kube_node_get_string (kube_node_get_map (object, "metadata"), "name");
}

static void
add_claim (KubeBinder *self, const KubeObject *object)
{
  char *key = g_strdup_printf ("%s/%s", object->ns, object->name);

  if (g_hash_table_contains (self->claims, key))
    {
      g_free (key);
      return;
    }
  g_hash_table_insert (self->claims, key, object->root);
  g_queue_push_tail (&self->waiting, key);
}

static void
reserve (KubeBinder *self, KubeNode *volume, const KubeNode *reference)
{
  const char *ns = kube_node_get_string (reference, "namespace");
  const char *name = kube_node_get_string (reference, "name");
  char *key = g_strdup_printf ("%s/%s", ns ? ns : "", name ? name : "");
  GPtrArray *volumes = g_hash_table_lookup (self->reserved, key);

  if (volumes != NULL)
    g_free (key);
  else
    g_hash_table_insert (self->reserved, key, volumes = g_ptr_array_new ());
  g_ptr_array_add (volumes, volume);
}

static void
add_volume (KubeBinder *self, const KubeObject *object)
{
  const KubeNode *reference = kube_node_find (object->root, "spec/claimRef");

  if (g_hash_table_contains (self->volumes, object->name))
    return;
  g_hash_table_insert (self->volumes, (gpointer) object->name, object->root);
  if (reference != NULL)
    reserve (self, object->root, reference);
}

void
kube_binder_add (KubeBinder *self, const KubeObject *object)
{
  if (object->kind->type == &kube_type_PersistentVolumeClaim)
    add_claim (self, object);
  else if (object->kind->type == &kube_type_PersistentVolume)
    add_volume (self, object);
}

/* ---- binding ---- */

static KubeNode *throw (const Claim *claim, GError **error, int code, const char *format, ...) G_GNUC_PRINTF (4, 5);

static KubeNode *throw (const Claim *claim, GError **error, int code, const char *format, ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, KVOL_ERROR, code, "persistentvolumeclaim \"%s\": %s", claim->name, why);
  return NULL;
}

/* A volume waits for one claim by its name; or, once they were bound, for that very object. */
static gboolean
is_for (const KubeNode *reference, const Claim *claim)
{
  const char *ns = kube_node_get_string (reference, "namespace");
  const char *name = kube_node_get_string (reference, "name");
  const char *uid = kube_node_get_string (reference, "uid");

  if (g_strcmp0 (ns, claim->ns) != 0 || g_strcmp0 (name, claim->name) != 0)
    return FALSE;
  return uid == NULL || *uid == '\0'
         || g_strcmp0 (uid, kube_node_get_string (kube_node_get_map (claim->root, "metadata"), "uid")) == 0;
}

static gsize
count_modes (const KubeNode *volume)
{
  return kube_node_length (kube_node_get_list (kube_node_get_map (volume, "spec"), "accessModes"));
}

/* The controller looks at the volumes with the fewest access modes first. */
static KubeNode *
find_reserved (KubeBinder *self, const Claim *claim, GError **error)
{
  GPtrArray *volumes = g_hash_table_lookup (self->reserved, claim->key);
  KubeNode *best = NULL;
  const KubeNode *unfit = NULL;

  for (guint i = 0; volumes != NULL && i < volumes->len; i++)
    {
      KubeNode *volume = volumes->pdata[i];

      if (!is_for (kube_node_find (volume, "spec/claimRef"), claim))
        continue;
      if (kube_match_explain (claim->root, volume, FALSE) != NULL)
        unfit = volume;
      else if (best == NULL || count_modes (volume) < count_modes (best))
        best = volume;
    }
  if (best != NULL)
    return best;
  if (unfit != NULL)
    return throw (claim, error, KVOL_ERROR_INVALID_SPEC, "Cannot bind to volume \"%s\", which waits for it: %s",
                  get_name (unfit), kube_match_explain (claim->root, unfit, FALSE));
  return throw (claim, error, KVOL_ERROR_ABSENT, "claims without a bound volume are not supported yet");
}

static KubeNode *
find_named (KubeBinder *self, const Claim *claim, const char *name, GError **error)
{
  KubeNode *volume = g_hash_table_lookup (self->volumes, name);
  const KubeNode *reference = volume ? kube_node_find (volume, "spec/claimRef") : NULL;
  const char *why;

  if (volume == NULL)
    return throw (claim, error, KVOL_ERROR_ABSENT, "persistentvolume \"%s\" not found", name);
  /* Where both name each other, somebody has bound them, and that is that. */
  if (reference != NULL && is_for (reference, claim))
    return volume;
  if (reference != NULL || g_hash_table_contains (self->taken, name))
    return throw (claim, error, KVOL_ERROR_INVALID_SPEC, "volume \"%s\" already bound to a different claim.", name);
  why = kube_match_explain (claim->root, volume, TRUE);
  if (why != NULL)
    return throw (claim, error, KVOL_ERROR_INVALID_SPEC, "Cannot bind to requested volume \"%s\": %s", name, why);
  g_hash_table_add (self->taken, (gpointer) get_name (volume));
  return volume;
}

/* A claim that was bound on a cluster does not look for another volume. */
static KubeNode *
find_lost (KubeBinder *self, const Claim *claim, const char *name, GError **error)
{
  KubeNode *volume = name ? g_hash_table_lookup (self->volumes, name) : NULL;
  const KubeNode *reference = volume ? kube_node_find (volume, "spec/claimRef") : NULL;

  if (name == NULL)
    return throw (claim, error, KVOL_ERROR_INVALID_SPEC,
                  "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
  if (volume == NULL)
    return throw (claim, error, KVOL_ERROR_ABSENT,
                  "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
  if (reference != NULL && !is_for (reference, claim))
    return throw (claim, error, KVOL_ERROR_INVALID_SPEC,
                  "Two claims are bound to the same volume, this one is bound incorrectly");
  return find_named (self, claim, name, error);
}

static gboolean
is_being_deleted (const KubeNode *claim)
{
  const KubeNode *metadata = kube_node_get_map (claim, "metadata");
  const KubeNode *finalizers = kube_node_get_list (metadata, "finalizers");

  for (guint i = 0; i < kube_node_length (finalizers); i++)
    {
      const KubeNode *finalizer = kube_node_child (finalizers, i);

      if (finalizer->type == KUBE_STRING && g_str_equal (finalizer->string, "kubernetes.io/pvc-protection"))
        return FALSE;
    }
  return kube_node_get (metadata, "deletionTimestamp") != NULL;
}

static KubeNode *
bind_claim (KubeBinder *self, const Claim *claim, GError **error)
{
  const char *name = kube_node_get_string (kube_node_get_map (claim->root, "spec"), "volumeName");

  if (name != NULL && *name == '\0')
    name = NULL;
  if (is_being_deleted (claim->root))
    return throw (claim, error, KVOL_ERROR_INVALID_SPEC, "PVC is being deleted");
  if (kube_match_get_annotation (claim->root, "pv.kubernetes.io/bind-completed") != NULL)
    return find_lost (self, claim, name, error);
  return name != NULL ? find_named (self, claim, name, error) : find_reserved (self, claim, error);
}

/* The node agent asks again when it mounts, in these words (upstream pkg/volume/util, CheckNodeAffinity). */
static KubeNode *
check_reach (KubeNode *volume, const KubeHost *host, GError **error)
{
  if (volume == NULL || kube_affinity_matches (kube_node_find (volume, "spec/nodeAffinity"), host))
    return volume;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
               "MountVolume.NodeAffinity check failed for volume \"%s\": no matching NodeSelectorTerms",
               get_name (volume));
  return NULL;
}

static const Answer *
find_answer (KubeBinder *self, const Claim *claim, const KubeHost *host)
{
  Answer *answer = g_new0 (Answer, 1);

  answer->volume = check_reach (bind_claim (self, claim, &answer->error), host, &answer->error);
  g_hash_table_insert (self->answers, g_strdup (claim->key), answer);
  return answer;
}

/* Every claim takes what it names before a pod asks for any of them, so that it is not the pods' order that counts. */
static void
bind_waiting (KubeBinder *self, const KubeHost *host)
{
  const char *key;

  while ((key = g_queue_pop_head (&self->waiting)) != NULL)
    {
      const KubeNode *root = g_hash_table_lookup (self->claims, key);
      const char *name = get_name (root);
      g_autofree char *ns = g_strndup (key, strlen (key) - strlen (name) - 1);

      find_answer (self, &(Claim){ ns, name, key, root }, host);
    }
}

KubeNode *
kube_binder_bind (KubeBinder *self, const char *ns, const char *name, const KubeNode *template, const KubeHost *host,
                  GError **error)
{
  g_autofree char *key = g_strdup_printf ("%s/%s", ns, name);
  const Answer *answer;

  bind_waiting (self, host);
  answer = g_hash_table_lookup (self->answers, key);
  if (answer == NULL && template != NULL)
    answer = find_answer (self, &(Claim){ ns, name, key, template }, host);
  if (answer == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "persistentvolumeclaim \"%s\" not found", name);
  else if (answer->volume == NULL)
    g_propagate_error (error, g_error_copy (answer->error));
  return answer ? answer->volume : NULL;
}
