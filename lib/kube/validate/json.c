/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text is gone through once, from value to value; what is open is kept on a stack of its own, so that no depth of
 * brackets is too much for the thread's. Nothing of the text is kept, for it may be a secret. Like the API server, this
 * leaves it open what the bytes of a string mean. */
#include "validate/json.h"

#include <string.h>

/* As deep as the API server goes (Go's encoding/json). */
#define MAX_DEPTH 10000

typedef struct
{
  const char *at;
  const char *end;
  GString *open; /* the brackets that are not closed yet */
} Text;

static gboolean
take (Text *self, const char *any)
{
  if (self->at == self->end || *self->at == '\0' || strchr (any, *self->at) == NULL)
    return FALSE;
  self->at++;
  return TRUE;
}

static void
skip_space (Text *self)
{
  while (take (self, " \t\r\n"))
    ;
}

static gboolean
read_word (Text *self, const char *word)
{
  for (; *word != '\0'; word++)
    {
      if (self->at == self->end || *self->at != *word)
        return FALSE;
      self->at++;
    }
  return TRUE;
}

static gboolean
read_digits (Text *self)
{
  const char *from = self->at;

  while (take (self, "0123456789"))
    ;
  return self->at > from;
}

static gboolean
read_number (Text *self)
{
  take (self, "-");
  if (!take (self, "0") && !read_digits (self))
    return FALSE;
  if (take (self, ".") && !read_digits (self))
    return FALSE;
  if (!take (self, "eE"))
    return TRUE;
  take (self, "+-");
  return read_digits (self);
}

/* What follows a backslash. */
static gboolean
read_escape (Text *self)
{
  if (!take (self, "u"))
    return take (self, "\"\\/bfnrt");
  for (int i = 0; i < 4; i++)
    if (!take (self, "0123456789abcdefABCDEF"))
      return FALSE;
  return TRUE;
}

static gboolean
read_string (Text *self)
{
  if (!take (self, "\""))
    return FALSE;
  while (self->at < self->end && (guchar) *self->at >= 0x20)
    {
      if (take (self, "\""))
        return TRUE;
      if (*self->at++ == '\\' && !read_escape (self))
        return FALSE;
    }
  return FALSE;
}

static gboolean
read_scalar (Text *self)
{
  switch (self->at < self->end ? *self->at : '\0')
    {
    case '"':
      return read_string (self);
    case 't':
      return read_word (self, "true");
    case 'f':
      return read_word (self, "false");
    case 'n':
      return read_word (self, "null");
    default:
      return read_number (self);
    }
}

/* The name of the member that comes, if it is one of an object. */
static gboolean
read_name (Text *self)
{
  if (self->open->str[self->open->len - 1] != '{')
    return TRUE;
  skip_space (self);
  if (!read_string (self))
    return FALSE;
  skip_space (self);
  return take (self, ":");
}

static gboolean
take_closing (Text *self)
{
  if (!take (self, self->open->str[self->open->len - 1] == '{' ? "}" : "]"))
    return FALSE;
  g_string_truncate (self->open, self->open->len - 1);
  return TRUE;
}

/* *@ret_more: it has opened something, whose first value comes next. */
static gboolean
begin_value (Text *self, gboolean *ret_more)
{
  skip_space (self);
  *ret_more = FALSE;
  if (!take (self, "{["))
    return read_scalar (self);
  if (self->open->len == MAX_DEPTH)
    return FALSE;
  g_string_append_c (self->open, self->at[-1]);
  skip_space (self);
  if (take_closing (self))
    return TRUE;
  *ret_more = TRUE;
  return read_name (self);
}

/* *@ret_more: another value comes. */
static gboolean
end_value (Text *self, gboolean *ret_more)
{
  *ret_more = FALSE;
  for (skip_space (self); self->open->len > 0; skip_space (self))
    {
      if (take_closing (self))
        continue;
      *ret_more = TRUE;
      return take (self, ",") && read_name (self);
    }
  return self->at == self->end;
}

static gboolean
read_all (Text *self)
{
  gboolean more = TRUE;

  while (more)
    if (!begin_value (self, &more) || (!more && !end_value (self, &more)))
      return FALSE;
  return TRUE;
}

gboolean
kube_json_is_map (const char *bytes, gsize length, const char **ret_why)
{
  Text text = { bytes, bytes + length, g_string_new (NULL) };
  gboolean is_json = read_all (&text);
  gboolean is_short = text.at == text.end;

  g_string_free (text.open, TRUE);
  text.at = bytes;
  skip_space (&text);
  if (is_json && take (&text, "{n"))
    return TRUE;
  if (is_json)
    *ret_why = "must be a JSON object";
  else
    *ret_why = is_short ? "unexpected end of JSON input" : "invalid character in JSON input";
  return FALSE;
}
