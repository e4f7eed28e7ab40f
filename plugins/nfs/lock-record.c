/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of cells of one size, four to a sector, so that a cell is on disk as a whole or not at all. The first one
 * names the client, each other one is a note or empty. All of it is in memory too: the file is read once.
 *
 * A note says that locks may be there, not which: the owner is let go of as a whole. So an owner that locks and
 * unlocks all day costs one write, and one sync, for the first of its locks. */
#include "lock-record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <kvol/kvol-abi.h>

#define CELL_SIZE 128
#define MAGIC "kvollck1"
#define NOTE_USED 1

typedef union
{
  struct
  {
    char magic[8];
    LockClient client;
  } head;
  struct
  {
    guint32 used;
    LockNote note;
  } note;
  guint8 bytes[CELL_SIZE];
} Cell;

G_STATIC_ASSERT (sizeof (Cell) == CELL_SIZE);

struct LockRecord
{
  int fd;
  GArray *cells; /* (element-type Cell), the first being the head */
};

gboolean
lock_file_is_same (const LockFile *a, const LockFile *b)
{
  return a->length == b->length && memcmp (a->data, b->data, a->length) == 0;
}

static gboolean
throw_record (GError **error, const char *act)
{
  const int number = errno;

  g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "%s the record of locks: %s", act, g_strerror (number));
  return FALSE;
}

static gboolean
write_cell (LockRecord *self, guint index, gboolean lasting, GError **error)
{
  const Cell *cell = &g_array_index (self->cells, Cell, index);

  if (self->fd < 0)
    return TRUE;
  if (pwrite (self->fd, cell, CELL_SIZE, (off_t) index * CELL_SIZE) != CELL_SIZE
      || (lasting && fdatasync (self->fd) < 0))
    return throw_record (error, "write");
  return TRUE;
}

static gboolean
is_whole (const Cell *cell)
{
  return cell->note.used == NOTE_USED && cell->note.note.file.length <= NFS3_FHSIZE;
}

static gboolean
read_cells (LockRecord *self, GError **error)
{
  Cell cell;
  ssize_t n;

  while ((n = pread (self->fd, &cell, CELL_SIZE, (off_t) self->cells->len * CELL_SIZE)) == CELL_SIZE)
    g_array_append_val (self->cells, cell);
  if (n < 0)
    return throw_record (error, "read");
  if (self->cells->len == 0)
    return TRUE;

  const Cell *head = &g_array_index (self->cells, Cell, 0);

  /* Written by another version, or by nobody: whatever it says, it is not for us to write over. */
  if (memcmp (head->head.magic, MAGIC, sizeof head->head.magic) == 0
      && memchr (head->head.client.caller, '\0', sizeof head->head.client.caller) != NULL)
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "the record of locks is not one of this version's");
  return FALSE;
}

static gboolean
begin (LockRecord *self, const char *caller, GError **error)
{
  Cell cell = { 0 };

  memcpy (cell.head.magic, MAGIC, sizeof cell.head.magic);
  g_strlcpy (cell.head.client.caller, caller, sizeof cell.head.client.caller);
  /* No two clients may ever be one to the server: a generator of numbers with a memory could have been forked. */
  if (getrandom (cell.head.client.owner, LOCK_OWNER_SIZE, 0) != LOCK_OWNER_SIZE)
    return throw_record (error, "begin");
  g_array_append_val (self->cells, cell);
  return write_cell (self, 0, TRUE, error);
}

static gboolean
lock (int fd, GError **error)
{
  if (flock (fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  if (errno != EWOULDBLOCK)
    return throw_record (error, "lock");
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_BUSY, "another process serves this volume's locks");
  return FALSE;
}

LockRecord *
lock_record_open (int fd, const char *caller, GError **error)
{
  g_autoptr (LockRecord) self = g_new0 (LockRecord, 1);

  self->fd = fd;
  self->cells = g_array_new (FALSE, FALSE, sizeof (Cell));
  if (fd >= 0 && (!lock (fd, error) || !read_cells (self, error)))
    return NULL;
  if (self->cells->len == 0 && !begin (self, caller, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
lock_record_free (LockRecord *self)
{
  kvol_clear_fd (&self->fd);
  g_array_unref (self->cells);
  g_free (self);
}

const LockClient *
lock_record_get_client (const LockRecord *self)
{
  return &g_array_index (self->cells, Cell, 0).head.client;
}

gboolean
lock_record_add (LockRecord *self, const LockNote *note, guint *ret_place, GError **error)
{
  Cell cell = { .note = { NOTE_USED, *note } };
  guint place = 1;

  while (place < self->cells->len && is_whole (&g_array_index (self->cells, Cell, place)))
    place++;
  if (place == self->cells->len)
    g_array_append_val (self->cells, cell);
  else
    g_array_index (self->cells, Cell, place) = cell;
  if (!write_cell (self, place, TRUE, error))
    {
      g_array_index (self->cells, Cell, place).note.used = 0;
      return FALSE;
    }
  *ret_place = place;
  return TRUE;
}

/* A note that comes back with the machine costs an unlock of nothing. */
void
lock_record_drop (LockRecord *self, guint place)
{
  g_autoptr (GError) error = NULL;

  g_array_index (self->cells, Cell, place).note.used = 0;
  if (!write_cell (self, place, FALSE, &error))
    g_debug ("%s", error->message);
}

gboolean
lock_record_get (const LockRecord *self, guint place, LockNote *ret_note)
{
  const Cell *cell = &g_array_index (self->cells, Cell, place);

  if (place == 0 || !is_whole (cell))
    return FALSE;
  *ret_note = cell->note.note;
  return TRUE;
}

guint
lock_record_get_n_places (const LockRecord *self)
{
  return self->cells->len;
}
