/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* FNV-1a, eight bytes at a time: annotations can be long, and are looked at in every refresh. */
#include "digest.h"

#include <string.h>

static guint64
mix (guint64 hash, guint64 word)
{
  hash = (hash ^ word) * G_GUINT64_CONSTANT (0x100000001b3);
  /* A product carries upwards only. */
  return hash ^ (hash >> 32);
}

void
projection_digest (gconstpointer bytes, gsize n, char ret_digest[PROJECTION_DIGEST_LENGTH + 1])
{
  const guint8 *at = bytes;
  guint64 hash = mix (G_GUINT64_CONSTANT (0xcbf29ce484222325), n);
  guint64 word = 0;

  for (; n >= sizeof word; at += sizeof word, n -= sizeof word)
    {
      memcpy (&word, at, sizeof word);
      hash = mix (hash, word);
    }
  word = 0;
  if (n > 0)
    memcpy (&word, at, n);
  hash = mix (hash, word);
  /* By hand: printf takes as long as all the rest of a refresh without a change. */
  for (guint i = 0; i < PROJECTION_DIGEST_LENGTH; i++)
    ret_digest[i] = "0123456789abcdef"[(hash >> (4 * i)) & 15];
  ret_digest[PROJECTION_DIGEST_LENGTH] = '\0';
}
