/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An ordinary user's volume: the agent is root in a user namespace that knows one user, and the NFS server is somebody
 * else's. The test's server takes real root, so that is started first, and what is tested is a child that is an
 * ordinary user from then on. */
#include "nfs-fuse-ground.h"
#include "support/built.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#define USER 4711
#define FUSE_DEVICE makedev (10, 229)

static gboolean
write_string (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gboolean done = fd >= 0 && write (fd, text, strlen (text)) == (ssize_t) strlen (text);

  if (fd >= 0)
    close (fd);
  return done;
}

/* As most machines have it: for everybody. */
static void
open_fuse_for_all (void)
{
  g_autofree char *dir = scratch_dir ("dev");
  g_autofree char *fuse = g_build_filename (dir, "fuse", NULL);

  assert_int_equal (mknod (fuse, S_IFCHR | 0666, FUSE_DEVICE), 0);
  assert_int_equal (chmod (fuse, 0666), 0);
  assert_int_equal (mount (fuse, "/dev/fuse", NULL, MS_BIND, NULL), 0);
}

/* Where the user's own files are to be. */
static void
open_scratch_for_all (const Ground *self)
{
  g_autofree char *place = g_path_get_dirname (self->data);

  assert_int_equal (chmod (place, 0777), 0);
  assert_int_equal (chmod (self->data, 0777), 0);
}

/* FALSE: this machine does not let ordinary users have namespaces. */
static gboolean
become_user (void)
{
  char map[] = "0 " G_STRINGIFY (USER) " 1";

  if (syscall (SYS_setgroups, 0, NULL) < 0 || setresgid (USER, USER, USER) < 0 || setresuid (USER, USER, USER) < 0
      || prctl (PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 || unshare (CLONE_NEWUSER | CLONE_NEWNS) < 0)
    return FALSE;
  return write_string ("/proc/self/setgroups", "deny") && write_string ("/proc/self/uid_map", map)
         && write_string ("/proc/self/gid_map", map);
}

/* ---- what the user does; runs in the child, and fails by its exit status and a line ---- */

#define NEED(condition)                                                                                                \
  if (!(condition))                                                                                                    \
  return refuse (#condition)

static int
refuse (const char *what)
{
  g_print ("# the user finds no truth in: %s (%s)\n", what, g_strerror (errno));
  return 1;
}

/* The field of /proc/PID/status. */
static char *
get_status (int pid, const char *field)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", pid);
  g_autofree char *start = g_strdup_printf ("\n%s:\t", field);
  g_autofree char *text = NULL;
  const char *at;

  if (!g_file_get_contents (path, &text, NULL, NULL) || (at = strstr (text, start)) == NULL)
    return g_strdup ("");
  at += strlen (start);
  return g_strndup (at, strcspn (at, "\n"));
}

/* No control group may be written by this user, so it is the process itself that has a limit. */
static gboolean
has_memory_limit (int pid)
{
  struct rlimit limit;

  return prlimit (pid, RLIMIT_DATA, NULL, &limit) == 0 && limit.rlim_max <= 1 << 30;
}

static int
use_volume (Ground *self)
{
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autofree char *place = in_pod (self, "web", NULL);
  g_autofree char *file = in_pod (self, "web", "file");
  g_autofree char *on_export = g_build_filename (self->data, "file", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *capabilities = NULL;
  g_autofree char *locked = NULL;
  g_autofree char *filter = NULL;
  g_autoptr (GArray) left = NULL;
  struct statvfs shown;
  struct stat seen;
  int server;

  if (!kvol_manager_sync_pod (self->story->manager, pod, NULL, &error))
    return refuse (error->message);
  server = user_servers_get ();
  capabilities = get_status (server, "CapPrm");
  locked = get_status (server, "NoNewPrivs");
  filter = get_status (server, "Seccomp");
  NEED (g_ascii_strtoull (capabilities, NULL, 16) == 0 || g_str_equal (capabilities, "0000000000000400"));
  NEED (has_memory_limit (server) && getsid (server) == server);
  NEED (g_str_equal (locked, "1") && g_str_equal (filter, "2"));
  NEED (statvfs (place, &shown) == 0 && (shown.f_flag & (ST_NOSUID | ST_NODEV)) == (ST_NOSUID | ST_NODEV));
  NEED (g_file_set_contents (file, "the user's", -1, NULL) && file_has (on_export, "the user's"));
  NEED (stat (file, &seen) == 0 && seen.st_uid == 0 && seen.st_gid == 0);
  NEED (chown (file, 0, 0) == 0);
  story_restart (self->story);
  NEED (file_has (file, "the user's"));
  user_servers_kill ();
  if (!kvol_manager_sync_pod (self->story->manager, pod, NULL, &error))
    return refuse (error->message);
  NEED (file_has (file, "the user's"));
  NEED (kvol_manager_remove_pod (self->story->manager, kvol_pod_get_uid (pod), NULL, NULL));
  left = user_servers_list ();
  NEED (left->len == 0);
  return 0;
}

static int
be_user (Ground *self)
{
  int status;

  if (!become_user ())
    return 77;
  self->story = story_begin ();
  status = use_volume (self);
  if (status == 0)
    story_end (self->story);
  return status;
}

static void
an_ordinary_user_has_volumes_too (void **state)
{
  Ground *self = *state;
  g_autofree char *on_export = g_build_filename (self->data, "file", NULL);
  struct stat made;
  int status;
  pid_t child;

#ifdef __SANITIZE_ADDRESS__
  skip_because ("AddressSanitizer takes more memory than a user's server may have");
#endif
  if (!scratch_is_real_root ())
    skip_because ("the server opens files by their handles, which takes real root");
  open_fuse_for_all ();
  open_scratch_for_all (self);
  child = fork ();
  if (child == 0)
    _exit (be_user (self));
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFEXITED (status));
  assert_int_equal (umount2 ("/dev/fuse", MNT_DETACH), 0);
  /* The child has put down what it found, in a namespace with mounts of its own, where this one's were. */
  scratch_mark ();
  if (WEXITSTATUS (status) == 77)
    skip_because ("ordinary users may not have namespaces here");
  assert_int_equal (WEXITSTATUS (status), 0);
  /* Root of the user's namespace is the user to the server. */
  assert_int_equal (stat (on_export, &made), 0);
  assert_int_equal (made.st_uid, USER);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    ON_GROUND (an_ordinary_user_has_volumes_too),
  };

  if (!ground_begin ())
    return 0;
  if (scratch_is_real_root ())
    built_open_for_all ();
  return cmocka_run_group_tests_name ("an ordinary user's NFS", tests, NULL, NULL);
}
