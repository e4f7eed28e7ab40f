/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server that is wrong in one chosen way: a socket that does not behave, or a small NFS server (one empty directory,
 * v3 with MOUNT and portmapper, all on one TCP port) that answers chosen calls with a fault. It listens on 127.0.0.1
 * and needs neither root nor a namespace. It is a process of its own, gone with the test process. */
#pragma once

#include <glib.h>

typedef enum {
  NFS_FAULT_ANSWER,       /* the small server; its rules say what is wrong with it */
  NFS_FAULT_BLACK_HOLE,   /* connects; nothing is ever read or answered */
  NFS_FAULT_BACKLOG_FULL, /* the queue of connections is full: the kernel drops each SYN, a connect waits for ever */
  NFS_FAULT_RESET,        /* connects, and is reset at the first byte */
  NFS_FAULT_CLOSE,        /* connects, and is closed at the first byte */
  NFS_FAULT_GARBAGE,      /* answers each packet with an HTTP error, as a wrong port would */
  NFS_FAULT_CHATTER,      /* greets with a banner before it is asked, as an SSH or SMTP port would */
  NFS_FAULT_DEAF,         /* connects; nothing that is said to it arrives, as if its machine had gone */
} NfsFaultKind;

typedef enum {
  NFS_ACT_SILENCE,       /* no answer to this call; later ones are answered */
  NFS_ACT_CLOSE,         /* the connection is closed */
  NFS_ACT_RESET,         /* the connection is reset */
  NFS_ACT_GARBAGE,       /* a record of bytes that are no RPC message */
  NFS_ACT_HALF,          /* the first half of the right answer, then nothing */
  NFS_ACT_TRICKLE,       /* the right answer, a byte every @value milliseconds */
  NFS_ACT_HUGE,          /* the head of a record of 2 GiB - 1 bytes, then nothing */
  NFS_ACT_TRUNCATED,     /* a whole record that ends within the results */
  NFS_ACT_WRONG_XID,     /* the answer to a call that nobody made */
  NFS_ACT_STATUS,        /* a proper answer with this status: of NFS 3, of MOUNT, of the first operation of a v4
                          * compound; the port, when it is the portmapper's GETPORT (0: not registered) */
  NFS_ACT_RIGHTS,        /* ACCESS or MKDIR of NFS 3 goes well, in or with what NFS_FAULT_RIGHTS() says */
  NFS_ACT_SIZES,         /* FSINFO of NFS 3 goes well, and says what NFS_FAULT_SIZES() does */
  NFS_ACT_PROG_UNAVAIL,  /* accepted, program not here */
  NFS_ACT_PROG_MISMATCH, /* accepted, only version @value is here */
  NFS_ACT_PROC_UNAVAIL,  /* accepted, procedure not here */
  NFS_ACT_GARBAGE_ARGS,
  NFS_ACT_SYSTEM_ERR,
  NFS_ACT_DENIED,        /* rejected: AUTH_ERROR with this auth_stat */
  NFS_ACT_RPC_MISMATCH,  /* rejected: another version of RPC */
} NfsAct;

/* The mode of a directory of user and group @owner, and, for ACCESS, what is granted in it. */
#define NFS_FAULT_RIGHTS(owner, mode, granted) ((guint32) (owner) << 16 | (guint32) (mode) << 6 | (granted))

/* How much is read and written at a time: at most, and at best. In pages of 4 KiB, each less than 256. */
#define NFS_FAULT_SIZES(read_most, read_best, write_most, write_best) \
  ((guint32) (read_most) << 24 | (read_best) << 16 | (write_most) << 8 | (write_best))

#define NFS_PROGRAM_PORTMAPPER 100000
#define NFS_PROGRAM_NFS        100003
#define NFS_PROGRAM_MOUNT      100005
#define NFS_ANY                -1

/* The first rule that fits a call is followed; a call that none fits is answered properly. Proper answers: portmapper
 * NULL, GETPORT (this port); MOUNT 3 NULL, MNT (of every path), UMNT, EXPORT; NFS 3 NULL, GETATTR, ACCESS, LOOKUP
 * (NFS3ERR_NOENT), FSSTAT, FSINFO, PATHCONF; NFS 4 NULL, and COMPOUND with NFS4ERR_SERVERFAULT. */
typedef struct {
  int     program;   /* or NFS_ANY */
  int     version;   /* or NFS_ANY */
  int     procedure; /* or NFS_ANY */
  NfsAct  act;
  guint32 value;
  guint   times;     /* the rule is used up after so many calls; 0: never */
} NfsFaultRule;

typedef struct {
  NfsFaultKind        kind;
  guint16             port;    /* 0: any */
  const NfsFaultRule *rules;   /* @n_rules of them, of NFS_FAULT_ANSWER */
  gsize               n_rules;
} NfsFaultPlan;

typedef struct NfsFault NfsFault;

/* Listens when it comes back. */
NfsFault *nfs_fault_start (const NfsFaultPlan *plan, GError **error);
/* From now on connections are refused. NULL is fine. */
void      nfs_fault_stop  (NfsFault *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfsFault, nfs_fault_stop)

guint16 nfs_fault_port (const NfsFault *self);
