/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a test wants of the odd server (odd-server.h). */
#pragma once

#include <glib.h>

#include "nfs-fuse/odd-listing.h"

#define ODD_HOLD_NEXT 1
#define ODD_HELD 2

/* What is wrong with it; each may be changed while it serves. Atomic. */
typedef struct {
  gint lasting;     /* all writes after so many are answered as lasting; 0: none is */
  gint postpones;   /* no write lasts, also when it was to */
  gint forgets;     /* before so many commits what does not last is lost */
  gint dies;        /* the next READ finds it gone, and back without what does not last, once */
  gint hangs_up;    /* so many calls are not answered, and cost the caller a connection each */
  gint refuses;     /* the next COMMIT is not taken, once */
  gint denies;      /* this user may not commit; 0: everybody may */
  gint read_length; /* what an answer to READ claims to hold; 0: what it holds */
  gint fragments;   /* the next LOOKUP is answered by a record without an end, once */
  gint swallows;    /* the next READ is not answered, once */
  gint mistakes;    /* the next READ is answered as another call, once */
  gint keeps_times; /* only the owner may set times */
  gint listing;     /* an OddListing: what is in its directory */
  gint holds;       /* ODD_HOLD_NEXT WRITE back, which makes it ODD_HELD; then until it is 0 */
  gint delays;      /* the same, also of SETATTR, but it is made late: by odd_server_go_on() */
  gint n_writes;    /* that were made */
  gint n_commits;
} OddManners;

/* Returns when one of them is this; fails the test when it does not become so. */
void odd_manners_await (const gint *manner, gint wanted);
