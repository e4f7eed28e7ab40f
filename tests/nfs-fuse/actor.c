/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/actor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#define TEXT "some text\n"
#define OWNER 4711
#define STRANGER 4712
#define TEAM 5711

static const struct
{
  const char *name;
  uid_t uid;
  gid_t gid;
} actors[ACTORS] = {
  [ACTOR_STRANGER] = { "a stranger of its group", STRANGER, STRANGER },
  [ACTOR_OWNER] = { "its owner", OWNER, OWNER },
  [ACTOR_ROOT] = { "root", 0, 0 },
  [ACTOR_BARE] = { "root without capabilities", 0, 0 },
};

const char *
actor_get_name (Actor self)
{
  return actors[self].name;
}

int
actor_write (int fd)
{
  return write (fd, TEXT, strlen (TEXT)) == (gssize) strlen (TEXT) ? 0 : errno;
}

int
actor_write_often (int fd)
{
  int failure = 0;

  for (guint i = 0; i < ACTOR_OFTEN && failure == 0; i++)
    failure = actor_write (fd);
  return failure;
}

void
actor_make_file (const char *directory, mode_t mode)
{
  g_autofree char *path = g_build_filename (directory, ACTOR_FILE, NULL);
  KVOL_AUTO_FD fd = -1;

  assert_int_equal (mkdir (directory, 0777), 0);
  assert_int_equal (chmod (directory, 0777), 0);
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  assert_true (fd >= 0);
  assert_int_equal (write (fd, TEXT TEXT, strlen (TEXT TEXT)), strlen (TEXT TEXT));
  assert_int_equal (fchown (fd, OWNER, TEAM), 0);
  assert_int_equal (fchmod (fd, mode), 0);
}

/* Nothing but the mode, so that nothing else that has changed makes the kernel ask. */
static mode_t
look (void)
{
  struct statx status;

  return statx (AT_FDCWD, ACTOR_FILE, 0, STATX_MODE, &status) == 0 ? status.stx_mode & 07777 : 0;
}

gboolean
actor_keep_bits (gboolean keeps)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[2];

  if (syscall (SYS_capget, &header, data) != 0)
    return FALSE;
  data[0].effective &= ~(1u << CAP_FSETID);
  if (keeps)
    data[0].effective |= 1u << CAP_FSETID;
  return syscall (SYS_capset, &header, data) == 0;
}

static gboolean
become (Actor actor)
{
  const gid_t groups[] = { TEAM, ACTOR_CLUB };
  const uid_t uid = actors[actor].uid;
  const gid_t gid = actors[actor].gid;

  if (uid == 0)
    return actor != ACTOR_BARE || actor_keep_bits (FALSE);
  return setgroups (G_N_ELEMENTS (groups), groups) == 0 && setresgid (gid, gid, gid) == 0
         && setresuid (uid, uid, uid) == 0;
}

static ActorOutcome
act (int flags, ActorDeed deed)
{
  ActorOutcome ret = { 0 };
  int fd = open (ACTOR_FILE, flags | O_CLOEXEC);

  ret.failure = fd < 0 ? errno : deed (fd);
  ret.at_once = look ();
  if (fd >= 0)
    close (fd);
  ret.when_closed = look ();
  return ret;
}

ActorOutcome
actor_do (Actor self, const char *directory, int flags, ActorDeed deed)
{
  ActorOutcome *shared = mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ActorOutcome ret;
  pid_t child;
  int status;

  assert_true (shared != MAP_FAILED);
  child = fork ();
  if (child == 0)
    {
      if (chdir (directory) != 0 || !become (self))
        _exit (1);
      *shared = act (flags, deed);
      _exit (0);
    }
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_int_equal (status, 0);
  ret = *shared;
  munmap (shared, sizeof *shared);
  return ret;
}
