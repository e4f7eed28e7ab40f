/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree belongs to somebody who may be hostile and at work: directories become links, move, vanish. So each one
 * is opened by its single name in the directory that holds it (openat2: beneath, no link, no other mount), and
 * everything else happens relative to that descriptor.
 *
 * The way down is a stack on the heap. Its deepest part has descriptors, the rest is parked, but for a few
 * landmarks. Coming back up, the walk goes down again from the last landmark by the names it knows, still beneath,
 * many levels in one call. The obvious way up, "..", leads out of the tree when the directory was moved away in
 * between.
 *
 * A parked directory has lost its place in the listing except for the kernel's cookie. Some file systems count
 * entries for a cookie, and then skip some when others were deleted before; whoever deletes asks to read AGAIN when
 * a directory turns out not to be empty. */
#include "sys/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-macros.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "sys/beneath.h"
#include "sys/call.h"
#include "sys/error.h"

/* Descriptors that one walk holds: the root, the deepest levels, and landmarks, of which every second one is given up
 * when there are too many. */
#define HELD_MAX 24
#define LANDMARKS_MAX 12
/* Names of directories are remembered per listing buffer; below this depth the buffer is small, so that memory stays
 * bounded by the depth and not by what was put into each level. */
#define DEPTH_MAX_WIDE 64
#define BUFFER_WIDE (32 * 1024)
#define BUFFER_DEEP 1024
#define PATH_SHOWN_MAX 1024

#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define OPEN_RESOLVE (SYS_RESOLVE_BENEATH | SYS_RESOLVE_NO_SYMLINKS | SYS_RESOLVE_NO_MAGICLINKS | SYS_RESOLVE_NO_XDEV)

typedef struct
{
  int fd;          /* -1: parked */
  gint64 position; /* where the listing goes on */
  GString *names;  /* directories to go into, each with its NUL; NULL: never had one */
  gsize next;      /* the first of them that is not done; the next frame, if there is one, is this */
  guint passes;
  gboolean is_at_end;
  gboolean is_left;
} Frame;

struct _SysWalk
{
  const SysWalkOps *ops;
  gpointer data;
  GCancellable *cancellable;
  GArray *frames;
  guint first_held; /* the frames from this one on have descriptors, and those whose level is a multiple of */
  guint stride;     /* this */
  guint64 dev;
  char buffer[BUFFER_WIDE] __attribute__ ((aligned (__alignof__(struct dirent64))));
};

static void
frame_clear (gpointer data)
{
  Frame *frame = data;

  kvol_clear_fd (&frame->fd);
  if (frame->names != NULL)
    g_string_free (frame->names, TRUE);
}

static Frame *
walk_frame (SysWalk *walk, guint level)
{
  return &g_array_index (walk->frames, Frame, level);
}

static Frame *
walk_top (SysWalk *walk)
{
  return walk_frame (walk, walk->frames->len - 1);
}

/* The name of the directory that the frame at @level is: the one its parent is busy with. */
static const char *
walk_name (SysWalk *walk, guint level)
{
  const Frame *parent = walk_frame (walk, level - 1);

  return parent->names->str + parent->next;
}

/* Takes note of an answer about an entry of @frame that was not STOP. */
static gboolean
walk_note (Frame *frame, SysWalkAnswer answer)
{
  frame->is_left |= answer == SYS_WALK_LEFT;
  return answer != SYS_WALK_STOP;
}

static void
walk_push (SysWalk *walk, int fd)
{
  Frame frame = { .fd = fd };

  g_array_append_val (walk->frames, frame);
  if (walk->frames->len - walk->first_held <= HELD_MAX)
    return;

  guint parked = walk->first_held++;

  if (parked % walk->stride != 0)
    kvol_clear_fd (&walk_frame (walk, parked)->fd);
  else if (parked / walk->stride > LANDMARKS_MAX)
    {
      for (guint level = walk->stride; level <= parked; level += 2 * walk->stride)
        kvol_clear_fd (&walk_frame (walk, level)->fd);
      walk->stride *= 2;
    }
}

/* Takes the frames from @level on off the stack; their parent is done with that name. */
static void
walk_pop (SysWalk *walk, guint level)
{
  g_array_set_size (walk->frames, level);
  walk->first_held = MIN (walk->first_held, MAX (level, 1));
  if (level > 0)
    walk_top (walk)->next += strlen (walk_name (walk, level)) + 1;
}

/* Tells that the directory @name in the frame on top cannot be gone into, or that itself (NULL) cannot be read. */
static gboolean
walk_refuse (SysWalk *walk, const char *name, int errsv, GError **error)
{
  Frame *top = walk_top (walk);
  SysWalkEntry entry = { .dir_fd = top->fd, .name = name, .fd = -1, .type = DT_DIR };

  if (name == NULL)
    {
      entry.dir_fd = -1;
      entry.fd = top->fd;
    }
  errno = errsv;
  return walk_note (top, walk->ops->refused (walk, &entry, walk->data, error));
}

/* Goes into the next directory that the frame on top remembers. */
static gboolean
walk_descend (SysWalk *walk, GError **error)
{
  Frame *top = walk_top (walk);
  const char *name = walk_name (walk, walk->frames->len);
  int fd = sys_openat2 (top->fd, name, OPEN_FLAGS, 0, OPEN_RESOLVE);

  if (fd >= 0)
    {
      walk_push (walk, fd);
      return TRUE;
    }
  if (!walk_refuse (walk, name, errno, error))
    return FALSE;
  top->next += strlen (name) + 1;
  return TRUE;
}

/* Opens the directory of frame @to from that of frame @from, or of the farthest one before it that a path of PATH_MAX
 * reaches; @to is set to it. */
static int
walk_open_span (SysWalk *walk, guint from, guint *to)
{
  g_autoptr (GString) path = g_string_new (walk_name (walk, from + 1));
  guint level = from + 1;

  while (level < *to && path->len + 1 + strlen (walk_name (walk, level + 1)) < PATH_MAX)
    {
      g_string_append_c (path, '/');
      g_string_append (path, walk_name (walk, ++level));
    }
  *to = level;
  return sys_openat2 (walk_frame (walk, from)->fd, path->str, OPEN_FLAGS, 0, OPEN_RESOLVE);
}

/* Opens the frame at @level and those before it again. When one is not there any more, it and everything below it are
 * given up, and the frame before it, which is open, is on top: its refused() decides what that means. */
static gboolean
walk_unpark (SysWalk *walk, guint level, GError **error)
{
  guint start = level < HELD_MAX ? 1 : level - HELD_MAX + 1;
  guint at = start - 1, reach = G_MAXUINT;

  while (walk_frame (walk, at)->fd < 0)
    at--;
  while (at < level)
    {
      guint to = MIN (at < start ? start : at + 1, reach);
      gboolean is_open = walk_frame (walk, to)->fd >= 0;
      int fd = is_open ? -1 : walk_open_span (walk, at, &to);

      if (fd < 0 && !is_open && to > at + 1)
        {
          /* One on the way is gone: come closer until it is known which. */
          reach = at + (to - at) / 2;
          continue;
        }
      if (fd < 0 && !is_open)
        {
          int errsv = errno;
          g_autofree char *name = g_strdup (walk_name (walk, at + 1));

          walk->first_held = at < start ? MAX (at, 1) : start;
          walk_pop (walk, at + 1);
          return walk_refuse (walk, name, errsv, error);
        }
      if (at < start && at % walk->stride != 0)
        kvol_clear_fd (&walk_frame (walk, at)->fd);
      at = to;
      reach = G_MAXUINT;
      if (is_open)
        continue;
      walk_frame (walk, at)->fd = fd;
      lseek64 (fd, walk_frame (walk, at)->position, SEEK_SET);
    }
  walk->first_held = start;
  return TRUE;
}

/* What kind of entry it is, for file systems whose listing does not say. One that vanished is nobody's concern. */
static guint8
walk_type_of (const Frame *frame, const struct dirent64 *found)
{
  struct stat st;

  if (found->d_type != DT_UNKNOWN)
    return found->d_type;
  if (fstatat (frame->fd, found->d_name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
    return DT_REG;
  return IFTODT (st.st_mode);
}

/* Asks about one entry of the frame on top; a directory that is to be gone into is remembered. */
static gboolean
walk_see (SysWalk *walk, const struct dirent64 *found, GError **error)
{
  Frame *top = walk_top (walk);
  const SysWalkEntry entry = {
    .dir_fd = top->fd, .name = found->d_name, .fd = -1, .ino = found->d_ino, .type = walk_type_of (top, found)
  };

  if (g_str_equal (entry.name, ".") || g_str_equal (entry.name, ".."))
    return TRUE;

  SysWalkAnswer answer = walk->ops->entry (walk, &entry, walk->data, error);

  if (answer == SYS_WALK_INTO)
    {
      if (top->names == NULL)
        top->names = g_string_new (NULL);
      g_string_append_len (top->names, entry.name, strlen (entry.name) + 1);
    }
  return walk_note (top, answer);
}

/* Reads the next buffer of the frame on top. */
static gboolean
walk_list (SysWalk *walk, GError **error)
{
  Frame *top = walk_top (walk);
  gsize size = walk->frames->len < DEPTH_MAX_WIDE ? BUFFER_WIDE : BUFFER_DEEP;

  if (g_cancellable_set_error_if_cancelled (walk->cancellable, error))
    return FALSE;
  if (top->names != NULL)
    g_string_truncate (top->names, 0);
  top->next = 0;

  ssize_t length = getdents64 (top->fd, walk->buffer, size);

  /* ENOENT: it was removed while it was open. */
  top->is_at_end = length <= 0;
  if (length < 0 && errno != ENOENT)
    return walk_refuse (walk, NULL, errno, error);

  for (ssize_t offset = 0; offset < length;)
    {
      const struct dirent64 *found = (const struct dirent64 *) (walk->buffer + offset);

      top->position = found->d_off;
      offset += found->d_reclen;
      if (!walk_see (walk, found, error))
        return FALSE;
    }
  return TRUE;
}

/* Takes leave of the frame on top. Its parent's descriptor is there. */
static gboolean
walk_leave (SysWalk *walk, GError **error)
{
  guint level = walk->frames->len - 1;
  Frame *top = walk_top (walk);
  SysWalkAnswer answer = top->is_left ? SYS_WALK_LEFT : SYS_WALK_ON;

  top->passes++;
  if (walk->ops->leave != NULL)
    {
      const SysWalkEntry entry = {
        .dir_fd = level > 0 ? walk_frame (walk, level - 1)->fd : -1,
        .name = level > 0 ? walk_name (walk, level) : NULL,
        .fd = top->fd,
        .type = DT_DIR,
        .is_left = top->is_left,
        .passes = top->passes,
      };

      answer = walk->ops->leave (walk, &entry, walk->data, error);
    }
  if (answer == SYS_WALK_AGAIN)
    {
      top->is_at_end = FALSE;
      lseek (top->fd, 0, SEEK_SET);
      return TRUE;
    }
  walk_pop (walk, level);
  return level > 0 ? walk_note (walk_top (walk), answer) : answer != SYS_WALK_STOP;
}

static gboolean
walk_run (SysWalk *walk, GError **error)
{
  while (walk->frames->len > 0)
    {
      Frame *top = walk_top (walk);
      guint level = walk->frames->len - 1;
      gboolean is_done = top->names == NULL || top->next == top->names->len;
      gboolean ok;

      if (!is_done)
        ok = walk_descend (walk, error);
      else if (!top->is_at_end)
        ok = walk_list (walk, error);
      else if (level > 0 && walk_frame (walk, level - 1)->fd < 0)
        ok = walk_unpark (walk, level - 1, error);
      else
        ok = walk_leave (walk, error);
      if (!ok)
        return FALSE;
    }
  return TRUE;
}

gboolean
sys_walk (int dir_fd, const SysWalkOps *ops, gpointer data, GCancellable *cancellable, GError **error)
{
  g_autofree SysWalk *walk = g_malloc (sizeof (SysWalk));
  g_autoptr (GArray) frames = g_array_new (FALSE, FALSE, sizeof (Frame));
  struct stat st;
  /* "." of a descriptor is never what was mounted over it since. */
  int fd = openat (dir_fd, ".", OPEN_FLAGS);

  if (fd < 0 || fstat (fd, &st) < 0)
    {
      sys_throw (error, "open the directory");
      kvol_clear_fd (&fd);
      return FALSE;
    }
  g_array_set_clear_func (frames, frame_clear);
  walk->ops = ops;
  walk->data = data;
  walk->cancellable = cancellable;
  walk->frames = frames;
  walk->first_held = 1;
  walk->stride = HELD_MAX;
  walk->dev = st.st_dev;
  walk_push (walk, fd);
  return walk_run (walk, error);
}

int
sys_walk_stat (SysWalk *walk, const SysWalkEntry *entry, struct stat *ret)
{
  SysStatx more;

  if (fstatat (entry->dir_fd, entry->name, ret, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
    return -1;
  /* The listing names the inode below a mount. When it is the same inode no mount matters; when it is not (a mount,
   * or a file system with several devices or made-up numbers), the kernel is asked. */
  if (ret->st_ino == entry->ino && ret->st_dev == walk->dev)
    return 0;
  if (sys_call_statx (entry->dir_fd, entry->name, SYS_CALL_NO_FOLLOW | SYS_CALL_NO_AUTOMOUNT, 0, &more) < 0)
    return -1;
  if (more.attributes & SYS_STATX_ATTR_MOUNT_ROOT)
    {
      errno = EXDEV;
      return -1;
    }
  return 0;
}

char *
sys_walk_dup_path (SysWalk *walk, const SysWalkEntry *entry)
{
  g_autoptr (GString) path = g_string_new (NULL);

  for (guint level = 1; level < walk->frames->len; level++)
    g_string_append_printf (path, "%s%s", level > 1 ? "/" : "", walk_name (walk, level));
  /* In leave() the entry is the frame on top. */
  if (entry->fd < 0)
    g_string_append_printf (path, "%s%s", path->len > 0 ? "/" : "", entry->name);
  if (path->len == 0)
    return g_strdup (".");
  if (path->len > PATH_SHOWN_MAX)
    {
      g_string_erase (path, 0, path->len - PATH_SHOWN_MAX);
      g_string_prepend (path, "...");
    }

  g_autofree char *shown = g_utf8_make_valid (path->str, path->len);

  for (char *at = shown; *at != '\0'; at = g_utf8_next_char (at))
    if (g_ascii_iscntrl (*at))
      *at = '?';
  return g_steal_pointer (&shown);
}
