/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An answer to each procedure of NFS 3, as a good server writes it and as a bad one does. */
#pragma once

#include <glib.h>

#include "procedure.h"

typedef struct {
  const Procedure *procedure;
  gconstpointer    args; /* to ask it with */
  void    (*put) (GByteArray *out); /* an answer, from its status on */
  /* A number made of all that the answer says: each byte that it lends has been looked at then. */
  guint64 (*sum) (const ProcedureResult *result);
} AnswerSample;

extern const AnswerSample answer_samples[];
extern const guint n_answer_samples;

/* READDIRPLUS is answered with so many entries, "a", "ab", "abc" and so on, whose cookies follow this one. */
#define ANSWER_SAMPLE_ENTRIES 9
#define ANSWER_SAMPLE_COOKIE G_GUINT64_CONSTANT (0x7700000000000000)

/* Spoils @bytes, or leaves them as they are. */
void answer_sample_spoil (GRand *rand, GByteArray *bytes);
