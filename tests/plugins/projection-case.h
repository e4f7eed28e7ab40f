/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two plugins of the projection family that show one object, as cases that every test is run for. */
#pragma once

#include "scripted-host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct {
  const char *plugin;
  const char *object;      /* the kind that it shows */
  const char *name_option;
  const char *missing_key; /* upstream's words for it */
  gboolean    in_memory;
} ProjectionCase;

extern const ProjectionCase projection_cases[];
extern const gsize          projection_n_cases;

ScriptedHost *projection_case_host (const ProjectionCase *self);

/* A volume of the object @name with further @options, in GVariant's text format. */
void projection_case_volume (const ProjectionCase *self, ScriptedVolume *volume, const char *name, const char *options);

/* Puts "ns/obj" of one key there. */
void projection_case_add_bytes (ScriptedHost *host, const ProjectionCase *self, const char *key, const guint8 *bytes,
                                gsize n);

/* What was published last: "PATH MODE UID CONTENT" each, sorted; the last one of equal paths. */
char *projection_case_dup_files (ScriptedHost *host);

/* Adds each of @stories once for each case, which is its state. The names belong to what is answered. */
GPtrArray *projection_cases_add (GArray *tests, const struct CMUnitTest *stories, gsize n_stories);
