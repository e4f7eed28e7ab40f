/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/odd-listing.h"

#include "nfs-server/xdr.h"

/* In ordinary answers. */
#define PER_ANSWER 200
#define PER_LONG_ANSWER 24000
#define CIRCLE 3

static void
put_entry (GByteArray *out, const char *name, guint64 cookie)
{
  xdr_put_u32 (out, TRUE);
  xdr_put_u64 (out, 100 + cookie);
  xdr_put_string (out, name);
  xdr_put_u64 (out, cookie);
  xdr_put_u32 (out, FALSE); /* neither attributes, */
  xdr_put_u32 (out, FALSE); /* nor a handle */
}

static void
put_number (GByteArray *out, guint64 number, guint64 cookie)
{
  g_autofree char *name = g_strdup_printf ("n%" G_GUINT64_FORMAT, number);

  put_entry (out, name, cookie);
}

/* Answers whether that was all. */
static gboolean
put_twins (GByteArray *out, guint64 cookie)
{
  const guint64 end = MIN (2 * cookie + PER_ANSWER, ODD_LISTING_MANY);

  for (guint64 i = 2 * cookie; i < end; i++)
    put_number (out, i, i / 2 + 1);
  return end == ODD_LISTING_MANY;
}

/* The numbers that are no names come first. */
static gboolean
put_long (GByteArray *out, guint64 cookie)
{
  const guint64 end = MIN (cookie + PER_LONG_ANSWER, 2 * ODD_LISTING_MANY);

  for (guint64 i = cookie; i < end; i++)
    if (i < ODD_LISTING_MANY)
      put_entry (out, "", i + 1);
    else
      put_number (out, i - ODD_LISTING_MANY, i + 1);
  return end == 2 * ODD_LISTING_MANY;
}

static gboolean
put_few (GByteArray *out, OddListing listing, guint64 cookie)
{
  switch (listing)
    {
    case ODD_LISTING_CIRCLE:
      put_number (out, cookie, cookie % CIRCLE + 1);
      return FALSE;
    case ODD_LISTING_ONE_PLACE:
      put_entry (out, "a", 7);
      put_entry (out, "b", 8);
      put_entry (out, "c", 7);
      return FALSE;
    case ODD_LISTING_BEGINNING:
      put_entry (out, "a", 7);
      put_entry (out, "b", 0);
      put_entry (out, "c", 8);
      return FALSE;
    case ODD_LISTING_HIDDEN:
      put_entry (out, "a/b", cookie % CIRCLE + 1);
      return FALSE;
    default:
      return TRUE;
    }
}

void
odd_listing_put (GByteArray *out, OddListing listing, guint64 cookie)
{
  gboolean ends;

  xdr_put_u64 (out, 0); /* the verifier */
  if (listing == ODD_LISTING_TWINS)
    ends = put_twins (out, cookie);
  else if (listing == ODD_LISTING_LONG)
    ends = put_long (out, cookie);
  else
    ends = put_few (out, listing, cookie);
  xdr_put_u32 (out, FALSE);
  xdr_put_u32 (out, ends);
}
