/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody who does something with a file, in a process of his own, and what becomes of the file's mode by that. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* What he does it with, in its directory. */
#define ACTOR_FILE "file"
#define ACTOR_CLUB 5712 /* a group of his that is not the file's */
#define ACTOR_OFTEN 8

typedef enum {
  ACTOR_STRANGER, /* of the file's group */
  ACTOR_OWNER,
  ACTOR_ROOT,
  ACTOR_BARE,     /* root, without the capability to leave a file setuid */
  ACTORS
} Actor;

/* Answers with 0 or an errno. */
typedef int (*ActorDeed) (int fd);

typedef struct {
  int    failure;
  mode_t at_once;     /* while the file is open */
  mode_t when_closed;
} ActorOutcome;

const char  *actor_get_name  (Actor self);
/* Makes the directory, and the file by who is to look at it: who serves it knows it as it is then. */
void         actor_make_file (const char *directory, mode_t mode);
/* Opens the file for that, with @flags. */
ActorOutcome actor_do        (Actor self, const char *directory, int flags, ActorDeed deed);

/* Deeds. */
int actor_write       (int fd);
int actor_write_often (int fd);

/* Whether this thread leaves a file setuid that it changes, as root does, or takes that from it, as ACTOR_BARE does;
 * FALSE when that is not for it to say. */
gboolean actor_keep_bits (gboolean keeps);
