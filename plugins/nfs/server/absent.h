/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of the names that a directory does not have (absent.c). From any thread. A directory is the generation
 * of its node; times are monotonic. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* A directory of more names is not learnt. */
#define ABSENT_NAMES_MAX 8192
/* So many names are made before a directory is asked for its names. */
#define ABSENT_BURST 8

typedef struct _Absent Absent;

/* What is learnt is believed for @valid microseconds. */
Absent *absent_new  (gint64 valid);
void    absent_free (Absent *self);

/* Whether @who may be told, without a question, that there is no such name. Of one name that is said once. */
gboolean absent_say  (Absent *self, guint64 directory, const char *name, pid_t who, gint64 now);
/* A name may be there from now on: before the server is asked to make it, and when it has answered. */
void     absent_note (Absent *self, guint64 directory, const char *name);

/* @who has made a name here. The number of a listing that is to be asked for now; 0: none. */
guint64 absent_count      (Absent *self, guint64 directory, pid_t who, gint64 now);
/* @who has made the directory; the server was asked to at @asked, and once. */
void    absent_know_empty (Absent *self, guint64 directory, pid_t who, gint64 asked);

/* An entry of a listing. FALSE: no more are wanted. */
gboolean absent_take (Absent *self, guint64 directory, guint64 listing, const char *name);
/* It has come to its end, or not. */
void     absent_end  (Absent *self, guint64 directory, guint64 listing, gboolean complete, gint64 now);

/* What is known has turned out to be wrong, of one directory or of all. After the latter nobody is told anything before
 * he has made a name again. */
void absent_forget     (Absent *self, guint64 directory, gint64 now);
void absent_forget_all (Absent *self);
