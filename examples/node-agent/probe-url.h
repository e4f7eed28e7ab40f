/* SPDX-License-Identifier: MIT */
/* nfs://SERVER/PATH[?version=V&nfsport=N&mountport=N]: what libnfs and its tools call an export. */
#pragma once

#include <glib.h>

typedef struct {
  char      *server;
  char      *path;
  GPtrArray *mount_options;  /* (element-type utf8), NULL-terminated */
} ProbeUrl;

/* Reads the form only: whether server, path and values are any good, the plugin says. */
gboolean probe_url_parse (ProbeUrl *self, const char *text, GError **error);
void     probe_url_clear (ProbeUrl *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ProbeUrl, probe_url_clear)
