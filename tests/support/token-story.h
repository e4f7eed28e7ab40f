/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A story whose store has tokens. Calls are made on a thread while the main loop turns, as an agent's are: the store
 * answers there, also for a refresh in the background that a call may have to wait for. */
#pragma once

#include "support/story.h"
#include "support/token-store.h"

typedef struct {
  Story      *story;
  TokenStore *tokens;
} TokenStory;

/* With Secret "keys" and ConfigMap "settings". The main loop turns when a pod is done. */
void token_story_begin   (TokenStory *self);
/* Fails the test when recovery finds anything to say. */
void token_story_restart (TokenStory *self);
void token_story_end     (TokenStory *self);

gboolean token_story_try_sync (TokenStory *self, KvolPod *pod, GError **error);
/* These fail the test when they do not succeed. */
void     token_story_sync     (TokenStory *self, KvolPod *pod);
void     token_story_remove   (TokenStory *self, KvolPod *pod);

/* The projected volume "all" of pod "web". */
#define TOKEN_STORY_SOURCES(sources) "{'name': <'all'>, 'projected': <{'sources': <[" sources "]>}>}"
#define TOKEN_STORY_TOKEN "{'serviceAccountToken': <{'path': <'token'>, 'audience': <'vault'>}>}"

/* Its file @name, or itself for NULL; the caller frees it. */
char *token_story_path        (TokenStory *self, const char *name);
void  token_story_assert_file (TokenStory *self, const char *name, const char *content);
