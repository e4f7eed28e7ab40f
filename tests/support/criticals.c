/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "support/criticals.h"

#include <glib.h>
#include <stdlib.h>

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) == 0)
    return G_LOG_WRITER_HANDLED;
  g_log_writer_standard_streams (level, fields, n_fields, data);
  abort ();
}

void
criticals_are_fatal (void)
{
  g_log_set_writer_func (write_log, NULL, NULL);
}
