/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/record.h"

#include "nfs-server/xdr.h"

GByteArray *
record_wrap (const GByteArray *message)
{
  GByteArray *record = g_byte_array_new ();

  xdr_put_u32 (record, RECORD_LAST | message->len);
  g_byte_array_append (record, message->data, message->len);
  return record;
}

GByteArray *
record_take (GByteArray *in)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  XdrReader reader = { .data = in->data, .left = in->len };
  guint32 head;

  do
    {
      head = xdr_get_u32 (&reader);
      if (reader.bad || (head & ~RECORD_LAST) > reader.left)
        return NULL;
      g_byte_array_append (message, reader.data, head & ~RECORD_LAST);
      reader.data += head & ~RECORD_LAST;
      reader.left -= head & ~RECORD_LAST;
    }
  while ((head & RECORD_LAST) == 0);
  g_byte_array_remove_range (in, 0, in->len - reader.left);
  return g_steal_pointer (&message);
}
