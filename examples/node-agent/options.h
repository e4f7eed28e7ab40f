/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* Options that not every command has. */
enum {
  OPTION_OUTPUT    = 1 << 0,
  OPTION_TIMEOUT   = 1 << 1,
  OPTION_ALL       = 1 << 2,
  OPTION_DRY_RUN   = 1 << 3,
  OPTION_CONTAINER = 1 << 4,
  OPTION_ROOTFS    = 1 << 5,
  OPTION_COMMAND   = 1 << 6,  /* what follows "--" */
  OPTION_IMAGE     = 1 << 7,
};

/* The command line, read. */
typedef struct {
  char       *root;           /* absolute */
  char       *plugins;        /* absolute; NULL: next to the library */
  char       *config;         /* absolute; NULL: none */
  GPtrArray  *objects;        /* directories and files, absolute */
  char       *node_name;      /* the host's when it is not given */
  GHashTable *images;         /* reference to directory, absolute */
  const char *output;         /* one of the command's formats; NULL: it has none */
  const char *container;      /* NULL: not given */
  const char *rootfs;         /* NULL: not given */
  int         timeout;        /* seconds */
  gboolean    timeout_given;
  gboolean    all;
  gboolean    dry_run;
  gboolean    help;
  gboolean    version;
  guint       given;          /* which of OPTION_... were */
  GPtrArray  *arguments;      /* what is neither an option nor a command's name */
  char      **command;        /* what follows "--"; NULL: nothing did */
} Options;

/* Reads the command line, the command's name included (it is arguments[0] then). */
gboolean options_parse (Options *self, int argc, char **argv, GError **error);
void     options_clear (Options *self);

/* The lines of a --help about the options in @mask; 0: about those that every command has. @formats: what -o takes. */
char    *options_describe (guint mask, const char *const *formats);
/* The name of the option of the lowest bit in @mask. */
const char *options_name (guint mask);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)
