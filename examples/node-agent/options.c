/* SPDX-License-Identifier: MIT */
/* One table says what options there are; the parser and every --help are made of it. Options stand anywhere before
 * "--": getopt_long() moves what is no option to the end, and what follows "--" is cut off before it looks. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "error.h"
#include "node.h"

#define DEFAULT_ROOT "/var/lib/kubelet"
#define DEFAULT_TIMEOUT 15
#define MAX_TIMEOUT 86400

typedef struct
{
  const char *name;
  const char *metavar; /* NULL: a switch */
  int letter;          /* beyond what a char holds: it has no short form */
  guint option;        /* 0: every command has it */
  const char *help;
} OptionSpec;

enum
{
  LONG_ROOT = 256,
  LONG_PLUGINS,
  LONG_CONFIG,
  LONG_OBJECTS,
  LONG_NODE_NAME,
  LONG_TIMEOUT,
  LONG_ALL,
  LONG_DRY_RUN,
  LONG_ROOTFS,
  LONG_IMAGE,
};

static const OptionSpec specs[] = {
  { "root", "DIR", LONG_ROOT, 0, "the kubelet's directory (" DEFAULT_ROOT ")" },
  { "plugins", "DIR", LONG_PLUGINS, 0, "where the volume plugins are (next to libkvol)" },
  { "config", "FILE", LONG_CONFIG, 0, "YAML, plugins: {NAME: {KEY: VALUE}}, told to them" },
  { "objects", "DIR", LONG_OBJECTS, 0, "more manifests that pods may refer to; may be repeated" },
  { "node-name", "NAME", LONG_NODE_NAME, 0, "what this node is called (the host name)" },
  { "help", NULL, 'h', 0, "say what this does, with examples" },
  { "version", NULL, 'V', 0, "say which version this is" },
  { "output", "FORMAT", 'o', OPTION_OUTPUT, "how to print" },
  { "timeout", "SECONDS", LONG_TIMEOUT, OPTION_TIMEOUT, "how long to wait, in all (15); 0: not at all" },
  { "image", "NAME=DIR", LONG_IMAGE, OPTION_IMAGE, "where the tree of an image is; may be repeated" },
  { "all", NULL, LONG_ALL, OPTION_ALL, "every pod" },
  { "dry-run", NULL, LONG_DRY_RUN, OPTION_DRY_RUN, "only look, change nothing" },
  { "container", "NAME", 'c', OPTION_CONTAINER, "which container of the pod (the first)" },
  { "rootfs", "DIR", LONG_ROOTFS, OPTION_ROOTFS, "the root file system ($KVOL_ROOTFS, or busybox)" },
};

static char *
absolute_path (const char *path)
{
  return g_canonicalize_filename (path, NULL);
}

static gboolean
parse_timeout (Options *self, const char *text, GError **error)
{
  gint64 seconds;

  if (!g_ascii_string_to_signed (text, 10, 0, MAX_TIMEOUT, &seconds, NULL))
    {
      g_set_error (error, AGENT_ERROR, AGENT_USAGE, "--timeout wants seconds from 0 to %d, not \"%s\"", MAX_TIMEOUT,
                   text);
      return FALSE;
    }
  self->timeout = (int) seconds;
  self->timeout_given = TRUE;
  return TRUE;
}

static gboolean
parse_node_name (Options *self, const char *name, GError **error)
{
  g_free (self->node_name);
  self->node_name = g_strdup (name);
  return node_name_check (name, error);
}

/* A reference holds no "=", a directory may. */
static gboolean
parse_image (Options *self, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "=", 2);
  gboolean whole = parts[0] != NULL && *parts[0] != '\0' && parts[1] != NULL && *parts[1] != '\0';
  g_autofree char *dir = whole ? absolute_path (parts[1]) : NULL;

  if (!whole)
    g_set_error (error, AGENT_ERROR, AGENT_USAGE, "--image wants NAME=DIR, not \"%s\"", text);
  else if (!g_file_test (dir, G_FILE_TEST_IS_DIR))
    g_set_error (error, AGENT_ERROR, AGENT_USAGE, "--image %s: \"%s\" is not a directory", parts[0], dir);
  else if (!g_hash_table_insert (self->images, g_strdup (parts[0]), g_steal_pointer (&dir)))
    g_set_error (error, AGENT_ERROR, AGENT_USAGE, "--image %s is given twice", parts[0]);
  else
    return TRUE;
  return FALSE;
}

static gboolean
take_option (Options *self, int letter, const char *value, GError **error)
{
  switch (letter)
    {
    case LONG_ROOT:
      g_free (self->root);
      self->root = absolute_path (value);
      break;
    case LONG_PLUGINS:
      g_free (self->plugins);
      self->plugins = absolute_path (value);
      break;
    case LONG_CONFIG:
      g_free (self->config);
      self->config = absolute_path (value);
      break;
    case LONG_OBJECTS:
      g_ptr_array_add (self->objects, absolute_path (value));
      break;
    case LONG_NODE_NAME:
      return parse_node_name (self, value, error);
    case 'h':
      self->help = TRUE;
      break;
    case 'V':
      self->version = TRUE;
      break;
    case 'o':
      self->output = value;
      break;
    case LONG_TIMEOUT:
      return parse_timeout (self, value, error);
    case LONG_IMAGE:
      return parse_image (self, value, error);
    case LONG_ALL:
      self->all = TRUE;
      break;
    case LONG_DRY_RUN:
      self->dry_run = TRUE;
      break;
    case 'c':
      self->container = value;
      break;
    case LONG_ROOTFS:
      self->rootfs = value;
      break;
    }
  return TRUE;
}

static const OptionSpec *
find_spec (int letter)
{
  for (gsize i = 0; i < G_N_ELEMENTS (specs); i++)
    if (specs[i].letter == letter)
      return &specs[i];
  return NULL;
}

static gboolean
read_options (Options *self, int argc, char **argv, GError **error)
{
  struct option longs[G_N_ELEMENTS (specs) + 1] = { 0 };
  g_autoptr (GString) shorts = g_string_new (":");
  int letter;

  for (gsize i = 0; i < G_N_ELEMENTS (specs); i++)
    {
      longs[i].name = specs[i].name;
      longs[i].has_arg = specs[i].metavar != NULL ? required_argument : no_argument;
      longs[i].val = specs[i].letter;
      if (specs[i].letter <= G_MAXINT8)
        g_string_append_printf (shorts, "%c%s", specs[i].letter, specs[i].metavar != NULL ? ":" : "");
    }

  while ((letter = getopt_long (argc, argv, shorts->str, longs, NULL)) != -1)
    {
      const OptionSpec *spec = find_spec (letter);

      if (spec == NULL)
        {
          g_set_error (error, AGENT_ERROR, AGENT_USAGE, letter == ':' ? "%s wants a value" : "there is no option %s",
                       argv[optind - 1]);
          return FALSE;
        }
      self->given |= spec->option;
      if (!take_option (self, letter, optarg, error))
        return FALSE;
    }
  for (int i = optind; i < argc; i++)
    g_ptr_array_add (self->arguments, argv[i]);
  return TRUE;
}

gboolean
options_parse (Options *self, int argc, char **argv, GError **error)
{
  int end = 1;

  *self = (Options){ .timeout = DEFAULT_TIMEOUT };
  self->root = g_strdup (DEFAULT_ROOT);
  self->node_name = node_name_of_host ();
  self->objects = g_ptr_array_new_with_free_func (g_free);
  self->images = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->arguments = g_ptr_array_new ();

  while (end < argc && !g_str_equal (argv[end], "--"))
    end++;
  if (end < argc)
    {
      self->given |= OPTION_COMMAND;
      self->command = argv + end + 1;
    }

  opterr = 0;
  return read_options (self, end, argv, error);
}

void
options_clear (Options *self)
{
  g_clear_pointer (&self->root, g_free);
  g_clear_pointer (&self->plugins, g_free);
  g_clear_pointer (&self->config, g_free);
  g_clear_pointer (&self->node_name, g_free);
  g_clear_pointer (&self->objects, g_ptr_array_unref);
  g_clear_pointer (&self->images, g_hash_table_unref);
  g_clear_pointer (&self->arguments, g_ptr_array_unref);
}

const char *
options_name (guint mask)
{
  for (gsize i = 0; i < G_N_ELEMENTS (specs); i++)
    if ((specs[i].option & mask) != 0)
      return specs[i].name;
  return "";
}

static void
describe_one (GString *out, const OptionSpec *spec, const char *const *formats)
{
  g_autofree char *form = g_strconcat ("--", spec->name, spec->metavar != NULL ? " " : "",
                                       spec->metavar != NULL ? spec->metavar : "", NULL);

  if (spec->letter <= G_MAXINT8)
    g_string_append_printf (out, "  -%c, %-19s %s", spec->letter, form, spec->help);
  else
    g_string_append_printf (out, "      %-19s %s", form, spec->help);

  for (gsize i = 0; spec->option == OPTION_OUTPUT && formats[i] != NULL; i++)
    g_string_append_printf (out, "%s%s", i == 0 ? ": " : ", ", formats[i]);
  g_string_append_c (out, '\n');
}

char *
options_describe (guint mask, const char *const *formats)
{
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (specs); i++)
    {
      if (mask == 0 ? specs[i].option != 0 : (specs[i].option & mask) == 0)
        continue;
      describe_one (out, &specs[i], formats);
    }
  return g_string_free (out, FALSE);
}
