/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each request carries its user in the call to the server, so the process itself need be nobody: it keeps no
 * capability but the one for a reserved port, becomes the user "nobody" where there is one, never gets a privilege
 * again, and may use those system calls only that serving takes. Files are opened for reading only (the resolver's,
 * and what /proc says of who asks). */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534
/* What may be mapped is a quarter of the node's memory, between these: the least has room for what is kept of writes,
 * and for many of the largest requests at once. */
#define MEMORY_LEAST ((rlim_t) 1 << 30)
#define MEMORY_MOST ((rlim_t) 2 << 30)
/* What may be used. A volume's server is put into a control group that may have so much, or half of the node's memory:
 * who takes more is killed. It may get there after this process has looked, so the number is known here too: it is
 * MEMORY_MAX of lib/sys/server.c. */
#define GROUP_MOST ((rlim_t) 1 << 30)

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

static gboolean
throw_errno (GError **error, const char *what)
{
  const int number = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot %s: %s", what, g_strerror (number));
  return FALSE;
}

static gboolean
set_capabilities (guint32 kept, GError **error)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[2] = { { .effective = kept, .permitted = kept } };

  return syscall (SYS_capset, &header, data) == 0 || throw_errno (error, "give up capabilities");
}

static guint32
get_permitted (void)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[2] = { { 0 } };

  return syscall (SYS_capget, &header, data) == 0 ? data[0].permitted : 0;
}

static gboolean
drop_capabilities (gboolean keep_ports, GError **error)
{
  const guint32 ports = 1u << CAP_NET_BIND_SERVICE;
  guint32 kept = keep_ports ? get_permitted () & ports : 0;

  for (int cap = 0; prctl (PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
    prctl (PR_CAPBSET_DROP, cap, 0, 0, 0);
  prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  /* In a user namespace that has no such user it stays who it is, without a capability. */
  if (geteuid () == 0 && prctl (PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0)
    {
      syscall (SYS_setgroups, 0, NULL);
      if (syscall (SYS_setresgid, NOBODY, NOBODY, NOBODY) == 0)
        syscall (SYS_setresuid, NOBODY, NOBODY, NOBODY);
    }
  return set_capabilities (kept, error);
}

#ifdef ARCHITECTURE

/* What glibc, GLib, libfuse and the resolver use once the server runs. */
static const int allowed[] = {
  SYS_read,
  SYS_write,
  SYS_readv,
  SYS_writev,
  SYS_pread64,
  SYS_pwrite64,
  SYS_fdatasync,
  SYS_flock,
  SYS_eventfd2,
  SYS_close,
  SYS_recvfrom,
  SYS_recvmsg,
  SYS_sendto,
  SYS_sendmsg,
  SYS_sendmmsg,
  SYS_epoll_ctl,
  SYS_epoll_pwait,
  SYS_ppoll,
  SYS_futex,
  SYS_mmap,
  SYS_munmap,
  SYS_mprotect,
  SYS_mremap,
  SYS_madvise,
  SYS_brk,
  SYS_connect,
  SYS_bind,
  SYS_getsockname,
  SYS_getpeername,
  SYS_setsockopt,
  SYS_getsockopt,
  SYS_fcntl,
  SYS_ioctl,
  SYS_newfstatat,
  SYS_fstat,
  SYS_lseek,
  SYS_getdents64,
  SYS_set_robust_list,
  SYS_rseq,
  SYS_rt_sigprocmask,
  SYS_rt_sigaction,
  SYS_rt_sigreturn,
  SYS_sigaltstack,
  SYS_exit,
  SYS_exit_group,
  SYS_gettid,
  SYS_getpid,
  SYS_getuid,
  SYS_geteuid,
  SYS_getgid,
  SYS_getegid,
  SYS_getrandom,
  SYS_clock_gettime,
  SYS_clock_nanosleep,
  SYS_nanosleep,
  SYS_sched_yield,
  SYS_sched_getaffinity,
  SYS_sched_getattr,
  SYS_sched_setattr,
  SYS_uname,
  SYS_restart_syscall,
  SYS_statx,
  SYS_readlinkat,
  SYS_faccessat,
  SYS_prlimit64,
  SYS_set_tid_address,
  SYS_membarrier,
  SYS_gettimeofday,
  SYS_sysinfo,
  SYS_prctl,
  SYS_shutdown,
  SYS_statfs,
  SYS_fstatfs,
  SYS_pipe2,
  SYS_splice,
  SYS_vmsplice,
#ifdef __x86_64__
  SYS_epoll_wait,
  SYS_poll,
  SYS_stat,
  SYS_lstat,
  SYS_readlink,
  SYS_access,
  SYS_time,
#endif
};

/* Threads only, and no namespace. */
#define NEW_NAMESPACES                                                                                                 \
  (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP)

/* One argument decides about these. */
typedef struct
{
  int call;
  guint argument;
  gboolean bits; /* none of the values' bits may be set; else it must be one of the values, up to the first 0 */
  guint32 values[3];
} Rule;

static void
add (GArray *program, struct sock_filter line)
{
  g_array_append_val (program, line);
}

/* With the call's number loaded, which stays so for other calls. */
static void
add_rule (GArray *program, const Rule *rule)
{
  const struct sock_filter refuse = BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  const struct sock_filter allow = BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const guint16 test = BPF_JMP | (rule->bits ? BPF_JSET : BPF_JEQ) | BPF_K;
  guint8 n = 0;

  while (n < G_N_ELEMENTS (rule->values) && rule->values[n] != 0)
    n++;
  add (program,
       (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (guint32) rule->call, 0, (guint8) (2 * n + 2)));
  add (program, (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS,
                                               offsetof (struct seccomp_data, args[0]) + 8 * rule->argument));
  for (guint8 i = 0; i < n; i++)
    {
      add (program, (struct sock_filter) BPF_JUMP (test, rule->values[i], 0, 1));
      add (program, rule->bits ? refuse : allow);
    }
  add (program, rule->bits ? allow : refuse);
}

/* What is neither in the list nor allowed by a rule is answered EPERM. The flags of clone3 cannot be seen here: without
 * it glibc makes its threads by clone. */
static gboolean
filter_calls (GError **error)
{
  const Rule rules[] = {
    { SYS_openat, 2, TRUE, { O_WRONLY | O_RDWR | O_CREAT | O_TRUNC } },
    { SYS_clone, 0, TRUE, { NEW_NAMESPACES } },
    { SYS_socket, 0, FALSE, { AF_INET, AF_INET6, AF_UNIX } },
    { SYS_tgkill, 0, FALSE, { (guint32) getpid () } },
  };
  g_autoptr (GArray) program = g_array_new (FALSE, FALSE, sizeof (struct sock_filter));
  struct sock_fprog filter;

  add (program, (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, arch)));
  add (program, (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
  add (program, (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  add (program, (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)));
  for (gsize i = 0; i < G_N_ELEMENTS (allowed); i++)
    {
      add (program, (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (guint32) allowed[i], 0, 1));
      add (program, (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    add_rule (program, &rules[i]);
  add (program, (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1));
  add (program, (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
  add (program, (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  filter = (struct sock_fprog){ (unsigned short) program->len, (struct sock_filter *) (gpointer) program->data };
  return prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0
         || throw_errno (error, "restrict the system calls");
}

#else

static gboolean
filter_calls (GError **error)
{
  return TRUE;
}

#endif

/* Whatever goes wrong here, and whatever a server sends, must not take the node's memory. AddressSanitizer takes more
 * than there is. */
static gboolean
limit_memory (gsize *ret_memory, GError **error)
{
#ifdef __SANITIZE_ADDRESS__
  *ret_memory = G_MAXSIZE;
#else
  rlim_t quarter = (rlim_t) sysconf (_SC_PHYS_PAGES) / 4 * (rlim_t) sysconf (_SC_PAGESIZE);
  struct rlimit limit;

  if (getrlimit (RLIMIT_DATA, &limit) != 0)
    return throw_errno (error, "read the limit of memory");
  /* Whoever starts it may have set a smaller one. */
  limit.rlim_cur = limit.rlim_max = MIN (limit.rlim_cur, CLAMP (quarter, MEMORY_LEAST, MEMORY_MOST));
  if (setrlimit (RLIMIT_DATA, &limit) != 0)
    return throw_errno (error, "limit the memory");
  *ret_memory = MIN (limit.rlim_cur, MIN (GROUP_MOST, 2 * quarter));
#endif
  return TRUE;
}

gboolean
confine (gboolean keep_ports, gsize *ret_memory, GError **error)
{
  /* The kernel must not wait for this process to free memory that this process is asking for. Takes CAP_SYS_RESOURCE,
   * which a user namespace does not give. */
  prctl (PR_SET_IO_FLUSHER, 1, 0, 0, 0);
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return throw_errno (error, "give up privileges");
  if (!limit_memory (ret_memory, error) || !drop_capabilities (keep_ports, error))
    return FALSE;
  /* Others of the same user may be about: none of them is to look into this process, or take it over by ptrace(2).
   * Where the user has changed the kernel may have seen to it, or not, as fs.suid_dumpable says. */
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  return filter_calls (error);
}
