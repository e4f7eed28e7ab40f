/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories as no server should list them. */
#pragma once

#include <glib.h>

typedef enum {
  ODD_LISTING_EMPTY,
  ODD_LISTING_CIRCLE,    /* after three answers the first one comes once more, and so on */
  ODD_LISTING_ONE_PLACE, /* each answer is "a", "b" and "c", and to go on behind them is to begin there */
  ODD_LISTING_BEGINNING, /* the cookie of "b" is where directories begin */
  ODD_LISTING_HIDDEN,    /* a circle of names that are none */
  ODD_LISTING_TWINS,     /* ODD_LISTING_MANY names, of which always two have one cookie; none is given twice */
  ODD_LISTING_LONG,      /* as many, in answers as long as may be; others before the first are none */
} OddListing;

#define ODD_LISTING_MANY 20000

/* The answer to READDIRPLUS, from behind the directory's attributes on. */
void odd_listing_put (GByteArray *out, OddListing listing, guint64 cookie);
