/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/service.h"

#include "loader/files.h"

static gboolean
needs (gconstpointer value, const char *what, GError **error)
{
  if (value != NULL)
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "a plugin asks for a service without %s", what);
  return FALSE;
}

static gboolean
publish_files (const KvolHost *host, const KvolPodVolume *pod, const WireRequest *asked, GCancellable *cancellable,
               GError **error)
{
  g_autoptr (GArray) files = loader_files_from_variant (asked->variant[0]);

  return host->publish_files (host, pod, asked->fd, (const KvolFile *) (gpointer) files->data, files->len,
                              asked->text[0], cancellable, error);
}

static gboolean
run_about_volume (const KvolHost *host, const KvolPodVolume *pod, const WireRequest *asked, WireAnswer *answer,
                  GCancellable *cancellable, GError **error)
{
  if (!needs (pod, "the volume of a pod", error))
    return FALSE;
  switch (asked->call)
    {
    case WIRE_PUBLISH_FILES:
      return needs (asked->variant[0], "files", error) && publish_files (host, pod, asked, cancellable, error);
    case WIRE_IS_PUBLISHED:
      answer->number = host->is_published (host, pod, asked->fd, asked->text[0]);
      return TRUE;
    case WIRE_FIND_IMAGE:
      if (!needs (asked->text[0], "an image", error) || !needs (asked->text[1], "a pull policy", error))
        return FALSE;
      answer->text = host->find_image (host, pod, asked->text[0], asked->text[1], cancellable, error);
      return answer->text != NULL;
    default:
      answer->text = host->request_token (host, pod, asked->text[0], asked->number[0], &answer->number,
                                          &answer->made.next_refresh_usec, cancellable, error);
      return answer->text != NULL;
    }
}

static gboolean
run (const KvolHost *host, const WireRequest *running, const WireRequest *asked, WireAnswer *answer,
     GCancellable *cancellable, GError **error)
{
  const KvolNodeVolume *node = asked->node != NULL ? asked->node : running->node;
  const KvolPodVolume *pod = asked->pod != NULL ? asked->pod : running->pod;
  const char *const *text = asked->text;

  switch (asked->call)
    {
    case WIRE_SAVE_RECORD:
      return needs (node, "a volume", error) && needs (asked->variant[0], "a record", error)
             && host->save_record (host, node, text[0], asked->variant[0], asked->number[0] != 0, error);
    case WIRE_OPEN_STATE_DIR:
      answer->made.fd = host->open_state_dir (host, error);
      return answer->made.fd >= 0;
    case WIRE_PUBLISH_FILES:
    case WIRE_IS_PUBLISHED:
    case WIRE_REQUEST_TOKEN:
    case WIRE_FIND_IMAGE:
      return run_about_volume (host, pod, asked, answer, cancellable, error);
    case WIRE_GET_OBJECT:
      answer->variant = host->get_object (host, text[0], text[1], text[2], text[3], cancellable, error);
      return answer->variant != NULL;
    case WIRE_EVENT:
      host->event (host, asked->number[0] != 0, text[0], text[1]);
      return TRUE;
    case WIRE_PROGRESS:
      host->progress (host, (guint64) asked->number[0], (guint64) asked->number[1]);
      return TRUE;
    default:
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "%s is no service", wire_call_get_name (asked->call));
      return FALSE;
    }
}

gboolean
loader_service_run (const KvolHost *host, const WireRequest *running, const WireRequest *asked, WireAnswer *answer,
                    GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (run (host, running, asked, answer, cancellable, &failure))
    return TRUE;
  if (failure == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_UNCERTAIN, "%s failed without a word", wire_call_get_name (asked->call));
  else
    g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}
