/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request of the kernel on its way: one question to the server after the other, until there is an answer. A question
 * is asked again after a lost connection, so all that it is made of is kept here. A call belongs to one thread; it may
 * wait in a node's queue meanwhile. */
#pragma once

#include "attributes.h"
#include "identity.h"
#include "loop.h"
#include "node.h"
#include "volume.h"
#include "wire.h"

typedef struct _Call Call;

/* Queues the question. Not 0: it is longer than one may be. */
typedef int (*CallAsk) (Call *self, Wire *wire);
/* The answer: @failure is an errno or 0; @result is libnfs's struct for this procedure, NULL when the server would not
 * take the question. The call has to be asked, replied or dropped then. */
typedef void (*CallThen) (Call *self, int failure, gpointer result);
/* What was waited for has happened. */
typedef void (*CallResume) (Call *self);

/* Answers with a node that the kernel has been counted in. Not 0: the kernel did not take it. */
typedef int (*CallReplyNode) (Call *self, const struct fuse_entry_param *entry);

struct _Call {
  GList      link;          /* in a queue of the loop's, */
  GQueue    *queue;         /* this one; NULL: in none */
  GList      all;           /* in the loop's list of its calls */
  fuse_req_t req;           /* NULL: nobody waits for an answer, or not any more */
  Loop      *loop;
  Identity  *identity;
  CallAsk    ask;
  CallThen   then;
  CallResume resume;        /* when a node lets it go on */
  CallResume interrupt;     /* at any signal; NULL: it is noted, and seen later whether it ends who asked */
  CallResume given_up;      /* when the kernel is about to be told that nobody waits for an answer any more; or NULL */
  CallResume again;         /* instead of asking once more, whyever that is; NULL: it is as good as ever */
  gint64     began;         /* monotonic: the kernel had asked by then */
  guint      asked;         /* how often this question went out */
  guint      refused;       /* how often the server said "later" */
  guint      hung_up;       /* how often it hung up instead of answering */
  gint64     sent;          /* monotonic: when it last did */
  gint64     not_before;    /* monotonic: when to ask again */
  gint64     deadline;      /* monotonic: a soft mount's; 0: none */
  gboolean   interrupted;
  gboolean   deaf;          /* the kernel does not say when who asked is to be killed */
  gboolean   is_commit;     /* it is one of its node's `committing` */
  gboolean   changes;       /* it is on its way to change its node: one of the node's `orphans` when nobody waits */
  pid_t      pid;           /* of the thread that asked */
  pid_t      process;       /* of who is deaf: the thread's; 0: it is not known */
  guint64    request;       /* the kernel's number of it; 0: it is none of the kernel's */

  /* A commit, which any other question may have to wait for (unstable.c). */
  CallResume committed;     /* when what was written is safe */
  Identity  *own;           /* that of the request, while it commits what another one wrote; else NULL */
  guint64    commit_mark;   /* the last write that it is about */
  guint      commit_asked;  /* how often all had become suspect when it was asked */

  /* What the questions are about; each has its own use for it, and finds it after a commit as it was before. */
  Node      *node;
  Node      *other;
  Node      *from;
  char      *name;
  char      *from_name;
  char      *text;
  struct stat attr;
  int        to_set;
  int        flags;
  guint64    offset;
  gsize      size;
  gsize      done;
  gsize      reach;         /* of a write: up to there something may be written, if that is more than is `done` */
  guint64    end;           /* of a write: where it ends for the kernel */
  gpointer   memory;        /* freed with the call */
  Room      *room;          /* that holds `data`; NULL: it is a request's that is being taken */
  const char *data;
  guint64    mark;
  guint64    verifier;
  gpointer   file;          /* a File or Directory; of a write only if it has to last */
  GDestroyNotify file_unref; /* NULL: it is lent */
  CallReplyNode reply_node; /* NULL: an entry alone is answered */
};

/* For a request, of its thread's loop. @identity: NULL for that of who made the request. */
Call *call_new         (fuse_req_t req, Node *node, Identity *identity);
/* The same, about a name in a directory: its `node` and `name`. */
Call *call_new_of_name (fuse_req_t req, fuse_ino_t directory, const char *name);
/* Of nobody: work that is to be done. */
Call *call_new_work    (Loop *loop, Node *node, Identity *identity);
void  call_free        (Call *self);

void  call_ask (Call *self, CallAsk ask, CallThen then);

/* How often this question went out before and nobody knows what became of it: "later" is an answer. */
static inline guint
call_count_lost (const Call *self)
{
  return self->asked - self->refused - 1;
}

/* Each ends the call. */
void  call_reply_error (Call *self, int number);
void  call_reply_attr  (Call *self, const fattr3 *attributes);
/* The node that @handle names. What is missing of it is asked for: its attributes, and the handle by parent (`node`)
 * and name (`name`). */
void  call_reply_entry (Call *self, const nfs_fh3 *handle, const post_op_attr *attributes);
void  call_reply_entry_of_name (Call *self, const post_op_fh3 *handle, const post_op_attr *attributes);

/* What an answer told of a node: the way of all attributes to the kernel, which had asked by @began, and the server was
 * asked at @sent. */
void  call_fill_attr (const Volume *volume, Node *node, const fattr3 *attributes, gint64 began, gint64 sent,
                      struct stat *ret_attr);
/* Fills an entry and counts it as known to the kernel. */
void  call_fill_entry (const Call *self, Node *node, const fattr3 *attributes, struct fuse_entry_param *ret_entry);

/* What the server said of a directory when it changed it: that is the kernel's next question. NULL: nothing. */
void  call_note_directory (Call *self, Node *directory, const post_op_attr *after);

/* Asks for the attributes of a node: of `other` if there is one, else of `node`. */
int   call_ask_attributes (Call *self, Wire *wire);
/* The same for where it leads, as a link. */
int   call_ask_target     (Call *self, Wire *wire);
/* Asks what has the name `name` in the directory `node`. */
int   call_ask_name       (Call *self, Wire *wire);
