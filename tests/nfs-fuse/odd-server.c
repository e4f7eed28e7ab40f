/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/odd-server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/door.h"
#include "nfs-fuse/odd-call.h"
#include "nfs-server/record.h"
#include "nfs-server/rpc.h"
#include "nfs-server/server.h"
#include "procedure.h"

#define FRAGMENT (1u << 20)
#define ALL_ACCESS 0x3f

struct OddServer
{
  OddManners *manners;
  int fds[2];
  GThread *threads[2];
  GMutex lock;
  GArray *guests;      /* (element-type int) their connections */
  gint held;           /* atomic: that of who waits for an answer; -1: nobody does */
  GByteArray *delayed; /* a call, of this lock; NULL: none is */
  int delayed_guest;
  GByteArray *content;
  GByteArray *lasting;
  guint32 verifier;
  guint32 changes;
};

/* Or where they come in. */
typedef struct
{
  OddServer *server;
  int fd;
} Guest;

/* ---- what is answered ---- */

static void
put_attributes (OddServer *self, GByteArray *out, gboolean is_root)
{
  xdr_put_u32 (out, is_root ? 2 : 1);
  xdr_put_u32 (out, is_root ? 0777 : 0664);
  xdr_put_u32 (out, is_root ? 2 : 1);
  xdr_put_u32 (out, ODD_OWNER);
  xdr_put_u32 (out, ODD_GROUP);
  for (int i = 0; i < 2; i++) /* size, used */
    xdr_put_u64 (out, is_root ? 4096 : self->content->len);
  xdr_put_u64 (out, 0);
  xdr_put_u64 (out, 7);
  xdr_put_u64 (out, is_root ? 1 : 2);
  for (int i = 0; i < 3; i++)
    {
      xdr_put_u32 (out, 1700000000);
      xdr_put_u32 (out, is_root ? 0 : self->changes);
    }
}

static void
put_some_attributes (OddServer *self, GByteArray *out, gboolean is_root)
{
  xdr_put_u32 (out, TRUE);
  put_attributes (self, out, is_root);
}

/* What it was like before is not told. */
static void
put_change (OddServer *self, GByteArray *out)
{
  xdr_put_u32 (out, FALSE);
  put_some_attributes (self, out, FALSE);
}

static void
put_verifier (OddServer *self, GByteArray *out)
{
  xdr_put_u32 (out, self->verifier);
  xdr_put_u32 (out, 0);
}

static void
put_read (OddServer *self, GByteArray *out, guint64 offset, guint32 count)
{
  guint claimed = (guint) g_atomic_int_get (&self->manners->read_length);
  gsize begin = MIN (offset, self->content->len);
  gsize length = MIN (count, self->content->len - begin);

  put_some_attributes (self, out, FALSE);
  xdr_put_u32 (out, (guint32) length);
  xdr_put_u32 (out, TRUE);
  xdr_put_bytes (out, self->content->data + begin, length);
  if (claimed != 0)
    {
      guint32 wire = GUINT32_TO_BE (claimed);
      gsize padded = (length + 3) & ~(gsize) 3;

      memcpy (out->data + out->len - padded - sizeof wire, &wire, sizeof wire);
    }
}

static void
overwrite (GByteArray *content, guint64 offset, const guint8 *data, gsize length)
{
  if (content->len < offset + length)
    g_byte_array_set_size (content, (guint) (offset + length));
  memcpy (content->data + offset, data, length);
}

static void
put_write (OddServer *self, GByteArray *out, XdrReader *call)
{
  gint after = g_atomic_int_get (&self->manners->lasting);
  gint n = g_atomic_int_add (&self->manners->n_writes, 1);
  guint64 offset = odd_call_get_u64 (call);
  guint32 stable;
  const guint8 *data;
  gsize length;

  xdr_get_u32 (call);
  stable = xdr_get_u32 (call);
  data = xdr_get_bytes (call, &length);
  if (after != 0 && n >= after)
    stable = FILE_SYNC;
  if (g_atomic_int_get (&self->manners->postpones))
    stable = UNSTABLE;
  overwrite (self->content, offset, data, length);
  if (stable != UNSTABLE)
    overwrite (self->lasting, offset, data, length);
  self->changes++;
  put_change (self, out);
  xdr_put_u32 (out, (guint32) length);
  xdr_put_u32 (out, stable);
  put_verifier (self, out);
}

/* Puts down all that was written, or loses all that was not put down. */
static void
settle (OddServer *self, gboolean forgets)
{
  GByteArray *from = forgets ? self->lasting : self->content;
  GByteArray *to = forgets ? self->content : self->lasting;

  g_byte_array_set_size (to, 0);
  g_byte_array_append (to, from->data, from->len);
  self->verifier += forgets;
}

static void
put_commit (OddServer *self, GByteArray *out)
{
  gint forgets = g_atomic_int_get (&self->manners->forgets);

  g_atomic_int_inc (&self->manners->n_commits);
  settle (self, forgets > 0);
  g_atomic_int_set (&self->manners->forgets, MAX (forgets - 1, 0));
  put_change (self, out);
  put_verifier (self, out);
}

static guint32
judge (const OddServer *self, const RpcHead *head, guint32 user, XdrReader call)
{
  if (head->procedure == NFS3_COMMIT && user != 0 && (gint) user == g_atomic_int_get (&self->manners->denies))
    return NFS3ERR_ACCES;
  if (head->procedure == NFS3_SETATTR && user != ODD_OWNER && g_atomic_int_get (&self->manners->keeps_times)
      && odd_call_get_sets_time (&call))
    return NFS3ERR_PERM;
  return NFS3_OK;
}

static void
put_results (OddServer *self, GByteArray *out, const RpcHead *head, XdrReader *call, gboolean is_root)
{
  const guint8 *name;
  guint64 offset;
  gsize length;

  switch (head->procedure)
    {
    case NFS3_GETATTR:
      put_attributes (self, out, is_root);
      break;
    case NFS3_SETATTR:
      put_change (self, out);
      break;
    case NFS3_LOOKUP:
      name = xdr_get_bytes (call, &length);
      xdr_put_bytes (out, name, length);
      put_some_attributes (self, out, FALSE);
      put_some_attributes (self, out, TRUE);
      break;
    case NFS3_ACCESS:
      put_some_attributes (self, out, is_root);
      xdr_put_u32 (out, ALL_ACCESS);
      break;
    case NFS3_READ:
      offset = odd_call_get_u64 (call);
      put_read (self, out, offset, xdr_get_u32 (call));
      break;
    case NFS3_WRITE:
      put_write (self, out, call);
      break;
    case NFS3_READDIRPLUS:
      put_some_attributes (self, out, TRUE);
      odd_listing_put (out, (OddListing) g_atomic_int_get (&self->manners->listing), odd_call_get_u64 (call));
      break;
    default:
      put_commit (self, out);
      break;
    }
}

static GByteArray *
answer (OddServer *self, const GByteArray *message)
{
  XdrReader call = { .data = message->data, .left = message->len };
  GByteArray *out;
  guint32 status;
  gboolean is_root;
  RpcHead head;

  if (!rpc_read_call (&call, &head))
    return NULL;
  if (head.procedure == NFS3_COMMIT && g_atomic_int_compare_and_exchange (&self->manners->refuses, TRUE, FALSE))
    return rpc_accepted (head.xid, RPC_SYSTEM_ERR);
  out = rpc_accepted (head.xid, RPC_SUCCESS);
  if (head.procedure == RPC_NULL)
    return out;
  if (head.program == RPC_MOUNT)
    {
      xdr_put_u32 (out, NFS3_OK);
      if (head.procedure == RPC_MOUNT_MNT)
        xdr_put_string (out, ODD_ROOT);
      xdr_put_u32 (out, 0);
      return out;
    }
  is_root = odd_call_get_is_root (&call);
  status = judge (self, &head, odd_call_get_user (message), call);
  xdr_put_u32 (out, status);
  if (status == NFS3_OK)
    put_results (self, out, &head, &call, is_root);
  else
    put_change (self, out);
  return out;
}

/* ---- connections ---- */

static void
send_without_end (int fd)
{
  g_autoptr (GByteArray) fragment = g_byte_array_new ();

  xdr_put_u32 (fragment, FRAGMENT);
  g_byte_array_set_size (fragment, FRAGMENT + 4);
  while (door_send (fd, fragment->data, fragment->len))
    continue;
}

static gboolean
die (OddServer *self)
{
  if (!g_atomic_int_compare_and_exchange (&self->manners->dies, TRUE, FALSE))
    return FALSE;
  g_mutex_lock (&self->lock);
  settle (self, TRUE);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* What the caller does not get, or not as his. */
static gboolean
loses_answer (OddManners *manners, const GByteArray *message, GByteArray *reply)
{
  if (!odd_call_is (message, NFS3_READ))
    return FALSE;
  if (g_atomic_int_compare_and_exchange (&manners->mistakes, TRUE, FALSE))
    reply->data[0] ^= 0x55;
  return g_atomic_int_compare_and_exchange (&manners->swallows, TRUE, FALSE);
}

/* As long as the test wants. */
static void
hold_back (OddServer *self, int fd)
{
  g_atomic_int_set (&self->held, fd);
  if (g_atomic_int_compare_and_exchange (&self->manners->holds, ODD_HOLD_NEXT, ODD_HELD))
    while (g_atomic_int_get (&self->manners->holds) == ODD_HELD)
      g_usleep (1000);
  g_atomic_int_set (&self->held, -1);
}

static gboolean
delay (OddServer *self, int fd, GByteArray *message)
{
  gint *delays = &self->manners->delays;

  if (g_atomic_int_get (delays) != ODD_HOLD_NEXT || !odd_call_is_change (message))
    return FALSE;
  g_mutex_lock (&self->lock);
  self->delayed = g_byte_array_ref (message);
  self->delayed_guest = fd;
  g_mutex_unlock (&self->lock);
  g_atomic_int_set (delays, ODD_HELD);
  return TRUE;
}

void
odd_server_go_on (OddServer *self)
{
  g_autoptr (GByteArray) message = NULL;
  g_autoptr (GByteArray) reply = NULL;
  g_autoptr (GByteArray) record = NULL;

  g_mutex_lock (&self->lock);
  message = g_steal_pointer (&self->delayed);
  reply = answer (self, message);
  g_mutex_unlock (&self->lock);
  record = record_wrap (reply);
  g_atomic_int_set (&self->manners->delays, 0);
  door_send (self->delayed_guest, record->data, record->len);
}

static gboolean
serve_one (OddServer *self, int fd, GByteArray *message)
{
  g_autoptr (GByteArray) reply = NULL;
  g_autoptr (GByteArray) record = NULL;

  if (delay (self, fd, message))
    return TRUE;
  g_mutex_lock (&self->lock);
  reply = answer (self, message);
  g_mutex_unlock (&self->lock);
  if (reply == NULL || g_atomic_int_add (&self->manners->hangs_up, -1) > 0)
    return FALSE;
  if (loses_answer (self->manners, message, reply))
    return TRUE;
  if (odd_call_is (message, NFS3_WRITE) && g_atomic_int_get (&self->manners->holds) == ODD_HOLD_NEXT)
    hold_back (self, fd);
  record = record_wrap (reply);
  return door_send (fd, record->data, record->len);
}

static void
odd_server_clear (gpointer data)
{
  OddServer *self = data;

  g_array_unref (self->guests);
  g_clear_pointer (&self->delayed, g_byte_array_unref);
  g_byte_array_unref (self->content);
  g_byte_array_unref (self->lasting);
  g_mutex_clear (&self->lock);
}

static void
forget_guest (OddServer *self, int fd)
{
  g_mutex_lock (&self->lock);
  for (guint i = self->guests->len; i-- > 0;)
    if (g_array_index (self->guests, int, i) == fd)
      g_array_remove_index_fast (self->guests, i);
  g_mutex_unlock (&self->lock);
}

static gpointer
serve (gpointer data)
{
  g_autofree Guest *guest = data;
  g_autoptr (GByteArray) in = g_byte_array_new ();
  KVOL_AUTO_FD fd = guest->fd;
  g_autofree guint8 *buffer = g_malloc (FRAGMENT);
  gboolean good = TRUE;
  ssize_t n;

  while (good && (n = recv (fd, buffer, FRAGMENT, 0)) > 0)
    {
      GByteArray *message;

      g_byte_array_append (in, buffer, (guint) n);
      while (good && (message = record_take (in)) != NULL)
        {
          if (odd_call_is (message, NFS3_LOOKUP)
              && g_atomic_int_compare_and_exchange (&guest->server->manners->fragments, TRUE, FALSE))
            send_without_end (fd);
          good = !(odd_call_is (message, NFS3_READ) && die (guest->server)) && serve_one (guest->server, fd, message);
          g_byte_array_unref (message);
        }
    }
  forget_guest (guest->server, fd);
  g_atomic_rc_box_release_full (guest->server, odd_server_clear);
  return NULL;
}

static gpointer
listen_at (gpointer data)
{
  g_autofree Guest *door = data;

  for (;;)
    {
      Guest *guest = g_new (Guest, 1);

      *guest = (Guest){ door->server, accept (door->fd, NULL, NULL) };
      if (guest->fd < 0)
        {
          g_free (guest);
          return NULL;
        }
      g_atomic_rc_box_acquire (door->server);
      g_mutex_lock (&door->server->lock);
      g_array_append_val (door->server->guests, guest->fd);
      g_mutex_unlock (&door->server->lock);
      g_thread_unref (g_thread_new ("guest", serve, guest));
    }
}

OddServer *
odd_server_start (OddManners *manners)
{
  const guint16 ports[] = { NFS_PORT, NFS_MOUNT_PORT };
  OddServer *self = g_atomic_rc_box_new0 (OddServer);

  self->manners = manners;
  g_mutex_init (&self->lock);
  self->guests = g_array_new (FALSE, FALSE, sizeof (int));
  self->held = -1;
  self->content = g_byte_array_new ();
  self->lasting = g_byte_array_new ();
  self->verifier = 1;
  for (gsize i = 0; i < G_N_ELEMENTS (ports); i++)
    {
      Guest *door = g_new (Guest, 1);

      self->fds[i] = door_open (ports[i]);
      *door = (Guest){ self, self->fds[i] };
      self->threads[i] = g_thread_new ("door", listen_at, door);
    }
  return self;
}

void
odd_server_restart (OddServer *self)
{
  g_mutex_lock (&self->lock);
  settle (self, TRUE);
  for (guint i = 0; i < self->guests->len; i++)
    if (g_array_index (self->guests, int, i) != g_atomic_int_get (&self->held))
      shutdown (g_array_index (self->guests, int, i), SHUT_RDWR);
  g_mutex_unlock (&self->lock);
}

/* Guests leave by themselves, when kvol-nfs does, and the last one puts out the light. */
void
odd_server_stop (OddServer *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (self->fds); i++)
    {
      shutdown (self->fds[i], SHUT_RDWR);
      g_thread_join (self->threads[i]);
      close (self->fds[i]);
    }
  g_atomic_rc_box_release_full (self, odd_server_clear);
}

static char *
dup_text (OddServer *self, const GByteArray *from)
{
  char *text;

  g_mutex_lock (&self->lock);
  text = g_strndup ((const char *) from->data, from->len);
  g_mutex_unlock (&self->lock);
  return text;
}

char *
odd_server_dup_content (OddServer *self)
{
  return dup_text (self, self->content);
}

char *
odd_server_dup_lasting (OddServer *self)
{
  return dup_text (self, self->lasting);
}
