/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server's cookies are the kernel's offsets, so a place in a directory means the same after whatever else was read
 * or changed, and in another open directory. The kernel takes a page at a time, the server gives many: what is left of
 * an answer is kept for the next request that goes on where the last one ended.
 *
 * A name that can be none ("a/b", or of no length) would make the kernel refuse the whole directory. It is left out,
 * and its cookie is kept: the directory goes on behind it.
 *
 * Cookies that lead back to where a reader has been would keep him for ever. Such a directory ends with ELOOP, as it
 * does with Linux's own client. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <syslog.h>

#include "operations.h"
#include "rights.h"
#include "turn.h"

/* What is asked of the server at once. */
#define ANSWER_SIZE (64u * 1024)
#define NAMES_SIZE (16u * 1024)
/* As many as an answer of that size can hold. What a server says beyond is not kept, but asked for again. */
#define ENTRIES_MAX (ANSWER_SIZE / 32)

typedef struct
{
  char *name;
  guint64 cookie;
  guint64 fileid;
  gboolean hidden;  /* the name is none, and is not kept */
  gboolean known;   /* the rest is there */
  gboolean counted; /* the kernel has been given its node */
  fattr3 attributes;
  char handle[NFS3_FHSIZE];
  guint length;
} Entry;

/* A reader may still be at it when the kernel, which has its answer, closes it. */
typedef struct
{
  gatomicrefcount refs;
  Identity *identity;
  GMutex lock;
  guint64 begin;    /* the cookie before the first of them */
  GArray *entries;  /* of Entry */
  gboolean end;     /* nothing comes after them */
  guint64 told;     /* the cookie of the last one that the kernel was told, or where it asked, */
  guint next;       /* and the one behind it */
  guint64 landmark; /* where an earlier answer began */
  guint passed;     /* so many began since */
  guint stride;     /* after so many a new landmark is set up */
  gint64 asked;     /* when they were asked for */
  char verifier[NFS3_COOKIEVERFSIZE];
} Directory;

static void
entry_clear (gpointer data)
{
  g_free (((Entry *) data)->name);
}

static Directory *
get_directory (const struct fuse_file_info *info)
{
  return (Directory *) (gpointer) info->fh;
}

static void
directory_unref (gpointer data)
{
  Directory *self = data;

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  identity_unref (self->identity);
  g_array_unref (self->entries);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Takes @identity. */
static void
reply_opened (fuse_req_t req, Identity *identity, struct fuse_file_info *info)
{
  Directory *self = g_new0 (Directory, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->identity = identity;
  self->entries = g_array_new (FALSE, TRUE, sizeof (Entry));
  g_array_set_clear_func (self->entries, entry_clear);
  info->fh = (guint64) (gpointer) self;
  if (fuse_reply_open (req, info) != 0)
    directory_unref (self);
}

static void
take_rights (Call *self, int failure, gpointer result)
{
  const ACCESS3res *res = result;
  struct fuse_file_info info = { .flags = self->flags };

  if (failure == 0 && !rights_to_open (loop_get_volume (self->loop), self->flags, res->ACCESS3res_u.resok.access))
    failure = EACCES;
  if (failure != 0 || self->req == NULL)
    {
      call_reply_error (self, failure);
      return;
    }
  reply_opened (self->req, identity_ref (self->identity), &info);
  call_free (self);
}

void
directory_open (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
  Volume *volume = fuse_req_userdata (req);
  Call *call;

  if (!volume->settings->server_judges)
    {
      reply_opened (req, identity_remember (loop_get_identities (volume_get_loop (volume)), req), info);
      return;
    }
  call = call_new (req, volume_get_node (volume, ino), NULL);
  call->flags = info->flags;
  call_ask (call, rights_ask, take_rights);
}

void
directory_release (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
  directory_unref (get_directory (info));
  fuse_reply_err (req, 0);
}

/* Removals and creations are lasting when the server answers. */
void
directory_fsync (fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *info)
{
  fuse_reply_err (req, 0);
}

/* ---- the answer of the server ---- */

static gboolean
is_name (const char *name)
{
  const gsize length = strlen (name);

  return length > 0 && length <= NAME_MAX && strchr (name, '/') == NULL;
}

static void
say_bad_name (Volume *volume, const char *name)
{
  g_autofree char *text = NULL;

  if (!g_atomic_int_compare_and_exchange (&volume->bad_names, FALSE, TRUE))
    return;
  text = g_strescape (name, NULL);
  syslog (LOG_WARNING, "the server lists \"%.64s\", which can be no name: such are left out", text);
}

/* 0 would be taken for an entry that has been removed. */
static void
number_entry (Entry *self)
{
  if (self->known && self->attributes.fileid == 0)
    self->attributes.fileid = node_make_up_number (self->handle, self->length);
  if (self->fileid == 0)
    self->fileid =
        self->known ? self->attributes.fileid : node_make_up_number (self->name, (guint) strlen (self->name));
}

static void
take_entry (Directory *self, const entryplus3 *from)
{
  Entry entry = { .hidden = !is_name (from->name), .cookie = from->cookie, .fileid = from->fileid };
  const nfs_fh3 *handle = &from->name_handle.post_op_fh3_u.handle;

  if (entry.hidden)
    {
      g_array_append_val (self->entries, entry);
      return;
    }
  entry.name = g_strdup (from->name);
  entry.known = from->name_attributes.attributes_follow && from->name_handle.handle_follows && nodes_may_have (handle);
  if (entry.known)
    {
      entry.attributes = from->name_attributes.post_op_attr_u.attributes;
      entry.length = handle->data.data_len;
      memcpy (entry.handle, handle->data.data_val, entry.length);
    }
  number_entry (&entry);
  g_array_append_val (self->entries, entry);
}

static const Entry *
get_last (const Directory *self)
{
  return &g_array_index (self->entries, Entry, self->entries->len - 1);
}

/* FALSE: an entry has the cookie of the beginning. */
static gboolean
take_list (Volume *volume, Directory *self, const READDIRPLUS3resok *ok)
{
  const entryplus3 *at;

  g_array_set_size (self->entries, 0);
  for (at = ok->reply.entries; at != NULL && self->entries->len < ENTRIES_MAX; at = at->nextentry)
    {
      take_entry (self, at);
      if (get_last (self)->hidden)
        say_bad_name (volume, at->name);
      if (at->cookie == 0)
        {
          g_array_set_size (self->entries, 0);
          return FALSE;
        }
    }
  self->end = ok->reply.eof && at == NULL;
  return TRUE;
}

/* Whether an answer that begins at @cookie goes on where the last one ended, and yet has been there: with a landmark
 * that follows at growing distances each circle is seen in the end (Brent). Who seeks may go where he likes. */
static gboolean
goes_in_circles (Directory *self, guint64 cookie)
{
  if (self->entries->len == 0 || cookie != get_last (self)->cookie)
    {
      self->landmark = cookie;
      self->passed = 0;
      self->stride = 1;
      return FALSE;
    }
  if (cookie == self->landmark)
    return TRUE;
  if (++self->passed == self->stride)
    {
      self->landmark = cookie;
      self->passed = 0;
      self->stride *= 2;
    }
  return FALSE;
}

/* 0 or an errno. */
static int
take_answer (Call *self, Directory *directory, const READDIRPLUS3resok *ok)
{
  Volume *volume = loop_get_volume (self->loop);

  if (!goes_in_circles (directory, self->offset) && take_list (volume, directory, ok))
    {
      directory->begin = directory->told = self->offset;
      directory->next = 0;
      directory->asked = (gint64) self->mark;
      memcpy (directory->verifier, ok->cookieverf, NFS3_COOKIEVERFSIZE);
      return 0;
    }
  if (g_atomic_int_compare_and_exchange (&volume->bad_cookies, FALSE, TRUE))
    syslog (LOG_WARNING, "the server lists a directory in circles: such are not read to the end");
  return ELOOP;
}

static int
ask_entries (Call *self, Wire *wire)
{
  READDIRPLUS3args args = {
    .dir = node_handle (self->node), .cookie = self->offset, .dircount = NAMES_SIZE, .maxcount = ANSWER_SIZE
  };

  memcpy (args.cookieverf, &self->verifier, NFS3_COOKIEVERFSIZE);
  self->mark = (guint64) g_get_monotonic_time ();
  return wire_ask (wire, &procedure_readdirplus, &args, self);
}

/* ---- the answer to the kernel: `to_set`, each name comes with what it names ---- */

static gboolean
is_dot (const char *name)
{
  return g_str_equal (name, ".") || g_str_equal (name, "..");
}

/* The node of an entry, with a reference; NULL when the kernel is to be told its name only. What was changed here since
 * the server was asked is not what the entry says any more. */
static Node *
find_node (Call *self, const Entry *entry)
{
  const Directory *directory = self->file;
  nfs_fh3 handle = { { entry->length, (char *) entry->handle } };
  gboolean fresh;
  Node *node;

  if (!entry->known || is_dot (entry->name))
    return NULL;
  node = nodes_get (loop_get_volume (self->loop)->nodes, &handle);
  g_mutex_lock (&node->lock);
  fresh = node->changed < directory->asked;
  g_mutex_unlock (&node->lock);
  if (fresh)
    return node;
  node_unref (node);
  return NULL;
}

/* Adds one entry at @at of the reply; 0 when there is no room for it. */
static gsize
add_plus (Call *self, char *reply, gsize at, Entry *entry)
{
  struct fuse_entry_param param = { .attr = { .st_ino = entry->fileid } };
  Node *node;
  gsize used;

  if (entry->known)
    attributes_to_stat (&entry->attributes, &param.attr);
  used = fuse_add_direntry_plus (self->req, NULL, 0, entry->name, &param, 0);
  if (used > self->size - at)
    return 0;
  node = find_node (self, entry);
  entry->counted = node != NULL;
  if (node != NULL)
    {
      call_fill_entry (self, node, &entry->attributes, &param);
      node_unref (node);
    }
  fuse_add_direntry_plus (self->req, reply + at, self->size - at, entry->name, &param, (off_t) entry->cookie);
  return used;
}

static gsize
add_plain (Call *self, char *reply, gsize at, const Entry *entry)
{
  struct stat attr = { .st_ino = entry->fileid };
  gsize used;

  if (entry->known)
    attributes_to_stat (&entry->attributes, &attr);
  used = fuse_add_direntry (self->req, reply + at, self->size - at, entry->name, &attr, (off_t) entry->cookie);
  return used <= self->size - at ? used : 0;
}

/* The first entry that comes after the cookie; -1: it is not among them. Of several with this cookie it is the last one
 * that counts, so that the way is never back. With the lock held. */
static int
find_entry (const Directory *self, guint64 cookie)
{
  if (self->entries->len > 0 && cookie == self->told)
    return (int) self->next;
  for (guint i = self->entries->len; i-- > 0;)
    if (g_array_index (self->entries, Entry, i).cookie == cookie)
      return (int) i + 1;
  return self->entries->len > 0 && cookie == self->begin ? 0 : -1;
}

/* The kernel has not counted what it was not given. */
static void
forget_reply (Call *self, const Directory *directory, int first, int end)
{
  for (int i = first; self->to_set && i < end; i++)
    {
      const Entry *entry = &g_array_index (directory->entries, Entry, i);
      nfs_fh3 handle = { { entry->length, (char *) entry->handle } };
      Node *node;

      if (!entry->counted)
        continue;
      node = nodes_get (loop_get_volume (self->loop)->nodes, &handle);
      node_forget (node, 1);
      node_unref (node);
    }
}

/* Where the directory goes on, behind names that are none. With the lock held. */
static int
skip_hidden (Call *self, const Directory *directory, int at)
{
  while (at >= 0 && at < (int) directory->entries->len && g_array_index (directory->entries, Entry, at).hidden)
    self->offset = g_array_index (directory->entries, Entry, at++).cookie;
  return at;
}

/* FALSE when the server has to be asked, from `offset`. */
static gboolean
reply_entries (Call *self)
{
  Directory *directory = self->file;
  g_autofree char *reply = NULL;
  gsize at = 0;
  int first;
  int i;

  first = skip_hidden (self, directory, find_entry (directory, self->offset));
  if (first < 0 || (first == (int) directory->entries->len && !directory->end))
    return FALSE;
  reply = g_malloc (self->size);
  for (i = first; i < (int) directory->entries->len; i++)
    {
      Entry *entry = &g_array_index (directory->entries, Entry, i);
      gsize used;

      if (entry->hidden)
        continue;
      used = self->to_set ? add_plus (self, reply, at, entry) : add_plain (self, reply, at, entry);
      if (used == 0)
        break;
      at += used;
      directory->told = entry->cookie;
      directory->next = (guint) i + 1;
    }
  if (fuse_reply_buf (self->req, reply, at) != 0)
    forget_reply (self, directory, first, i);
  return TRUE;
}

static void
take_entries (Call *self, int failure, gpointer result)
{
  READDIRPLUS3res *res = result;
  Directory *directory = self->file;
  const guint64 asked = self->offset;
  gboolean goes_on;
  gboolean done;

  if (failure != 0 || self->req == NULL)
    {
      call_reply_error (self, failure);
      return;
    }
  g_mutex_lock (&directory->lock);
  failure = take_answer (self, directory, &res->READDIRPLUS3res_u.resok);
  done = failure == 0 && directory->entries->len > 0 && reply_entries (self);
  goes_on = failure == 0 && !done && directory->entries->len > 0 && self->offset != asked;
  memcpy (&self->verifier, directory->verifier, NFS3_COOKIEVERFSIZE);
  g_mutex_unlock (&directory->lock);
  if (goes_on)
    turn_ask (self, ask_entries, take_entries);
  else if (failure != 0)
    call_reply_error (self, failure);
  else
    {
      if (!done)
        fuse_reply_buf (self->req, NULL, 0);
      call_free (self);
    }
}

static void
read_entries (fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info, gboolean plus)
{
  Directory *directory = get_directory (info);
  Call *call = call_new (req, volume_get_node (fuse_req_userdata (req), ino), directory->identity);
  gboolean done;

  g_atomic_ref_count_inc (&directory->refs);
  call->file = directory;
  call->file_unref = directory_unref;
  call->offset = (guint64) offset;
  call->size = size;
  call->to_set = plus;
  g_mutex_lock (&directory->lock);
  /* From the beginning means anew: what was rewound is to show what has changed. */
  done = offset != 0 && reply_entries (call);
  if (offset != 0)
    memcpy (&call->verifier, directory->verifier, NFS3_COOKIEVERFSIZE);
  g_mutex_unlock (&directory->lock);
  if (done)
    call_free (call);
  else
    turn_ask (call, ask_entries, take_entries);
}

void
directory_read (fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info)
{
  read_entries (req, ino, size, offset, info, FALSE);
}

void
directory_read_plus (fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info)
{
  read_entries (req, ino, size, offset, info, TRUE);
}
