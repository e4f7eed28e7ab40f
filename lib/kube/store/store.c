/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects in memory. A look takes a reader's lock for the time of one hash look-up and answers with a reference to
 * what was made ready when the object was added: it is on the way of every projected volume at every sync. */
#include <kvol-kube/kvol-kube-store.h>

#include <kvol/kvol-error.h>
#include <string.h>

#include "manifest/hash.h"
#include "manifest/types.h"
#include "store/data.h"
#include "store/token.h"
#include "workload/manifest.h"

/* So that a look needs no memory, the key of a look-up borrows its strings. */
typedef struct
{
  const char *kind;
  const char *ns;
  const char *name;
} Key;

struct _KvolKubeStore
{
  GObject parent;
  GRWLock lock;
  GHashTable *objects; /* Key: GVariant a{sv} */
  GHashTable *tokens;  /* Key of a service account: GPtrArray of the names of Secrets that may have its token, sorted */
};

static void kube_store_iface_init (KvolStoreInterface *iface);

G_DEFINE_TYPE_WITH_CODE (KvolKubeStore, kvol_kube_store, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (KVOL_TYPE_STORE, kube_store_iface_init))

static guint
key_hash (gconstpointer data)
{
  const Key *key = data;

  return (kube_hash_text (key->kind) * 33 + kube_hash_text (key->ns)) * 33 + kube_hash_text (key->name);
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const Key *one = a;
  const Key *other = b;

  return g_str_equal (one->kind, other->kind) && g_str_equal (one->ns, other->ns)
         && g_str_equal (one->name, other->name);
}

/* The strings follow the key in the same block. */
static Key *
key_dup (const Key *key)
{
  gsize kind = strlen (key->kind) + 1;
  gsize ns = strlen (key->ns) + 1;
  gsize name = strlen (key->name) + 1;
  Key *copy = g_malloc (sizeof (Key) + kind + ns + name);
  char *text = (char *) (copy + 1);

  copy->kind = memcpy (text, key->kind, kind);
  copy->ns = memcpy (text + kind, key->ns, ns);
  copy->name = memcpy (text + kind + ns, key->name, name);
  return copy;
}

/* "configmaps", "secrets": an API server names what is not there by its resource. */
static void
throw_absent (const Key *key, GError **error)
{
  g_autofree char *resource = g_ascii_strdown (key->kind, -1);

  g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "%ss \"%s\" not found", resource, key->name);
}

static GVariant *
kube_store_peek (KvolStore *store, const char *api_version, const char *kind, const char *ns, const char *name,
                 GError **error)
{
  KvolKubeStore *self = KVOL_KUBE_STORE (store);
  const Key key = { kind, ns != NULL && *ns != '\0' ? ns : "default", name };
  GVariant *object;

  g_rw_lock_reader_lock (&self->lock);
  object = g_str_equal (api_version, "v1") ? g_hash_table_lookup (self->objects, &key) : NULL;
  if (object != NULL)
    g_variant_ref (object);
  g_rw_lock_reader_unlock (&self->lock);

  if (object == NULL)
    throw_absent (&key, error);
  return object;
}

/* ---- tokens ---- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Under the writer's lock. A name stays when the Secret gets another account: what counts is what the Secret says when
 * the token is asked for. */
static void
add_token (KvolKubeStore *self, const char *account, const KubeObject *secret)
{
  const Key key = { "ServiceAccount", secret->ns, account };
  GPtrArray *names = g_hash_table_lookup (self->tokens, &key);

  if (names == NULL)
    {
      names = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (self->tokens, key_dup (&key), names);
    }
  if (g_ptr_array_find_with_equal_func (names, secret->name, g_str_equal, NULL))
    return;
  g_ptr_array_add (names, g_strdup (secret->name));
  g_ptr_array_sort (names, compare_names);
}

/* The bytes of the first token by the names of the Secrets; NULL: there is none. Under the reader's lock. */
static GVariant *
find_token (KvolKubeStore *self, const char *ns, const char *account)
{
  const Key key = { "ServiceAccount", ns, account };
  const GPtrArray *names = g_hash_table_lookup (self->tokens, &key);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const Key secret = { "Secret", ns, names->pdata[i] };
      GVariant *object = g_hash_table_lookup (self->objects, &secret);
      g_autoptr (GVariant) data = g_variant_lookup_value (object, "data", G_VARIANT_TYPE ("a{say}"));
      const char *of = NULL;
      GVariant *bytes;

      if (!g_variant_lookup (object, KUBE_DATA_ACCOUNT, "&s", &of) || !g_str_equal (of, account))
        continue;
      bytes = g_variant_lookup_value (data, "token", G_VARIANT_TYPE_BYTESTRING);
      if (bytes != NULL)
        return bytes;
    }
  return NULL;
}

static GVariant *
answer_token (KvolKubeStore *self, GVariant *request, GError **error)
{
  const char *ns = "default";
  const char *account = "default";
  const char *audience = "";
  gint64 seconds = 3600;
  g_autoptr (GVariant) bytes = NULL;
  GVariant *answer;

  g_variant_lookup (request, "namespace", "&s", &ns);
  g_variant_lookup (request, "serviceAccount", "&s", &account);
  g_variant_lookup (request, "audience", "&s", &audience);
  g_variant_lookup (request, "expirationSeconds", "x", &seconds);

  g_rw_lock_reader_lock (&self->lock);
  bytes = find_token (self, ns, account);
  g_rw_lock_reader_unlock (&self->lock);

  if (bytes == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT,
                   "no token for the service account \"%s/%s\": there is no Secret of type "
                   "kubernetes.io/service-account-token with the annotation kubernetes.io/service-account.name: %s",
                   ns, account, account);
      return NULL;
    }
  answer = kube_token_new (bytes, audience, seconds, error);
  if (answer == NULL)
    g_prefix_error (error, "the Secret of the service account \"%s/%s\": ", ns, account);
  return answer;
}

static void
kube_store_request_token (KvolStore *store, GVariant *request, GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer data)
{
  g_autoptr (GTask) task = g_task_new (store, cancellable, callback, data);
  GError *error = NULL;
  GVariant *answer = answer_token (KVOL_KUBE_STORE (store), request, &error);

  if (answer != NULL)
    g_task_return_pointer (task, answer, (GDestroyNotify) g_variant_unref);
  else
    g_task_return_error (task, error);
}

static GVariant *
kube_store_request_token_finish (KvolStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- the store ---- */

static void
add_object (KubeObject *object, gpointer data)
{
  KvolKubeStore *self = data;
  const Key key = { object->kind->kind, object->ns, object->name };
  const char *account = kube_token_get_account (object);
  GVariant *made;

  if (object->kind->type != &kube_type_ConfigMap && object->kind->type != &kube_type_Secret)
    return;
  made = kube_data_new (object);

  g_rw_lock_writer_lock (&self->lock);
  g_hash_table_replace (self->objects, key_dup (&key), made);
  if (account != NULL)
    add_token (self, account, object);
  g_rw_lock_writer_unlock (&self->lock);
}

void
kvol_kube_store_add (KvolKubeStore *self, KvolKubeManifest *manifest)
{
  g_return_if_fail (KVOL_KUBE_IS_STORE (self));
  g_return_if_fail (KVOL_KUBE_IS_MANIFEST (manifest));

  kube_manifest_foreach (manifest, add_object, self);
}

static void
kvol_kube_store_finalize (GObject *object)
{
  KvolKubeStore *self = KVOL_KUBE_STORE (object);

  g_hash_table_unref (self->objects);
  g_hash_table_unref (self->tokens);
  g_rw_lock_clear (&self->lock);
  G_OBJECT_CLASS (kvol_kube_store_parent_class)->finalize (object);
}

static void
kube_store_iface_init (KvolStoreInterface *iface)
{
  iface->peek = kube_store_peek;
  iface->request_token = kube_store_request_token;
  iface->request_token_finish = kube_store_request_token_finish;
}

static void
kvol_kube_store_class_init (KvolKubeStoreClass *class)
{
  G_OBJECT_CLASS (class)->finalize = kvol_kube_store_finalize;
}

static void
kvol_kube_store_init (KvolKubeStore *self)
{
  g_rw_lock_init (&self->lock);
  self->objects = g_hash_table_new_full (key_hash, key_equal, g_free, (GDestroyNotify) g_variant_unref);
  self->tokens = g_hash_table_new_full (key_hash, key_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
}

KvolKubeStore *
kvol_kube_store_new (void)
{
  return g_object_new (KVOL_KUBE_TYPE_STORE, NULL);
}
