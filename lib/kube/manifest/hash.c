/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SipHash-1-3 (Aumasson and Bernstein), as the hash tables of many languages have it. A hundred thousand keys with one
 * g_str_hash() are easily made and take a minute; without the key of this one they cannot be made. The key is the
 * place at which the kernel has put this library, which nobody knows who writes a file. */
#include "manifest/hash.h"

#include <string.h>

static const guint8 anchor;

static guint64
rotate (guint64 word, guint bits)
{
  return word << bits | word >> (64 - bits);
}

static void
round_of (guint64 v[4])
{
  v[0] += v[1];
  v[2] += v[3];
  v[1] = rotate (v[1], 13) ^ v[0];
  v[3] = rotate (v[3], 16) ^ v[2];
  v[0] = rotate (v[0], 32);
  v[2] += v[1];
  v[0] += v[3];
  v[1] = rotate (v[1], 17) ^ v[2];
  v[3] = rotate (v[3], 21) ^ v[0];
  v[2] = rotate (v[2], 32);
}

static void
take_word (guint64 v[4], guint64 word)
{
  v[3] ^= word;
  round_of (v);
  v[0] ^= word;
}

guint
kube_hash_text (gconstpointer text)
{
  const guint64 key = (guint64) (gsize) &anchor;
  const gsize length = strlen (text);
  const char *at = text;
  guint64 v[4] = { key ^ G_GUINT64_CONSTANT (0x736f6d6570736575), key ^ G_GUINT64_CONSTANT (0x646f72616e646f6d),
                   key ^ G_GUINT64_CONSTANT (0x6c7967656e657261), key ^ G_GUINT64_CONSTANT (0x7465646279746573) };
  guint64 word = 0;

  for (; length - (at - (const char *) text) >= sizeof (word); at += sizeof (word))
    {
      memcpy (&word, at, sizeof (word));
      take_word (v, word);
    }
  word = (guint64) length << 56;
  for (guint i = 0; at[i] != '\0'; i++)
    word |= (guint64) (guchar) at[i] << 8 * i;
  take_word (v, word);
  v[2] ^= 0xff;
  for (int i = 0; i < 3; i++)
    round_of (v);
  word = v[0] ^ v[1] ^ v[2] ^ v[3];
  return (guint) (word ^ word >> 32);
}
