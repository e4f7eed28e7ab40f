/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only the harness wants to know is asked between supervisor_pause() and supervisor_resume(), so that a sweep
 * does not count it. */

#include "answer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "support/supervisor.h"

static gboolean
is_known_domain (const GError *error)
{
  return error->domain == KVOL_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

gboolean
answer_judge (Host *host, const char *call, gboolean ok, GError *local_error, GError **error)
{
  if (ok && local_error != NULL)
    host_note (host, "%s succeeded and set an error: %s", call, local_error->message);
  if (!ok && local_error == NULL)
    {
      host_note (host, "%s failed without saying why", call);
      g_set_error (&local_error, KVOL_ERROR, KVOL_ERROR_ABI, "%s failed without saying why", call);
    }
  if (local_error != NULL && !is_known_domain (local_error))
    host_note (host, "%s failed with an error of the domain %s", call, g_quark_to_string (local_error->domain));
  if (local_error != NULL)
    host_check_text (host, call, local_error->message);
  if (ok)
    g_clear_error (&local_error);
  else
    g_propagate_prefixed_error (error, local_error, "%s: ", call);
  return ok;
}

/* The small mount id, as /proc/self/mountinfo has it: an id that is there belongs to a mount of this namespace. */
static gboolean
is_attached (int fd)
{
  struct statx st = { 0 };
  g_autofree char *table = NULL;
  g_autofree char *line = NULL;

  if (statx (fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0
      || !g_file_get_contents ("/proc/self/mountinfo", &table, NULL, NULL))
    return TRUE;
  line = g_strdup_printf ("%" G_GUINT64_FORMAT " ", (guint64) st.stx_mnt_id);
  if (g_str_has_prefix (table, line))
    return TRUE;
  g_clear_pointer (&line, g_free);
  line = g_strdup_printf ("\n%" G_GUINT64_FORMAT " ", (guint64) st.stx_mnt_id);
  return strstr (table, line) != NULL;
}

static const char *
find_flaw (const KvolMade *made, gboolean had_directory)
{
  struct stat st = { 0 };

  if (made->kind > KVOL_MADE_DEVICE)
    return "a kind of result that there is not";
  if (made->kind != KVOL_MADE_TREE && made->fd >= 0)
    return "a descriptor with a result that is no tree";
  if ((made->applied & ~(guint64) (KVOL_APPLIED_FS_GROUP | KVOL_APPLIED_SELINUX | KVOL_APPLIED_READ_ONLY)) != 0)
    return "a bit in `applied` that there is not";

  switch (made->kind)
    {
    case KVOL_MADE_TREE:
      if (made->fd < 0)
        return "a tree without a descriptor";
      return is_attached (made->fd) ? "a tree that is attached already" : NULL;
    case KVOL_MADE_HOST_PATH:
      if (made->path == NULL || made->path[0] != '/')
        return "a host path that is not absolute";
      return stat (made->path, &st) < 0 ? "a host path that is not there" : NULL;
    case KVOL_MADE_DEVICE:
      if (made->path == NULL || stat (made->path, &st) < 0 || !S_ISBLK (st.st_mode))
        return "a device that is no block device";
      return NULL;
    default:
      return had_directory ? NULL : "the directory filled, without having been given one";
    }
}

void
answer_check_made (Host *host, const Trial *trial, const KvolMade *made, gboolean had_directory, const char *target)
{
  g_auto (Verdict) verdict = { 0 };
  const char *flaw;

  supervisor_pause ();
  verdict_init (&verdict);
  flaw = find_flaw (made, had_directory);
  if (flaw != NULL)
    host_note (host, "setup answered %s", flaw);
  ground_check_mounts (trial->ground, made->kind == KVOL_MADE_MOUNTED ? target : trial->ground->state, &verdict);
  if (verdict.level != VERDICT_PASS)
    host_note (host, "setup hung something itself: %s", verdict.text->str);
  supervisor_resume ();
}
