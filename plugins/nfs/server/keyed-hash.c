/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keyed-hash.h"

#include <string.h>
#include <sys/random.h>

typedef struct
{
  guint64 v[4];
} State;

static guint64
turn (guint64 word, guint bits)
{
  return word << bits | word >> (64 - bits);
}

static void
mix (State *s, guint rounds)
{
  while (rounds-- > 0)
    {
      s->v[0] += s->v[1];
      s->v[1] = turn (s->v[1], 13) ^ s->v[0];
      s->v[0] = turn (s->v[0], 32);
      s->v[2] += s->v[3];
      s->v[3] = turn (s->v[3], 16) ^ s->v[2];
      s->v[0] += s->v[3];
      s->v[3] = turn (s->v[3], 21) ^ s->v[0];
      s->v[2] += s->v[1];
      s->v[1] = turn (s->v[1], 17) ^ s->v[2];
      s->v[2] = turn (s->v[2], 32);
    }
}

static void
take_word (State *s, guint64 word)
{
  s->v[3] ^= word;
  mix (s, 2);
  s->v[0] ^= word;
}

void
hash_key_init (HashKey *self)
{
  /* Without the kernel's randomness, which is there on every kernel that kvol runs on, GLib's own will do. */
  if (getrandom (self, sizeof *self, GRND_NONBLOCK) != sizeof *self)
    for (gsize i = 0; i < G_N_ELEMENTS (self->words); i++)
      self->words[i] = (guint64) g_random_int () << 32 | g_random_int ();
}

guint64
keyed_hash (const HashKey *key, gconstpointer data, gsize length)
{
  const guint8 *at = data;
  gsize left = length;
  guint64 last = (guint64) length << 56;
  State s = { {
      key->words[0] ^ 0x736f6d6570736575u,
      key->words[1] ^ 0x646f72616e646f6du,
      key->words[0] ^ 0x6c7967656e657261u,
      key->words[1] ^ 0x7465646279746573u,
  } };

  for (; left >= sizeof (guint64); at += sizeof (guint64), left -= sizeof (guint64))
    {
      guint64 word;

      memcpy (&word, at, sizeof word);
      take_word (&s, GUINT64_FROM_LE (word));
    }
  for (gsize i = 0; i < left; i++)
    last |= (guint64) at[i] << (8 * i);
  take_word (&s, last);
  s.v[2] ^= 0xff;
  mix (&s, 4);
  return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
