/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to go over a connection: questions, one after the other, and of large ones the data by their pages. */
#pragma once

#include <glib.h>

#include "question.h"
#include "sluice.h"

typedef struct {
  GQueue questions; /* lent; of the last ones nothing has gone */
  gsize  sent;      /* of the first one */
  Sluice sluice;    /* of its data, if they are large */
} Outbox;

#define OUTBOX_EMPTY { .questions = G_QUEUE_INIT, .sluice = SLUICE_CLOSED }

/* What is in there is forgotten. */
void     outbox_clear    (Outbox *self);

/* @question is `queued` until all of it has gone. */
void     outbox_put      (Outbox *self, Question *question);
gboolean outbox_is_empty (const Outbox *self);
/* Whether data can go by their pages. */
gboolean outbox_lends    (Outbox *self);

/* Sends as much as goes at once. FALSE: the connection has ended. */
gboolean outbox_flush    (Outbox *self, int fd);
