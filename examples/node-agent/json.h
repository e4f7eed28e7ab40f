/* SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

/* @node as text that no terminal takes for a command: hostile characters are escapes. The caller frees it. */
char *json_to_text (JsonNode *node);

/* On stdout, with a newline. */
void  json_print (JsonNode *node);
