/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sys/error.h"

#define SLOT_MIN 4096
#define SLOT_MAX (16 << 20)
#define FORMAT 1

static const char magic[8] = "kvolrec";

typedef struct
{
  char magic[8];
  guint32 format;
  guint32 slot_size;
  guint64 generation;
  guint64 body_size;
  char boot_id[40];
  guint64 checksum;
} Header;

G_STATIC_ASSERT (sizeof (Header) == 80);

/* Tells a torn write from a whole one; nobody forges records in a directory that only root can write. */
static guint64
mix (guint64 hash, const guint8 *data, gsize size)
{
  for (; size >= 8; data += 8, size -= 8)
    {
      guint64 word = 0;

      memcpy (&word, data, 8);
      hash = (hash ^ word) * G_GUINT64_CONSTANT (0x9E3779B97F4A7C15);
      hash ^= hash >> 29;
    }
  for (; size > 0; data++, size--)
    hash = (hash ^ *data) * G_GUINT64_CONSTANT (0x100000001B3);
  return hash;
}

static guint64
checksum (const Header *header, const guint8 *body, gsize size)
{
  return mix (mix (1, (const guint8 *) header, G_STRUCT_OFFSET (Header, checksum)), body, size);
}

/* Answers the header of a whole slot that begins at @offset, or NULL. */
static const Header *
whole_slot (const guint8 *file, gsize size, gsize offset)
{
  const Header *header = (const Header *) (file + offset);

  if (offset + sizeof (Header) > size || memcmp (header->magic, magic, sizeof magic) != 0)
    return NULL;
  if (header->format != FORMAT)
    return header;
  if (header->body_size > size - offset - sizeof (Header) || header->boot_id[sizeof header->boot_id - 1] != '\0'
      || header->checksum != checksum (header, (const guint8 *) (header + 1), header->body_size))
    return NULL;
  return header;
}

/* The first slot says where the second begins; when it is torn, every place is tried. */
static const Header *
second_slot (const guint8 *file, gsize size, const Header *first)
{
  if (first != NULL)
    return whole_slot (file, size, first->slot_size);
  for (gsize offset = SLOT_MIN; offset <= SLOT_MAX && offset < size; offset *= 2)
    {
      const Header *header = whole_slot (file, size, offset);

      if (header != NULL && header->slot_size == offset)
        return header;
    }
  return NULL;
}

static guint8 *
read_file (int fd, gsize *ret_size)
{
  gsize capacity = 4 * SLOT_MIN;
  gsize size = 0;
  guint8 *file = g_malloc (capacity);

  for (;;)
    {
      gssize n = pread (fd, file + size, capacity - size, size);

      if (n < 0)
        {
          g_free (file);
          return NULL;
        }
      size += n;
      if (n == 0 || size < capacity)
        break;
      /* The answer filled the room: there may be more, up to what this format ever writes. */
      if (capacity > 2 * SLOT_MAX)
        break;
      capacity *= 4;
      file = g_realloc (file, capacity);
    }
  *ret_size = size;
  return file;
}

GBytes *
sys_slots_read (int dir_fd, const char *name, SysSlots *ret_slots, char ret_boot_id[37], GError **error)
{
  KVOL_AUTO_FD fd = openat (dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  gsize size = 0;

  if (fd < 0)
    {
      sys_throw (error, "open record \"%s\"", name);
      return NULL;
    }

  g_autofree guint8 *file = read_file (fd, &size);

  if (file == NULL)
    {
      sys_throw (error, "read record \"%s\"", name);
      return NULL;
    }

  const Header *first = whole_slot (file, size, 0);
  const Header *second = second_slot (file, size, first);
  const Header *newest = first;

  if (first == NULL || (second != NULL && second->generation > first->generation))
    newest = second;
  if (newest == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "record \"%s\" is damaged", name);
      return NULL;
    }
  if (newest->format != FORMAT)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "record \"%s\" has format %u, written by a newer version", name,
                   newest->format);
      return NULL;
    }
  *ret_slots = (SysSlots){ newest->generation, newest->slot_size, newest == first ? 0 : 1, FALSE };
  g_strlcpy (ret_boot_id, newest->boot_id, 37);
  return g_bytes_new (newest + 1, newest->body_size);
}

static gboolean
write_slot (int fd, const Header *header, gconstpointer body, guint32 slot, const char *name, GError **error)
{
  const struct iovec parts[] = { { (void *) header, sizeof *header }, { (void *) body, (size_t) header->body_size } };
  gssize written = pwritev (fd, parts, G_N_ELEMENTS (parts), (off_t) slot * header->slot_size);

  if (written < 0)
    return sys_throw (error, "write record \"%s\"", name);
  if ((gsize) written != sizeof *header + header->body_size)
    {
      errno = ENOSPC;
      return sys_throw (error, "write record \"%s\"", name);
    }
  return TRUE;
}

static gboolean
make_durable (int dir_fd, int fd, gboolean is_new, const char *name, GError **error)
{
  if (fdatasync (fd) < 0)
    return sys_throw (error, "sync record \"%s\"", name);
  if (!is_new)
    return TRUE;

  KVOL_AUTO_FD dir = openat (dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (dir < 0 || fsync (dir) < 0)
    return sys_throw (error, "sync the directory of record \"%s\"", name);
  return TRUE;
}

/* A body that has outgrown its slots gets a new file with larger ones, swapped in whole. */
static gboolean
write_grown (int dir_fd, const char *name, Header *header, gconstpointer body, gboolean durable, GError **error)
{
  g_autofree char *new_name = g_strdup_printf (".%s.new", name);
  KVOL_AUTO_FD fd = openat (dir_fd, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0)
    return sys_throw (error, "create record \"%s\"", new_name);
  if (!write_slot (fd, header, body, 0, new_name, error)
      /* The name must never lead to less than it did: the new file is whole before it takes the old one's place. */
      || !make_durable (dir_fd, fd, FALSE, new_name, error))
    return FALSE;
  if (renameat (dir_fd, new_name, dir_fd, name) < 0)
    return sys_throw (error, "replace record \"%s\"", name);
  return !durable || make_durable (dir_fd, fd, TRUE, name, error);
}

gboolean
sys_slots_write (int dir_fd, const char *name, SysSlots *slots, const char *boot_id, gconstpointer body, gsize size,
                 gboolean durable, GError **error)
{
  gboolean is_new = slots->slot_size == 0;
  gboolean outgrown = !is_new && size + sizeof (Header) > slots->slot_size;
  SysSlots next = { slots->generation + 1, slots->slot_size, is_new || outgrown ? 0 : 1 - slots->slot,
                    slots->is_name_synced || durable };
  Header header = { .format = FORMAT, .generation = next.generation, .body_size = size };

  if (size > SLOT_MAX / 2)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "a record of %" G_GSIZE_FORMAT " bytes is too large",
                   size);
      return FALSE;
    }
  /* Room for growth, so that the file is replaced rarely. */
  for (next.slot_size = MAX (next.slot_size, SLOT_MIN); (is_new || outgrown) && next.slot_size < size + size / 2 + 512;)
    next.slot_size *= 2;
  memcpy (header.magic, magic, sizeof magic);
  header.slot_size = next.slot_size;
  g_strlcpy (header.boot_id, boot_id, sizeof header.boot_id);
  header.checksum = checksum (&header, body, size);

  if (outgrown)
    {
      if (!write_grown (dir_fd, name, &header, body, durable, error))
        return FALSE;
      *slots = next;
      return TRUE;
    }

  KVOL_AUTO_FD fd = openat (dir_fd, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_CREAT | (is_new ? O_TRUNC : 0), 0600);

  if (fd < 0)
    return sys_throw (error, "open record \"%s\"", name);
  if (!write_slot (fd, &header, body, next.slot, name, error)
      || (durable && !make_durable (dir_fd, fd, !slots->is_name_synced, name, error)))
    return FALSE;
  *slots = next;
  return TRUE;
}
