/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pod that a row sets up, on either side. */
#pragma once

#include "bench/payload.h"

#define POD_MAX_VOLUMES 4

typedef enum { VOLUME_EMPTY_DIR, VOLUME_EMPTY_DIR_MEMORY, VOLUME_CONFIG_MAP, VOLUME_SECRET } VolumeKind;

typedef struct {
  const char *name;
  VolumeKind  kind;
  Payload    *payload; /* of a configMap or secret, lent */
} PodVolume;

typedef struct {
  guint     n_volumes;
  PodVolume volumes[POD_MAX_VOLUMES];
} Pod;

#define POD_UID_FORMAT "00000000-0000-4000-8000-%012u"
