/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libyaml's events are taken one by one, so that each limit holds before the next thing is read: a loader that builds
 * the whole document first takes a minute for 200,000 brackets, and json-glib crashes on them. Aliases are refused,
 * because ten lines of them are a billion nodes. JSON is YAML in flow style, except for pairs of surrogate escapes,
 * which are put together before libyaml sees them. libyaml gets the bytes piece by piece, and no more of them when it
 * has made nothing of the last two million: what it collects for one scalar has no other limit. */
#include "manifest/reader.h"

#include <string.h>
#include <yaml.h>

#include "manifest/hash.h"
#include "manifest/input.h"
#include "manifest/scalar.h"

#define TOO_LONG "a value or a comment longer than " G_STRINGIFY (KUBE_MAX_SCALAR) " bytes"

/* What libyaml may have read beyond the end of a scalar. */
#define READ_AHEAD 65536

/* A list or map that is not complete yet. */
typedef struct
{
  KubeNode *node;
  GHashTable *lines; /* of the keys so far; the keys are the nodes' own */
  char *key;         /* of the value that comes next */
  guint key_line;
} Frame;

typedef struct
{
  KubeReport *report;
  yaml_parser_t parser;
  KubeInput input;
  gsize event_at; /* how much of the input had been read when the last event came */
  KubeDocumentFunc each;
  gpointer data;

  Frame frames[KUBE_MAX_DEPTH];
  guint depth;
  guint n_nodes;      /* of this document */
  guint n_file_nodes; /* of those before it */
  guint n_documents;
  guint n_broken;
  KubeNode *root;
  gboolean damaged;
  gboolean too_long;
  guint first_line; /* of what libyaml reads, from 0 */
  guint document;   /* the line, from 1 there, of the last one's beginning */
  guint broken;     /* the line, from 1 there, at which the document is given up; 0: all that follows is */
} Reader;

static guint
event_line (const Reader *self, const yaml_event_t *event)
{
  return self->first_line + event->start_mark.line + 1;
}

/* Gives this document up. */
static gboolean
refuse (Reader *self, const yaml_event_t *event, const char *what)
{
  kube_report_text (self->report, KVOL_KUBE_ERROR, event_line (self, event), "%s", what);
  self->broken = event->start_mark.line + 1;
  return FALSE;
}

/* Gives the file up. */
static gboolean
refuse_all (Reader *self, const yaml_event_t *event, const char *what)
{
  refuse (self, event, what);
  self->broken = 0;
  return FALSE;
}

static Frame *
top (Reader *self)
{
  return self->depth > 0 ? &self->frames[self->depth - 1] : NULL;
}

static void
pop (Reader *self)
{
  Frame *frame = top (self);

  g_clear_pointer (&frame->lines, g_hash_table_unref);
  g_clear_pointer (&frame->key, g_free);
  self->depth--;
}

static gboolean
awaits_key (Reader *self)
{
  Frame *frame = top (self);

  return frame != NULL && frame->node->type == KUBE_MAP && frame->key == NULL;
}

/* JSON has no keys but strings: numbers and booleans become their text, `on: x` has the key "true". */
static gboolean
take_key (Reader *self, const yaml_event_t *event, const KubeNode *scalar)
{
  Frame *frame = top (self);
  g_autofree char *key = kube_node_dup_text (scalar);

  if (key == NULL)
    return refuse (self, event, "null cannot be a key");
  if (g_str_equal (key, "<<") && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
    return refuse (self, event, "merge keys (<<) are not supported: write the fields out");

  guint first = GPOINTER_TO_UINT (g_hash_table_lookup (frame->lines, key));

  if (first != 0)
    {
      g_autofree char *quoted = kube_node_quote (key);

      self->damaged = TRUE;
      kube_report_text (self->report, KVOL_KUBE_ERROR, event_line (self, event), "key %s already set in map (line %u)",
                        quoted, first);
    }
  frame->key = g_steal_pointer (&key);
  frame->key_line = event_line (self, event);
  return TRUE;
}

static void
take_value (Reader *self, KubeNode *node)
{
  Frame *frame = top (self);

  if (frame == NULL)
    {
      self->root = node;
      return;
    }
  kube_node_take (frame->node, frame->key, node);
  if (frame->node->type == KUBE_MAP)
    {
      node->line = frame->key_line;
      g_hash_table_insert (frame->lines, node->key, GUINT_TO_POINTER (node->line));
      g_clear_pointer (&frame->key, g_free);
    }
}

static gboolean
check_node (Reader *self, const yaml_event_t *event, const yaml_char_t *anchor)
{
  if (anchor != NULL)
    return refuse (self, event, "anchors and aliases are not supported: write the value out");
  if (++self->n_nodes > KUBE_MAX_NODES)
    return refuse (self, event, "more than " G_STRINGIFY (KUBE_MAX_NODES) " values in one document");
  if (self->n_file_nodes + self->n_nodes > KUBE_MAX_FILE_NODES)
    return refuse_all (self, event, "more than " G_STRINGIFY (KUBE_MAX_FILE_NODES) " values in one file");
  return TRUE;
}

static gboolean
take_scalar (Reader *self, const yaml_event_t *event)
{
  const char *text = (const char *) event->data.scalar.value;
  const char *tag = (const char *) event->data.scalar.tag;
  gsize length = event->data.scalar.length;

  if (!check_node (self, event, event->data.scalar.anchor))
    return FALSE;
  if (length > KUBE_MAX_SCALAR)
    return refuse (self, event, TOO_LONG);
  if (memchr (text, '\0', length) != NULL)
    return refuse (self, event, "a value with a NUL character: bytes belong into binaryData or data");

  g_autoptr (KubeNode) node = kube_node_new_string (text, length, event_line (self, event));

  if (tag != NULL && !g_str_equal (tag, "!"))
    {
      if (!kube_scalar_resolve_tag (node, tag))
        return refuse (self, event, "a tag that is not supported, or that its value does not fit");
    }
  else if (event->data.scalar.plain_implicit)
    kube_scalar_resolve (node);

  if (awaits_key (self))
    return take_key (self, event, node);
  take_value (self, g_steal_pointer (&node));
  return TRUE;
}

static gboolean
push (Reader *self, const yaml_event_t *event, KubeNodeType type, const yaml_char_t *anchor, const yaml_char_t *tag)
{
  const char *expected = type == KUBE_MAP ? YAML_MAP_TAG : YAML_SEQ_TAG;

  if (!check_node (self, event, anchor))
    return FALSE;
  if (self->depth == KUBE_MAX_DEPTH)
    return refuse (self, event, "nested deeper than " G_STRINGIFY (KUBE_MAX_DEPTH));
  if (awaits_key (self))
    return refuse (self, event, "a list or an object cannot be a key");
  if (tag != NULL && !g_str_equal ((const char *) tag, "!") && !g_str_equal ((const char *) tag, expected))
    return refuse (self, event, "a tag that is not supported");

  KubeNode *node = kube_node_new (type, event_line (self, event));

  take_value (self, node);
  self->frames[self->depth++] = (Frame){
    .node = node,
    .lines = type == KUBE_MAP ? g_hash_table_new (kube_hash_text, g_str_equal) : NULL,
  };
  return TRUE;
}

static gboolean
begin_document (Reader *self, const yaml_event_t *event)
{
  self->n_file_nodes += self->n_nodes;
  self->n_nodes = 0;
  self->damaged = FALSE;
  self->document = event->start_mark.line + 1;
  if (++self->n_documents > KUBE_MAX_DOCUMENTS)
    return refuse_all (self, event, "more than " G_STRINGIFY (KUBE_MAX_DOCUMENTS) " documents");
  return TRUE;
}

static void
end_document (Reader *self)
{
  g_autoptr (KubeNode) root = g_steal_pointer (&self->root);

  if (root != NULL && root->type != KUBE_NULL)
    self->each (g_steal_pointer (&root), self->damaged, self->data);
}

static gboolean
handle (Reader *self, const yaml_event_t *event)
{
  switch (event->type)
    {
    case YAML_DOCUMENT_START_EVENT:
      return begin_document (self, event);
    case YAML_DOCUMENT_END_EVENT:
      end_document (self);
      return TRUE;
    case YAML_SCALAR_EVENT:
      return take_scalar (self, event);
    case YAML_SEQUENCE_START_EVENT:
      return push (self, event, KUBE_LIST, event->data.sequence_start.anchor, event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
      return push (self, event, KUBE_MAP, event->data.mapping_start.anchor, event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      pop (self);
      return TRUE;
    case YAML_ALIAS_EVENT:
      return check_node (self, event, event->data.alias.anchor);
    default:
      return TRUE;
    }
}

/* The line of a problem, from 1 where libyaml began. */
static guint
problem_line (const Reader *self)
{
  const yaml_parser_t *parser = &self->parser;
  guint line = parser->problem_mark.line + 1;

  if (self->too_long)
    return parser->mark.line + 1;
  if (parser->error == YAML_READER_ERROR)
    return kube_input_get_line (&self->input, parser->problem_offset);
  /* At the end of the text libyaml is one line further. */
  if (self->input.at == self->input.length)
    return MIN (line, kube_input_count_lines (&self->input));
  return line;
}

/* The most common mistake of all is a tab, which libyaml calls "found character that cannot start any token". */
static void
report_syntax (Reader *self)
{
  const yaml_parser_t *parser = &self->parser;
  guint line = problem_line (self);
  gboolean has_tab = parser->error != YAML_READER_ERROR && kube_input_has_tab (&self->input, line);

  self->broken = line;
  if (self->too_long)
    kube_report_text (self->report, KVOL_KUBE_ERROR, self->first_line + line, "%s", TOO_LONG);
  else
    kube_report_text (self->report, KVOL_KUBE_ERROR, self->first_line + line, "%s%s%s%s",
                      parser->problem ? parser->problem : "not YAML", parser->context ? " " : "",
                      parser->context ? parser->context : "", has_tab ? ": a tab cannot indent, use spaces" : "");
}

/* Answers FALSE at the end of the stream, and when nothing more can be made of it. */
static gboolean
step (Reader *self)
{
  yaml_event_t event;
  gboolean more;

  if (!yaml_parser_parse (&self->parser, &event))
    {
      report_syntax (self);
      return FALSE;
    }
  self->event_at = self->input.at;
  more = event.type != YAML_STREAM_END_EVENT && handle (self, &event);
  if (event.type == YAML_SCALAR_EVENT)
    explicit_bzero (event.data.scalar.value, event.data.scalar.length);
  yaml_event_delete (&event);
  return more;
}

/* yaml_read_handler_t: FALSE is a failure. */
static int
feed (void *data, unsigned char *buffer, size_t size, size_t *ret_length)
{
  Reader *self = data;

  self->too_long = self->input.at - self->event_at > KUBE_MAX_SCALAR + READ_AHEAD;
  *ret_length = self->too_long ? 0 : kube_input_read (&self->input, (char *) buffer, size);
  return !self->too_long;
}

/* The parser's buffers still hold what went through them last. */
static void
delete_parser (yaml_parser_t *parser)
{
  explicit_bzero (parser->raw_buffer.start, parser->raw_buffer.end - parser->raw_buffer.start);
  explicit_bzero (parser->buffer.start, parser->buffer.end - parser->buffer.start);
  yaml_parser_delete (parser);
}

/* To the end, or to the first thing that is broken. */
static void
read_some (Reader *self)
{
  self->document = 1;
  self->broken = 0;
  self->event_at = 0;
  if (!yaml_parser_initialize (&self->parser))
    g_error ("no memory for a YAML parser");
  yaml_parser_set_input (&self->parser, feed, self);
  while (step (self))
    ;
  while (self->depth > 0)
    pop (self);
  g_clear_pointer (&self->root, kube_node_free);
  delete_parser (&self->parser);
}

/* Moves to the document behind the broken one: it may have problems too, which are wanted in one go. */
static gboolean
skip_broken (Reader *self)
{
  /* What was never closed is broken where the next document begins. */
  guint from = self->broken > self->document ? self->broken : self->broken + 1;
  guint skipped = self->broken > 0 ? kube_input_skip_to_document (&self->input, from) : 0;

  self->first_line += skipped;
  if (skipped == 0 || ++self->n_broken < KUBE_MAX_BROKEN)
    return skipped > 0;
  kube_report_text (self->report, KVOL_KUBE_ERROR, self->first_line + 1,
                    G_STRINGIFY (KUBE_MAX_BROKEN) " documents are broken: nothing more is read");
  return FALSE;
}

static void
read_all (Reader *self)
{
  do
    read_some (self);
  while (skip_broken (self));
}

static gboolean
is_utf16 (const char *bytes, gsize length)
{
  return length >= 2 && (memcmp (bytes, "\xff\xfe", 2) == 0 || memcmp (bytes, "\xfe\xff", 2) == 0);
}

void
kube_read (KubeReport *report, const char *bytes, gsize length, KubeDocumentFunc each, gpointer data)
{
  Reader reader = { .report = report, .each = each, .data = data };
  guint line;

  kube_input_init (&reader.input, bytes, length);
  if (length > KUBE_MAX_FILE)
    kube_report_text (report, KVOL_KUBE_ERROR, 0, "larger than " G_STRINGIFY (KUBE_MAX_FILE) " bytes");
  else if (is_utf16 (bytes, length))
    kube_report_text (report, KVOL_KUBE_ERROR, 1, "UTF-16 is not supported: save the file as UTF-8");
  /* libyaml compares each with all before it. */
  else if ((line = kube_input_find (&reader.input, "%TAG", KUBE_MAX_DIRECTIVES + 1)) > 0)
    kube_report_text (report, KVOL_KUBE_ERROR, line,
                      "more than " G_STRINGIFY (KUBE_MAX_DIRECTIVES) " %%TAG directives");
  else
    read_all (&reader);
}
