/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection by itself, whose other end is the test. */
#pragma once

#include <glib.h>

#include "nfs-fuse/answer-sample.h"
#include "wire.h"

/* A question, and what came of it. */
typedef struct {
  const AnswerSample *sample;
  guint32 xid;
  guint   n_answers;
  guint64 sum; /* of the last one; 0: it was none */
} Asked;

typedef struct {
  Wire       *wire;
  int         wire_end; /* the wire's own */
  int         end;      /* the server's */
  Spout       spout;
  Identity    identity;
  Rooms      *rooms;
  GByteArray *seen; /* what it got and has not looked at */
} WireRig;

/* For cmocka. */
int  wire_rig_open  (void **state);
int  wire_rig_close (void **state);

void wire_rig_connect    (WireRig *self, WireAnswered answered);
/* The same by the network of this machine; the server's end waits. */
void wire_rig_connect_by_tcp (WireRig *self, WireAnswered answered);
void wire_rig_disconnect (WireRig *self);
/* Once more, after it was lost; questions are Asked again. */
void wire_rig_reconnect  (WireRig *self);

/* Takes what was sent to the server. */
void  wire_rig_fetch        (WireRig *self);
/* The length of the first question, with its mark; 0: there is none. */
gsize wire_rig_get_question (const WireRig *self, guint32 *ret_xid);

/* The simplest one. */
const AnswerSample *wire_rig_get_sample (void);
void wire_rig_ask (WireRig *self, Asked *asked, const AnswerSample *sample);
/* The server gets what was asked last, and nothing else. */
void wire_rig_send (WireRig *self, Asked *asked);

/* What is before all good answers. */
void wire_rig_put_head   (GByteArray *out, guint32 xid);
void wire_rig_put_record (GByteArray *out, const GByteArray *message);
void wire_rig_put_answer (GByteArray *out, const Asked *asked);
/* The server says this, and it is heard. */
void wire_rig_give        (WireRig *self, gconstpointer data, gsize length);
void wire_rig_give_answer (WireRig *self, const Asked *asked);

/* What the sample is understood to say when it comes alone. */
guint64 wire_rig_get_right_sum (WireRig *self, const AnswerSample *sample);
void    wire_rig_assert_serves (WireRig *self);
