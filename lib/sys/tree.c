/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Until a tree is hung nobody but the holder of its descriptor sees it, so it never shows with weaker flags than it
 * shall have, and closing the descriptor is all there is to undo. */
#include "sys/tree.h"

#include <errno.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <string.h>
#include <unistd.h>

#include "sys/beneath.h"
#include "sys/call.h"
#include "sys/error.h"

/* Volumes are other people's: no set-id program and no device node in one has any effect on this machine. */
#define VOLUME_ATTRIBUTES (SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NODEV)

/* The kernel keeps at most this many messages for a context. */
#define MESSAGES_MAX 8

/* What the kernel has to say about the context: each read is one message, "e tmpfs: Bad value for 'size'" (e, w or i:
 * error, warning, information). NULL when it says nothing. */
static char *
read_messages (int context_fd)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char message[1024];

  for (unsigned i = 0; i < MESSAGES_MAX; i++)
    {
      ssize_t length = read (context_fd, message, sizeof message - 1);

      if (length <= 0)
        break;
      message[length] = '\0';
      g_strchomp (message);
      if (length > 2 && message[1] == ' ' && message[0] != 'i')
        g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", message + 2);
    }
  return text->len > 0 ? g_utf8_make_valid (text->str, -1) : NULL;
}

/* sys_throw() for a file system context. What the kernel does not accept, only the one who asked for it can change. */
static gboolean
throw_context (GError **error, int context_fd, const char *act, const char *fs_type)
{
  int number = errno;
  g_autofree char *words = read_messages (context_fd);
  g_autoptr (GError) plain = NULL;

  errno = number;
  sys_throw (&plain, "%s a %s", act, fs_type);
  if (number == EINVAL)
    plain->code = KVOL_ERROR_INVALID_SPEC;
  if (words != NULL)
    g_set_error (error, KVOL_ERROR, plain->code, "%s a %s: %s", act, fs_type, words);
  else
    g_propagate_error (error, g_steal_pointer (&plain));
  errno = number;
  return FALSE;
}

/* Values are not named in errors: some are secrets. */
static gboolean
set_option (int context_fd, const char *fs_type, const char *option, GError **error)
{
  const char *equals = strchr (option, '=');
  g_autofree char *key = equals != NULL ? g_strndup (option, (gsize) (equals - option)) : g_strdup (option);
  int result = equals != NULL ? sys_call_fsconfig (context_fd, SYS_FSCONFIG_SET_STRING, key, equals + 1, 0)
                              : sys_call_fsconfig (context_fd, SYS_FSCONFIG_SET_FLAG, key, NULL, 0);

  g_autofree char *act = NULL;

  if (result == 0)
    return TRUE;
  act = g_strdup_printf ("set option \"%s\" of", key);
  return throw_context (error, context_fd, act, fs_type);
}

int
sys_tree_create (const char *fs_type, const char *source, const char *const *options, GError **error)
{
  KVOL_AUTO_FD context = sys_call_fsopen (fs_type, SYS_FSOPEN_CLOEXEC);

  if (context < 0)
    return sys_throw_fd (error, "find file system type \"%s\" in the kernel", fs_type);
  if (source != NULL && sys_call_fsconfig (context, SYS_FSCONFIG_SET_STRING, "source", source, 0) < 0)
    {
      throw_context (error, context, "set the source of", fs_type);
      return -1;
    }
  for (gsize i = 0; options != NULL && options[i] != NULL; i++)
    if (!set_option (context, fs_type, options[i], error))
      return -1;
  if (sys_call_fsconfig (context, SYS_FSCONFIG_CREATE, NULL, NULL, 0) < 0)
    {
      throw_context (error, context, "create", fs_type);
      return -1;
    }

  int tree = sys_call_fsmount (context, SYS_FSMOUNT_CLOEXEC, VOLUME_ATTRIBUTES);

  if (tree < 0)
    throw_context (error, context, "mount", fs_type);
  return tree;
}

static int
copy_fd (int fd, unsigned depth, GError **error)
{
  int tree = sys_call_open_tree (fd, "", SYS_OPEN_TREE_CLONE | SYS_OPEN_TREE_CLOEXEC | depth);

  return tree >= 0 ? tree : sys_throw_fd (error, "make a bind mount");
}

int
sys_tree_copy (int fd, GError **error)
{
  return copy_fd (fd, SYS_CALL_EMPTY_PATH, error);
}

static int
clone_fd (int fd, gboolean recursive, GError **error)
{
  const unsigned depth = SYS_CALL_EMPTY_PATH | (recursive ? SYS_CALL_RECURSIVE : 0);
  const SysMountAttr attr = { .set = VOLUME_ATTRIBUTES };
  KVOL_AUTO_FD tree = copy_fd (fd, depth, error);

  if (tree < 0)
    return -1;
  if (sys_call_mount_setattr (tree, "", depth, &attr) < 0)
    return sys_throw_fd (error, "make a bind mount nosuid and nodev");
  return g_steal_fd (&tree);
}

int
sys_tree_clone (int dir_fd, const char *path, gboolean recursive, GError **error)
{
  if (*path == '\0')
    return clone_fd (dir_fd, recursive, error);

  /* open_tree has no way to stay beneath, so the path is resolved first and only once. */
  KVOL_AUTO_FD fd = sys_open_beneath (dir_fd, path, O_PATH, 0, SYS_BENEATH_DEFAULT, error);

  return fd >= 0 ? clone_fd (fd, recursive, error) : -1;
}

gboolean
sys_tree_set_read_only (int tree_fd, GError **error)
{
  const SysMountAttr attr = { .set = SYS_MOUNT_ATTR_READ_ONLY };

  if (sys_call_mount_setattr (tree_fd, "", SYS_CALL_EMPTY_PATH | SYS_CALL_RECURSIVE, &attr) < 0)
    return sys_throw (error, "make a mount read-only");
  return TRUE;
}

gboolean
sys_tree_hang (int tree_fd, int target_fd, GError **error)
{
  if (sys_call_move_mount (tree_fd, "", target_fd, "", SYS_MOVE_MOUNT_FROM_EMPTY_PATH | SYS_MOVE_MOUNT_TO_EMPTY_PATH)
      < 0)
    return sys_throw (error, "hang a mount in its place");
  return TRUE;
}

/* What the kernel says to a tmpfs with noswap that is attached nowhere: yes, no, or something that is no answer. */
typedef enum
{
  NOSWAP_UNKNOWN,
  NOSWAP_YES,
  NOSWAP_NO,
} Noswap;

static Noswap
probe_noswap (void)
{
  KVOL_AUTO_FD context = sys_call_fsopen ("tmpfs", SYS_FSOPEN_CLOEXEC);

  if (context < 0)
    return NOSWAP_UNKNOWN;
  if (sys_call_fsconfig (context, SYS_FSCONFIG_SET_FLAG, "noswap", NULL, 0) == 0
      && sys_call_fsconfig (context, SYS_FSCONFIG_CREATE, NULL, NULL, 0) == 0)
    return NOSWAP_YES;
  return errno == EINVAL ? NOSWAP_NO : NOSWAP_UNKNOWN;
}

gboolean
sys_tree_has_noswap (void)
{
  static int probed_once = NOSWAP_UNKNOWN;
  int answer = g_atomic_int_get (&probed_once);

  /* A moment without memory or a free descriptor is not remembered: secrets would go to swap from then on. */
  if (answer == NOSWAP_UNKNOWN)
    {
      answer = probe_noswap ();
      g_atomic_int_set (&probed_once, answer);
    }
  return answer == NOSWAP_YES;
}
