/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nfs-server/record.h"
#include "nfs-server/xdr.h"

void
reading_clear (Reading *self)
{
  g_clear_pointer (&self->data, g_byte_array_unref);
}

static void
take_data (Reading *self, const READ3resok *ok)
{
  const gsize taken = ok->data.data_len - MIN (self->leaves, ok->data.data_len);

  self->passed = ok->data.data_val == NULL;
  if (self->passed && self->kernel >= 0)
    {
      self->told = spout_reply (&self->rig->spout, self->kernel);
      return;
    }
  g_byte_array_set_size (self->data, (guint) taken);
  if (taken == 0)
    return;
  if (self->passed)
    spout_read (&self->rig->spout, (char *) self->data->data, taken);
  else
    memcpy (self->data->data, ok->data.data_val, taken);
}

void
reading_answered (gpointer question, gpointer result)
{
  Reading *self = question;
  const READ3res *res = result;

  self->asked.n_answers++;
  self->failed = res == NULL;
  self->status = res != NULL ? res->status : NFS3_OK;
  if (res != NULL && res->status == NFS3_OK)
    take_data (self, &res->READ3res_u.resok);
}

void
reading_ask (WireRig *rig, Reading *self, gsize wanted)
{
  const READ3args args = { { { 4, (char *) "root" } }, 0, (count3) wanted };

  *self = (Reading){ .rig = rig, .wanted = wanted, .kernel = -1, .data = g_byte_array_new () };
  assert_int_equal (wire_ask_read (rig->wire, &args, READING_REQUEST, self), 0);
  wire_rig_send (rig, &self->asked);
}

/* ---- what the server says ---- */

const ReadingOddity reading_ordinary = { 0 };

static guint8
get_byte (guint32 xid, gsize i)
{
  return (guint8) (xid * 31 + i * 7 + (i >> 12));
}

static void
put_data (GByteArray *out, guint32 xid, gsize size)
{
  const guint begin = out->len;

  g_byte_array_set_size (out, (guint) (begin + ((size + 3) & ~(gsize) 3)));
  memset (out->data + begin, 0, out->len - begin);
  for (gsize i = 0; i < size; i++)
    out->data[begin + i] = get_byte (xid, i);
}

void
reading_put_message (GByteArray *out, guint32 xid, gsize size, const ReadingOddity *odd)
{
  xdr_put_u32 (out, xid);
  xdr_put_u32 (out, 1);
  xdr_put_u32 (out, odd->denied);
  xdr_put_u32 (out, 0);
  xdr_put_u32 (out, odd->verifier);
  for (guint i = 0; i < odd->verifier; i += 4)
    xdr_put_u32 (out, 0x01010101);
  xdr_put_u32 (out, odd->failure);
  xdr_put_u32 (out, odd->status);
  xdr_put_u32 (out, !odd->bare);
  for (guint i = 0; i < 21 && !odd->bare; i++)
    xdr_put_u32 (out, i);
  xdr_put_u32 (out, (guint32) ((gint) size + odd->count));
  xdr_put_u32 (out, FALSE);
  xdr_put_u32 (out, (guint32) size);
  put_data (out, xid, size);
}

void
reading_put_answer (GByteArray *out, const Reading *self, gsize size, const ReadingOddity *odd)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  reading_put_message (message, self->asked.xid, size, odd);
  xdr_put_u32 (out, RECORD_LAST | (guint32) ((gint) message->len + odd->length));
  g_byte_array_append (out, message->data, message->len);
}

void
reading_give (const Reading *self, const GByteArray *bytes, gsize begin, gsize end)
{
  wire_rig_give (self->rig, bytes->data + begin, end - begin);
}

void
reading_expect (const Reading *self, gsize size)
{
  assert_int_equal (self->asked.n_answers, 1);
  assert_false (self->failed);
  assert_int_equal (self->status, NFS3_OK);
  assert_int_equal (self->data->len, size);
  for (gsize i = 0; i < size; i++)
    if (self->data->data[i] != get_byte (self->asked.xid, i))
      fail_msg ("byte %zu is not what was sent", i);
}

int
reading_open_rig (void **state)
{
  wire_rig_open (state);
  wire_rig_disconnect (*state);
  wire_rig_connect (*state, reading_answered);
  return 0;
}

void
reading_pass (WireRig *self, gsize wanted, gsize size, gboolean passes)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_auto (Reading) reading;

  reading_ask (self, &reading, wanted);
  reading_put_answer (bytes, &reading, size, &reading_ordinary);
  reading_give (&reading, bytes, 0, bytes->len);
  reading_expect (&reading, size);
  assert_int_equal (reading.passed, passes);
}
