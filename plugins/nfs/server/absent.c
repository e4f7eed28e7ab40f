/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Before a file is made, the kernel looks for its name, and the server is asked twice for each file. Who makes many
 * files in a directory could be spared the first question, if it were known which names the directory has: all that it
 * had when it was listed, and all that were made or moved there from here since. Any other is absent, but for what
 * other clients have made meanwhile; so this is believed no longer than anything else that the server said, counted
 * from when it was asked. Names that are gone are not noted, and names are kept as hashes: a name that is taken for one
 * that is there costs a question.
 *
 * What another client has made must not be missed by who waits for it. So only who is making names in the directory is
 * told of an absent one without a question, and of each but once: who asks again is told what the server says. */
#include "absent.h"

#include <limits.h>
#include <string.h>

#include "keyed-hash.h"

/* Of so many directories at most something is known, and of each so many who make names there. */
#define PLACES_MAX 32
#define MAKERS_MAX 16
/* The server lists so many names for the cost of one question. */
#define NAMES_PER_QUESTION 16
/* Names that were said to be absent, and not made after that. */
#define SAID_MAX 1024
/* A directory that is too large, or cannot be listed, is not listed again before. */
#define GIVEN_UP_USEC (60 * G_TIME_SPAN_SECOND)

typedef struct
{
  pid_t pid;
  gint64 latest;
} Maker;

/* One directory. Sets of hashes, as pointers. */
typedef struct
{
  guint64 directory;
  GHashTable *names; /* that it may have; NULL: nothing is known */
  gint64 asked;
  GHashTable *said;
  guint64 listing;    /* that is on its way; 0: none */
  GHashTable *listed; /* what it has told, and what was made since */
  guint n_listed;     /* names that were told, also the same ones again */
  gint64 listing_asked;
  gint64 not_before; /* when it may be listed again */
  gint64 began;      /* when the first of those was made */
  guint made;
  Maker makers[MAKERS_MAX];
} Place;

struct _Absent
{
  gint64 valid;
  HashKey key;
  GMutex lock;   /* of what follows; nothing else is locked meanwhile */
  GQueue places; /* what was used last is the first */
  guint64 listings;
};

/* ---- places ---- */

static void
drop_listing (Place *self)
{
  g_clear_pointer (&self->listed, g_hash_table_unref);
  self->listing = 0;
}

static void
drop (Place *self)
{
  drop_listing (self);
  g_clear_pointer (&self->names, g_hash_table_unref);
  g_hash_table_remove_all (self->said);
}

static void
place_free (gpointer data)
{
  Place *self = data;

  drop (self);
  g_hash_table_unref (self->said);
  g_free (self);
}

static Place *
find (Absent *self, guint64 directory)
{
  for (GList *link = self->places.head; link != NULL; link = link->next)
    if (((const Place *) link->data)->directory == directory)
      {
        g_queue_unlink (&self->places, link);
        g_queue_push_head_link (&self->places, link);
        return link->data;
      }
  return NULL;
}

static Place *
find_or_make (Absent *self, guint64 directory)
{
  Place *place = find (self, directory);

  if (place != NULL)
    return place;
  if (self->places.length >= PLACES_MAX)
    place_free (g_queue_pop_tail (&self->places));
  place = g_new0 (Place, 1);
  place->directory = directory;
  place->said = g_hash_table_new (NULL, NULL);
  g_queue_push_head (&self->places, place);
  return place;
}

static Place *
find_listed (Absent *self, guint64 directory, guint64 listing)
{
  Place *place = find (self, directory);

  return place != NULL && place->listing == listing ? place : NULL;
}

static gpointer
hash_of (const Absent *self, const char *name)
{
  return (gpointer) (gsize) keyed_hash (&self->key, name, strlen (name));
}

Absent *
absent_new (gint64 valid)
{
  Absent *self = g_new0 (Absent, 1);

  self->valid = valid;
  hash_key_init (&self->key);
  g_mutex_init (&self->lock);
  g_queue_init (&self->places);
  return self;
}

void
absent_free (Absent *self)
{
  g_queue_clear_full (&self->places, place_free);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* ---- who makes names ---- */

static gboolean
is_maker (const Absent *self, const Place *place, pid_t who, gint64 now)
{
  for (guint i = 0; i < MAKERS_MAX; i++)
    if (place->makers[i].latest != 0 && place->makers[i].pid == who)
      return now - place->makers[i].latest < self->valid;
  return FALSE;
}

static void
note_maker (Place *place, pid_t who, gint64 now)
{
  Maker *oldest = &place->makers[0];

  for (guint i = 0; i < MAKERS_MAX; i++)
    {
      Maker *maker = &place->makers[i];

      if (maker->latest != 0 && maker->pid == who)
        {
          maker->latest = now;
          return;
        }
      if (maker->latest < oldest->latest)
        oldest = maker;
    }
  *oldest = (Maker){ who, now };
}

/* ---- what is asked and told ---- */

gboolean
absent_say (Absent *self, guint64 directory, const char *name, pid_t who, gint64 now)
{
  const gpointer hash = hash_of (self, name);
  gboolean absent;
  Place *place;

  /* The server may have another word for one that is too long. */
  if (strlen (name) > NAME_MAX)
    return FALSE;
  g_mutex_lock (&self->lock);
  place = find (self, directory);
  absent = place != NULL && place->names != NULL && now - place->asked < self->valid && is_maker (self, place, who, now)
           && !g_hash_table_contains (place->names, hash) && !g_hash_table_contains (place->said, hash);
  if (absent && g_hash_table_size (place->said) >= SAID_MAX)
    g_hash_table_remove_all (place->said);
  if (absent)
    g_hash_table_add (place->said, hash);
  g_mutex_unlock (&self->lock);
  return absent;
}

void
absent_note (Absent *self, guint64 directory, const char *name)
{
  const gpointer hash = hash_of (self, name);
  Place *place;

  g_mutex_lock (&self->lock);
  place = find (self, directory);
  if (place != NULL)
    {
      g_hash_table_remove (place->said, hash);
      if (place->names != NULL)
        g_hash_table_add (place->names, hash);
      if (place->listed != NULL)
        g_hash_table_add (place->listed, hash);
    }
  g_mutex_unlock (&self->lock);
}

/* ---- how it is learnt ---- */

/* What is spared must be worth the listing, and the next one is asked for before the last one has run out. */
static gboolean
wants_listing (const Absent *self, const Place *place, gint64 now)
{
  const guint known = place->names != NULL ? g_hash_table_size (place->names) : 0;

  return place->listing == 0 && now >= place->not_before
         && place->made >= MAX (ABSENT_BURST, known / NAMES_PER_QUESTION)
         && (place->names == NULL || now - place->asked >= self->valid / 4 * 3);
}

static gboolean
is_full (GHashTable *names)
{
  return names != NULL && g_hash_table_size (names) > ABSENT_NAMES_MAX;
}

static void
give_up (Place *place, gint64 now)
{
  drop (place);
  place->not_before = now + GIVEN_UP_USEC;
}

guint64
absent_count (Absent *self, guint64 directory, pid_t who, gint64 now)
{
  guint64 listing = 0;
  Place *place;

  g_mutex_lock (&self->lock);
  place = find_or_make (self, directory);
  note_maker (place, who, now);
  if (place->made == 0 || now - place->began >= self->valid)
    {
      place->began = now;
      place->made = 0;
    }
  place->made++;
  /* Of those that were made here many may be gone again: that is for the next listing to say. */
  if (is_full (place->names) || is_full (place->listed))
    drop (place);
  if (wants_listing (self, place, now))
    {
      listing = place->listing = ++self->listings;
      place->listed = g_hash_table_new (NULL, NULL);
      place->n_listed = 0;
      place->listing_asked = now;
    }
  g_mutex_unlock (&self->lock);
  return listing;
}

void
absent_know_empty (Absent *self, guint64 directory, pid_t who, gint64 asked)
{
  Place *place;

  g_mutex_lock (&self->lock);
  /* Who has found it meanwhile may have made something in it. */
  if (find (self, directory) == NULL)
    {
      place = find_or_make (self, directory);
      place->names = g_hash_table_new (NULL, NULL);
      place->asked = asked;
      note_maker (place, who, asked);
    }
  g_mutex_unlock (&self->lock);
}

gboolean
absent_take (Absent *self, guint64 directory, guint64 listing, const char *name)
{
  const gpointer hash = hash_of (self, name);
  gboolean wanted;
  Place *place;

  g_mutex_lock (&self->lock);
  place = find_listed (self, directory, listing);
  wanted = place != NULL && place->n_listed++ < ABSENT_NAMES_MAX;
  if (wanted)
    g_hash_table_add (place->listed, hash);
  g_mutex_unlock (&self->lock);
  return wanted;
}

void
absent_end (Absent *self, guint64 directory, guint64 listing, gboolean complete, gint64 now)
{
  Place *place;

  g_mutex_lock (&self->lock);
  place = find_listed (self, directory, listing);
  if (place != NULL && complete)
    {
      g_clear_pointer (&place->names, g_hash_table_unref);
      place->names = g_steal_pointer (&place->listed);
      place->asked = place->listing_asked;
      place->listing = 0;
    }
  else if (place != NULL)
    give_up (place, now);
  g_mutex_unlock (&self->lock);
}

/* ---- how it is lost ---- */

void
absent_forget (Absent *self, guint64 directory, gint64 now)
{
  Place *place;

  g_mutex_lock (&self->lock);
  place = find (self, directory);
  if (place != NULL)
    {
      drop (place);
      place->not_before = MAX (place->not_before, now + self->valid);
    }
  g_mutex_unlock (&self->lock);
}

void
absent_forget_all (Absent *self)
{
  g_mutex_lock (&self->lock);
  for (GList *link = self->places.head; link != NULL; link = link->next)
    {
      Place *place = link->data;

      drop (place);
      memset (place->makers, 0, sizeof place->makers);
    }
  g_mutex_unlock (&self->lock);
}
