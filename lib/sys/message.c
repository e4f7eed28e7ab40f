/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A packet is a header and the serialised body, boxed in a variant so that it says its type. A body that is too
 * large for a packet travels in a memfd, as the last descriptor; it is sealed, so that nobody can change it while it
 * is read. Bodies carry secrets: what holds their bytes here is wiped before it is given back. */
#include "sys/message.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/await.h"
#include "sys/error.h"

#define FORMAT 1
#define PACKET_MAX (64 * 1024)
/* Above all that Kubernetes lets into an object, below what would hurt. */
#define BODY_MAX (64 * 1024 * 1024)

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* Of Linux 6.3: a system may insist on it (vm.memfd_noexec). */
#define MEMFD_NOEXEC_SEAL 0x0008u

typedef struct
{
  guint32 format;
  guint32 kind;
  guint64 body_size;
} Header;

G_STATIC_ASSERT (sizeof (Header) == 16);

#define INLINE_MAX (PACKET_MAX - sizeof (Header))

typedef union
{
  struct cmsghdr aligned;
  char bytes[CMSG_SPACE (sizeof (int) * (SYS_MESSAGE_MAX_FDS + 1))];
} Control;

void
sys_message_clear (SysMessage *self)
{
  for (guint i = 0; i < self->n_fds; i++)
    kvol_clear_fd (&self->fds[i]);
  self->n_fds = 0;
  g_clear_pointer (&self->body, g_variant_unref);
}

/* ---- bytes that are wiped ---- */

typedef struct
{
  gsize size;
  gsize reserved; /* keeps data aligned as GVariant wants it */
  guint8 data[];
} Wiped;

static void
wiped_free (gpointer data)
{
  Wiped *self = data;

  explicit_bzero (self->data, self->size);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wiped, wiped_free)

static Wiped *
wiped_new (gsize size)
{
  Wiped *self = g_malloc (sizeof *self + size);

  self->size = size;
  return self;
}

/* ---- sending ---- */

static int
open_memfd (void)
{
  int fd = (int) syscall (SYS_memfd_create, "kvol-message", MFD_CLOEXEC | MFD_ALLOW_SEALING | MEMFD_NOEXEC_SEAL);

  return fd >= 0 || errno != EINVAL ? fd : memfd_create ("kvol-message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static int
store_in_memfd (GVariant *boxed, gsize size, GError **error)
{
  KVOL_AUTO_FD fd = open_memfd ();
  void *bytes;

  if (fd < 0 || ftruncate (fd, (off_t) size) < 0)
    return sys_throw_fd (error, "make room for a message of %" G_GSIZE_FORMAT " bytes", size);
  /* Reserved now: without room, a write through the mapping would end this process. */
  if (fallocate (fd, 0, 0, (off_t) size) < 0)
    return sys_throw_fd (error, "find memory for a message of %" G_GSIZE_FORMAT " bytes", size);
  bytes = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (bytes == MAP_FAILED)
    return sys_throw_fd (error, "write a message of %" G_GSIZE_FORMAT " bytes", size);
  g_variant_store (boxed, bytes);
  munmap (bytes, size);
  if (fcntl (fd, F_ADD_SEALS, SEALS) < 0)
    return sys_throw_fd (error, "seal a message of %" G_GSIZE_FORMAT " bytes", size);
  return g_steal_fd (&fd);
}

static gboolean
send_packet (int socket_fd, struct iovec *parts, gsize n_parts, const int *fds, guint n_fds, GError **error)
{
  Control control = { 0 };
  struct msghdr packet = { .msg_iov = parts, .msg_iovlen = n_parts };

  if (n_fds > 0)
    {
      packet.msg_control = control.bytes;
      packet.msg_controllen = CMSG_SPACE (sizeof (int) * n_fds);
      control.aligned = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET,
        .cmsg_type = SCM_RIGHTS,
        .cmsg_len = CMSG_LEN (sizeof (int) * n_fds),
      };
      memcpy (CMSG_DATA (&control.aligned), fds, sizeof (int) * n_fds);
    }
  if (TEMP_FAILURE_RETRY (sendmsg (socket_fd, &packet, MSG_NOSIGNAL | MSG_DONTWAIT)) >= 0)
    return TRUE;
  if (errno != EPIPE && errno != ECONNRESET)
    return sys_throw (error, "send a message");
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "the other end of the socket is gone");
  return FALSE;
}

static gboolean
send_large (int socket_fd, Header *header, GVariant *boxed, const int *fds, guint n_fds, GError **error)
{
  struct iovec part = { header, sizeof *header };
  int all_fds[SYS_MESSAGE_MAX_FDS + 1];
  KVOL_AUTO_FD memfd = store_in_memfd (boxed, header->body_size, error);

  if (memfd < 0)
    return FALSE;
  if (n_fds > 0)
    memcpy (all_fds, fds, sizeof (int) * n_fds);
  all_fds[n_fds] = memfd;
  return send_packet (socket_fd, &part, 1, all_fds, n_fds + 1, error);
}

gboolean
sys_message_send (int socket_fd, guint32 kind, GVariant *body, const int *fds, guint n_fds, GError **error)
{
  g_autoptr (GVariant) boxed = g_variant_ref_sink (g_variant_new_variant (body));
  Header header = { FORMAT, kind, g_variant_get_size (boxed) };

  g_assert (n_fds <= SYS_MESSAGE_MAX_FDS);
  if (header.body_size > BODY_MAX)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                   "a message of %" G_GUINT64_FORMAT " bytes is too large; %d is the limit", header.body_size,
                   BODY_MAX);
      return FALSE;
    }
  if (header.body_size > INLINE_MAX)
    return send_large (socket_fd, &header, boxed, fds, n_fds, error);

  g_autoptr (Wiped) bytes = wiped_new (header.body_size);
  struct iovec parts[] = { { &header, sizeof header }, { bytes->data, bytes->size } };

  g_variant_store (boxed, bytes->data);
  return send_packet (socket_fd, parts, G_N_ELEMENTS (parts), fds, n_fds, error);
}

/* ---- receiving ---- */

static gboolean
throw_malformed (GError **error, const char *what)
{
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "what came over the socket is no message: %s", what);
  return FALSE;
}

/* Answers how many descriptors came. The room for them is rounded up, so the kernel may hand over more than were
 * asked for; those are closed, and MSG_CTRUNC says that there were more. */
static guint
take_descriptors (struct msghdr *packet, int fds[SYS_MESSAGE_MAX_FDS + 1])
{
  guint n_fds = 0;

  for (struct cmsghdr *c = CMSG_FIRSTHDR (packet); c != NULL; c = CMSG_NXTHDR (packet, c))
    {
      gboolean has_fds = c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS;
      gsize n = has_fds ? (c->cmsg_len - CMSG_LEN (0)) / sizeof (int) : 0;

      for (gsize i = 0; i < n; i++)
        {
          int fd;

          memcpy (&fd, CMSG_DATA (c) + i * sizeof fd, sizeof fd);
          if (n_fds <= SYS_MESSAGE_MAX_FDS)
            fds[n_fds++] = fd;
          else
            close (fd);
        }
    }
  return n_fds;
}

typedef struct
{
  void *address;
  gsize size;
} Mapping;

static void
mapping_free (gpointer data)
{
  Mapping *self = data;

  munmap (self->address, self->size);
  g_free (self);
}

static GBytes *
map_memfd (int fd, guint64 size, GError **error)
{
  struct stat st;
  int seals = fcntl (fd, F_GET_SEALS);
  Mapping *mapping;
  void *address;

  if (seals < 0 || (seals & SEALS) != SEALS || fstat (fd, &st) < 0 || (guint64) st.st_size != size)
    {
      throw_malformed (error, "its body is not in a sealed memfd of the size it says");
      return NULL;
    }
  /* Private, because kernels before 6.7 refuse any shared mapping of what is sealed against writing. */
  address = mmap (NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED)
    {
      sys_throw (error, "read a message of %" G_GUINT64_FORMAT " bytes", size);
      return NULL;
    }
  mapping = g_new (Mapping, 1);
  *mapping = (Mapping){ address, size };
  return g_bytes_new_with_free_func (address, size, mapping_free, mapping);
}

static GBytes *
copy_inline (const guint8 *data, gsize size)
{
  Wiped *bytes = wiped_new (size);

  memcpy (bytes->data, data, size);
  return g_bytes_new_with_free_func (bytes->data, size, wiped_free, bytes);
}

/* @memfd: where a large body is, else -1. */
static GBytes *
get_body (const Header *header, const guint8 *data, gsize size, int memfd, GError **error)
{
  if (header->body_size > BODY_MAX)
    throw_malformed (error, "its body is too large");
  else if (header->body_size > INLINE_MAX)
    {
      if (size == 0 && memfd >= 0)
        return map_memfd (memfd, header->body_size, error);
      throw_malformed (error, "its large body is missing");
    }
  else if (header->body_size != size || memfd >= 0)
    throw_malformed (error, "its size is not what it says");
  else
    return copy_inline (data, size);
  return NULL;
}

static gboolean
parse (const guint8 *packet, gsize size, int fds[SYS_MESSAGE_MAX_FDS + 1], guint n_fds, SysMessage *ret_message,
       GError **error)
{
  g_auto (SysMessage) message = { .n_fds = MIN (n_fds, SYS_MESSAGE_MAX_FDS) };
  KVOL_AUTO_FD last = n_fds > SYS_MESSAGE_MAX_FDS ? fds[SYS_MESSAGE_MAX_FDS] : -1;
  Header header = { 0 };

  if (n_fds > 0)
    memcpy (message.fds, fds, sizeof (int) * message.n_fds);
  if (size < sizeof header)
    return throw_malformed (error, "it is too short");
  memcpy (&header, packet, sizeof header);
  if (header.format != FORMAT)
    return throw_malformed (error, "it has another format");
  if (header.body_size > INLINE_MAX && last < 0 && message.n_fds > 0)
    last = g_steal_fd (&message.fds[--message.n_fds]);

  g_autoptr (GBytes) bytes = get_body (&header, packet + sizeof header, size - sizeof header, last, error);

  if (bytes == NULL)
    return FALSE;

  g_autoptr (GVariant) boxed = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARIANT, bytes, FALSE));

  if (!g_variant_is_normal_form (boxed))
    return throw_malformed (error, "its body is not in normal form");
  message.kind = header.kind;
  message.body = g_variant_get_variant (boxed);
  *ret_message = message;
  message = (SysMessage){ 0 };
  return TRUE;
}

gboolean
sys_message_receive (int socket_fd, gint64 deadline_usec, GCancellable *cancellable, SysMessage *ret_message,
                     GError **error)
{
  g_autoptr (Wiped) bytes = NULL;
  Control control = { 0 };
  struct msghdr packet = { .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
  int fds[SYS_MESSAGE_MAX_FDS + 1];
  int ready = sys_await (&socket_fd, 1, deadline_usec, cancellable, error);
  struct iovec part;
  gssize size;
  guint n_fds;

  if (ready < 0)
    return FALSE;
  if (ready == 0)
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "the other end of the socket does not answer");
      return FALSE;
    }

  bytes = wiped_new (PACKET_MAX);
  part = (struct iovec){ bytes->data, bytes->size };
  packet.msg_iov = &part;
  packet.msg_iovlen = 1;
  size = TEMP_FAILURE_RETRY (recvmsg (socket_fd, &packet, MSG_CMSG_CLOEXEC | MSG_DONTWAIT));
  if (size < 0 && errno != ECONNRESET)
    return sys_throw (error, "receive a message");
  if (size <= 0)
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "the other end of the socket is gone");
      return FALSE;
    }

  n_fds = take_descriptors (&packet, fds);
  if (packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
    {
      for (guint i = 0; i < n_fds; i++)
        close (fds[i]);
      return throw_malformed (error, "it is too large");
    }
  /* What came is wiped whole; how much that is counts, not the room there was. */
  bytes->size = (gsize) size;
  return parse (bytes->data, bytes->size, fds, n_fds, ret_message, error);
}
