/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "volume-locks.h"

#include <syslog.h>

static void
on_notice (NlmNotice what, const LockFile *file, const char *text, gpointer data)
{
  const Volume *volume = data;

  syslog (what == NLM_NOTICE_BACK ? LOG_NOTICE : LOG_WARNING, "%s: %s", volume->settings->server, text);
}

gboolean
volume_locks_start (Volume *volume, GError **error)
{
  const Settings *settings = volume->settings;
  const NlmSettings nlm = {
    .place = { .server = settings->server,
               .family = settings->family,
               .any_port = settings->any_port,
               .known = &volume->known_address },
    .caller = g_get_host_name (),
    .record = settings->record_fd,
    .patience = settings->soft_usec,
    .notice = on_notice,
    .data = volume,
  };

  if (!settings->posix_locks && !settings->flock_locks)
    return TRUE;
  volume->locks = nlm_new (&nlm, error);
  return volume->locks != NULL;
}

void
volume_locks_end (Volume *volume)
{
  g_clear_pointer (&volume->locks, nlm_free);
}
