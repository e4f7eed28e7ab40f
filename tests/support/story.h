/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kubelet root with a manager on it: where stories about pods begin. */
#pragma once

#include <kvol/kvol.h>

#include "support/memory-store.h"

typedef struct {
  char        *root; /* a fresh directory */
  KvolManager *manager;
  MemoryStore *store;
  GVariant    *config; /* of the plugins; or NULL */
} Story;

/* Plugins are those of the build (environment variable B). Fails the test when one does not load. */
Story *story_begin (void);
/* The same, with a configuration for the plugins, as GVariant text. */
Story *story_begin_configured (const char *config);
/* Like story_begin(), with the objects of STORY_FOUR_VOLUMES in the store: ConfigMap "settings", of the color blue and
 * a round shape, and Secret "keys", of which the password is xyzzy. */
Story *story_begin_with_objects (void);

#define STORY_FOUR_VOLUMES                                                                                             \
  "{'securityContext': <{'fsGroup': <int64 1234>}>, 'volumes': <["                                                     \
  "{'name': <'scratch'>, 'emptyDir': <@a{sv} {}>},"                                                                    \
  "{'name': <'cache'>, 'emptyDir': <{'medium': <'Memory'>, 'sizeLimit': <int64 1048576>}>},"                           \
  "{'name': <'config'>, 'configMap': <{'name': <'settings'>}>},"                                                       \
  "{'name': <'keys'>, 'secret': <{'secretName': <'keys'>}>}]>,"                                                        \
  "'containers': <[{'name': <'main'>, 'volumeMounts': <["                                                              \
  "{'name': <'scratch'>, 'mountPath': <'/scratch'>}, {'name': <'cache'>, 'mountPath': <'/cache'>},"                    \
  "{'name': <'config'>, 'mountPath': <'/etc/app'>}, {'name': <'keys'>, 'mountPath': <'/etc/keys'>}]>}]>}"

/* The process that had the root is gone without a word, another has come. */
void   story_restart (Story *self);
/* Fails the test when a mount, a pod's directory or a record is left. */
void   story_end   (Story *self);

/* A pod "default/NAME" with the UID "NAME-uid"; @spec is its spec as GVariant text. */
KvolPod *story_pod (const char *name, const char *spec);

/* Fails the test when it does not succeed. */
void story_sync   (Story *self, KvolPod *pod);
void story_remove (Story *self, KvolPod *pod);

/* ROOT/pods/NAME-uid/volumes/PLUGIN/VOLUME/FILE; @plugin as on disk, @file may be NULL. */
char *story_path (Story *self, const char *name, const char *plugin, const char *volume, const char *file);

/* The state that the status gives the volume, "" when it is not in it; the caller frees it. */
char *story_state (Story *self, const char *name, const char *volume);
