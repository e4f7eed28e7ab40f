/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The place where a case is played, and everything in it that the plugin must leave alone. */
#pragma once

#include "support/verdict.h"

/* All paths are absolute, and the same for every case of a run: a file system of its own is mounted for each. */
typedef struct {
  char *root;
  char *volumes;  /* where the volume's directory goes, beside a neighbour's; follows from the plugin's name */
  char *work;     /* the case's own files: its commands run here, and what they made must survive */
  char *state;    /* the plugin's state directory */
  char *outside;  /* files that no path leads to */
  char *foreign;  /* a mount that is somebody else's */
  char *sealed_outside;
  char *sealed_work;
  char *sealed_mounts;
} Ground;

#define GROUND_POD_UID "6b766f6c-0000-4000-8000-000000000001"

/* Only once scratch_enter() has succeeded. */
Ground *ground_new  (void);
void    ground_free (Ground *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ground, ground_free)

/* Begins anew for @plugin: an empty file system with the directories and the canaries. */
void ground_lay (Ground *self, const char *plugin);
/* Runs the commands one after the other, in the work directory, with the shell. */
gboolean ground_run (const Ground *self, char **commands, GError **error);
/* From now on nothing of this may be lost. */
void ground_seal (Ground *self);

/* Puts a file system and a bind of the outside into @dir, as a container with a mount of its own would; and takes them
 * away again. */
void ground_occupy (const Ground *self, const char *dir);
void ground_vacate (const Ground *self, const char *dir);

/* Whether every canary is as it was. */
void ground_check_canaries (const Ground *self, Verdict *verdict);
/* Whether there are mounts that were not there at ground_seal(), except below @allowed (NULL: nowhere). */
void ground_check_mounts (const Ground *self, const char *allowed, Verdict *verdict);
/* Whether a mount, a volume's directory or a file of the plugin's own is left. */
void ground_check_nothing_left (const Ground *self, Verdict *verdict);
