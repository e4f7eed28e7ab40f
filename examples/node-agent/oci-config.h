/* SPDX-License-Identifier: MIT */
/* A container of a pod as an OCI runtime wants it told: config.json. */
#pragma once

#include <json-glib/json-glib.h>
#include <kvol/kvol.h>

typedef struct {
  KvolPod    *pod;
  GVariant   *container;
  GPtrArray  *mounts;       /* (element-type KvolMount) */
  GHashTable *environment;
  char      **command;      /* what to run in place of the container's own command; NULL: that */
  gboolean    terminal;
} OciContainer;

/* (transfer full): the whole of config.json. Its root file system is "rootfs". */
JsonNode *oci_config_new (const OciContainer *self, GError **error);
