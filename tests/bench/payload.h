/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data of a ConfigMap or Secret: some keys of one size. Both sides of a row publish the same payload. */
#pragma once

#include <glib.h>

#define PAYLOAD_MAX_KEYS 10

typedef struct {
  guint   n_keys;
  gsize   size;                     /* of each content */
  char   *names[PAYLOAD_MAX_KEYS];
  char   *links[PAYLOAD_MAX_KEYS];  /* "..data/NAME" */
  guint8 *contents[PAYLOAD_MAX_KEYS];
  guint   version;
} Payload;

Payload *payload_new    (guint n_keys, gsize size);
void     payload_free   (Payload *self);
/* Another version of the object with the same content. */
void     payload_touch  (Payload *self);
/* Another version with another content under one key, the middle one. */
void     payload_change (Payload *self);
