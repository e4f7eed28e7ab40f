/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* They are answered in any order, and one may fail alone. What counts is what was written from the beginning on without
 * a gap, and is in the same memory of the server: the rest is asked for once more, and then it is said why it fails. */
#include "halves.h"

#include <string.h>

/* Less is done before the server could have begun with the second half. */
#define WORTH (512u * 1024)
#define PAGE 4096u

struct _Halves
{
  guint references;
  guint n_taken;
  count3 sizes[N_HALVES];
  WRITE3res answers[N_HALVES];
  post_op_attr after; /* the last that was said of the file */
};

count3
halves_get_middle (const WRITE3args *args)
{
  /* What has to last at once is put down at once, and that is done best for all of it. */
  return args->stable == UNSTABLE && args->count > WORTH ? (args->count / 2 + PAGE - 1) & ~(PAGE - 1) : 0;
}

Halves *
halves_new (count3 first, count3 second)
{
  Halves *self = g_new0 (Halves, 1);

  self->references = N_HALVES;
  self->sizes[HALF_FIRST] = first;
  self->sizes[HALF_SECOND] = second;
  return self;
}

void
halves_unref (Halves *self)
{
  if (--self->references == 0)
    g_free (self);
}

static count3
get_count (const Halves *self, Half half)
{
  const WRITE3res *answer = &self->answers[half];

  return answer->status == NFS3_OK ? MIN (answer->WRITE3res_u.resok.count, self->sizes[half]) : 0;
}

static gboolean
is_one_piece (const Halves *self)
{
  const WRITE3resok *first = &self->answers[HALF_FIRST].WRITE3res_u.resok;
  const WRITE3resok *second = &self->answers[HALF_SECOND].WRITE3res_u.resok;

  return get_count (self, HALF_FIRST) == self->sizes[HALF_FIRST] && get_count (self, HALF_SECOND) > 0
         && memcmp (first->verf, second->verf, sizeof first->verf) == 0;
}

static void
join (const Halves *self, WriteResult *ret_whole)
{
  const count3 reach = get_count (self, HALF_SECOND);
  const stable_how committed = self->answers[HALF_SECOND].WRITE3res_u.resok.committed;
  WRITE3resok *ok = &ret_whole->res.WRITE3res_u.resok;

  *ret_whole = (WriteResult){ .res = self->answers[HALF_FIRST] };
  if (reach > 0)
    ret_whole->reach = self->sizes[HALF_FIRST] + reach;
  if (ret_whole->res.status != NFS3_OK)
    return;
  ok->file_wcc.after = self->after;
  ok->count = get_count (self, HALF_FIRST);
  if (is_one_piece (self))
    {
      ok->count += reach;
      ok->committed = MIN (ok->committed, committed);
    }
}

gboolean
halves_take (Halves *self, Half half, const WRITE3res *answer, WriteResult *ret_whole)
{
  self->answers[half] = answer != NULL ? *answer : (WRITE3res){ .status = NFS3ERR_IO };
  if (self->answers[half].status == NFS3_OK)
    self->after = answer->WRITE3res_u.resok.file_wcc.after;
  if (++self->n_taken < N_HALVES)
    return FALSE;
  join (self, ret_whole);
  return TRUE;
}
