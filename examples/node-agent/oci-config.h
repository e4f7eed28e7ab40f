/* SPDX-License-Identifier: MIT */
/* A container of a pod as an OCI runtime wants it told: config.json. */
#pragma once

#include <json-glib/json-glib.h>
#include <kvol/kvol.h>

/* Where a container, or the runtime, looks for programs when nothing else is said. */
#define OCI_DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

typedef struct {
  KvolPod    *pod;
  GVariant   *container;
  GPtrArray  *mounts;       /* (element-type KvolMount) */
  char      **environment;  /* NAME=value each: what Kubernetes gives it */
  char      **command;      /* what to run in place of the container's own command; NULL: that */
  gboolean    terminal;
} OciContainer;

/* (transfer full): the whole of config.json. Its root file system is "rootfs". */
JsonNode *oci_config_new (const OciContainer *self, GError **error);
