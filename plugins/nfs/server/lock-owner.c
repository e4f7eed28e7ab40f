/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A number, once it is in the record with its file, is worth keeping: the file's next owner takes it over, and nothing
 * need be written. So a database whose processes lock and unlock all day leaves the disk alone. */
#include "lock-owner.h"

#include <sys/random.h>

#define SPARE_MAX 128

typedef struct
{
  LockNote note;
  guint place;
} Spare;

struct LockOwners
{
  LockRecord *record;
  GHashTable *by_name;   /* LockName -> LockOwner, which it owns */
  GHashTable *by_number; /* -> LockOwner */
  GArray *spares;        /* (element-type Spare), the oldest first */
  guint32 next_number;
};

static guint
hash_name (gconstpointer data)
{
  const LockName *name = data;
  guint hash = g_int64_hash (&name->key) ^ (guint) name->flock;

  for (gsize i = 0; i < name->file.length; i++)
    hash = hash * 33 + name->file.data[i];
  return hash;
}

static gboolean
is_same_name (gconstpointer data_a, gconstpointer data_b)
{
  const LockName *a = data_a;
  const LockName *b = data_b;

  return a->key == b->key && a->flock == b->flock && lock_file_is_same (&a->file, &b->file);
}

static void
owner_free (gpointer data)
{
  LockOwner *owner = data;

  lock_set_clear (&owner->held);
  g_free (owner);
}

LockOwners *
lock_owners_new (LockRecord *record)
{
  LockOwners *self = g_new0 (LockOwners, 1);

  self->record = record;
  self->by_name = g_hash_table_new_full (hash_name, is_same_name, NULL, owner_free);
  self->by_number = g_hash_table_new (NULL, NULL);
  self->spares = g_array_new (FALSE, FALSE, sizeof (Spare));
  /* Some servers tell the owners of one node apart by this number alone, whichever volume they are of. If there is no
   * random one, the time is good enough. */
  if (getrandom (&self->next_number, sizeof self->next_number, 0) < 0)
    self->next_number = (guint32) g_get_monotonic_time ();
  return self;
}

void
lock_owners_free (LockOwners *self)
{
  g_hash_table_unref (self->by_number);
  g_hash_table_unref (self->by_name);
  g_array_unref (self->spares);
  lock_record_free (self->record);
  g_free (self);
}

LockOwner *
lock_owners_find (const LockOwners *self, const LockName *name)
{
  return g_hash_table_lookup (self->by_name, name);
}

LockOwner *
lock_owners_find_by_number (const LockOwners *self, guint32 number)
{
  return g_hash_table_lookup (self->by_number, GUINT_TO_POINTER (number));
}

/* 0 is nobody's: whoever only tests for locks has it. */
static guint32
pick_number (LockOwners *self)
{
  do
    self->next_number = (self->next_number + 1) & G_MAXINT32;
  while (self->next_number == 0 || lock_owners_find_by_number (self, self->next_number) != NULL);
  return self->next_number;
}

gboolean
lock_owners_reserve (LockOwners *self, const LockFile *file, LockNote *ret_note, guint *ret_place, GError **error)
{
  LockNote note = { .file = *file };

  for (guint i = 0; i < self->spares->len; i++)
    {
      Spare spare = g_array_index (self->spares, Spare, i);

      if (!lock_file_is_same (&spare.note.file, file))
        continue;
      g_array_remove_index (self->spares, i);
      *ret_note = spare.note;
      *ret_place = spare.place;
      return TRUE;
    }
  note.number = pick_number (self);
  if (!lock_record_add (self->record, &note, ret_place, error))
    return FALSE;
  *ret_note = note;
  return TRUE;
}

LockOwner *
lock_owners_add (LockOwners *self, const LockName *name, const LockNote *note, guint place)
{
  LockOwner *owner = g_new0 (LockOwner, 1);

  owner->name = *name;
  owner->number = note->number;
  owner->place = place;
  lock_set_init (&owner->held);
  g_hash_table_insert (self->by_name, &owner->name, owner);
  g_hash_table_insert (self->by_number, GUINT_TO_POINTER (owner->number), owner);
  return owner;
}

/* It has no lock, and may have none. */
static gboolean
is_idle (const LockOwner *self)
{
  return self->n_unsure == 0 && lock_set_is_empty (&self->held);
}

void
lock_owners_settle (LockOwners *self, LockOwner *owner)
{
  Spare spare = { { owner->number, owner->name.file }, owner->place };

  if (!is_idle (owner))
    return;
  if (self->spares->len == SPARE_MAX)
    {
      lock_record_drop (self->record, g_array_index (self->spares, Spare, 0).place);
      g_array_remove_index (self->spares, 0);
    }
  g_array_append_val (self->spares, spare);
  g_hash_table_remove (self->by_number, GUINT_TO_POINTER (owner->number));
  g_hash_table_remove (self->by_name, &owner->name);
}

void
lock_owners_drop_spares (LockOwners *self)
{
  for (guint i = 0; i < self->spares->len; i++)
    lock_record_drop (self->record, g_array_index (self->spares, Spare, i).place);
  g_array_set_size (self->spares, 0);
}

GPtrArray *
lock_owners_dup_busy (const LockOwners *self)
{
  GPtrArray *busy = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer owner;

  g_hash_table_iter_init (&iter, self->by_name);
  while (g_hash_table_iter_next (&iter, NULL, &owner))
    if (!is_idle (owner))
      g_ptr_array_add (busy, owner);
  return busy;
}
