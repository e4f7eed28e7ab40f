/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/digest.h"

#include <string.h>

/* Two lanes of multiplication and rotation, each with a secret beginning and a secret odd factor. */
typedef struct
{
  guint64 start[2];
  guint64 factor[2];
} Key;

static gpointer
make_key (gpointer data)
{
  Key *key = g_new (Key, 1);
  guint32 *words = (guint32 *) key;

  for (gsize i = 0; i < sizeof *key / sizeof *words; i++)
    words[i] = g_random_int ();
  key->factor[0] |= 1;
  key->factor[1] |= 1;
  return key;
}

static guint64
rotate (guint64 value, int bits)
{
  return value << bits | value >> (64 - bits);
}

static SysDigest
absorb (SysDigest state, guint64 word, const Key *key)
{
  state.a = rotate ((state.a ^ word) * key->factor[0], 31);
  state.b = rotate ((state.b + word) * key->factor[1], 27) ^ word;
  return state;
}

static guint64
settle (guint64 value)
{
  value = (value ^ value >> 32) * G_GUINT64_CONSTANT (0x9FB21C651E98DF25);
  value = (value ^ value >> 29) * G_GUINT64_CONSTANT (0xD6E8FEB86659FD93);
  return value ^ value >> 32;
}

SysDigest
sys_digest (gconstpointer data, gsize size)
{
  static GOnce once = G_ONCE_INIT;
  const Key *key = g_once (&once, make_key, NULL);
  const guint8 *at = data;
  SysDigest state = { key->start[0] ^ size, key->start[1] };
  guint64 word = 0;

  for (; size >= sizeof word; at += sizeof word, size -= sizeof word)
    {
      memcpy (&word, at, sizeof word);
      state = absorb (state, word, key);
    }
  if (size > 0)
    {
      word = 0;
      memcpy (&word, at, size);
      state = absorb (state, word, key);
    }
  return (SysDigest){ settle (state.a), settle (state.b) };
}

gboolean
sys_digest_equal (const SysDigest *one, const SysDigest *other)
{
  return one->a == other->a && one->b == other->b;
}
