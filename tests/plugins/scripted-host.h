/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host that does what a test tells it and writes down what it is asked: a plugin is tested against the ABI alone,
 * without libkvol, and mostly without a kernel that would have to agree. */
#pragma once

#include <gmodule.h>
#include <kvol/kvol-abi.h>

typedef struct {
  KvolHost    base;

  /* The script. */
  GHashTable *objects;       /* "KIND NAMESPACE/NAME" to a{sv}; all others are ABSENT */
  const char *token;         /* what request_token answers */
  gint64      token_expiry;
  gint64      token_refresh;
  const char *failing;       /* the service that fails; NULL: none */
  GError     *failure;       /* and with what */
  gboolean    asks_kernel;   /* create_fs makes a real file system */
  const char *image;         /* where find_image finds every image */

  /* What happened. */
  GPtrArray  *calls;         /* "create_fs tmpfs tmpfs size=4096,noswap?", "remove_contents", ... in order */
  GPtrArray  *events;        /* their texts */
  GVariant   *files;         /* a(suxay) that was published last, or NULL */
  char       *stamp;         /* and its stamp */
  int         published_fd;  /* and where to */

  /* The plugin under test. */
  GModule              *module;
  const KvolPluginDesc *desc;
  gpointer              self;
} ScriptedHost;

/* Loads plugins/kvol-@file.so of the build directory $B and opens its plugin @name. Fails the test when it cannot. */
ScriptedHost *scripted_host_new (const char *file, const char *name);
void scripted_host_free (ScriptedHost *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScriptedHost, scripted_host_free)

/* Puts an object into namespace @ns: @version may be NULL (it has none), then pairs of key and value. */
void scripted_host_add_object (ScriptedHost *self, const char *kind, const char *ns, const char *name,
                               const char *version, ...) G_GNUC_NULL_TERMINATED;
void scripted_host_remove_object (ScriptedHost *self, const char *kind, const char *ns, const char *name);

/* From now on the service @failing fails. */
void scripted_host_fail (ScriptedHost *self, const char *failing, int code, const char *message);

/* The calls since the last look, one to a line. The caller frees it. */
char *scripted_host_take_calls (ScriptedHost *self);
#define assert_calls(host, expected) do { \
    g_autofree char *calls_ = scripted_host_take_calls (host); \
    assert_string_equal (calls_, expected); \
  } while (0)

/* A volume "vol" of pod "ns/pod". */
typedef struct {
  KvolNodeVolume node;
  KvolPodVolume  pod;
  KvolMade       made;
} ScriptedVolume;

/* @options is an a{sv} in GVariant's text format, or NULL. */
void scripted_volume_init           (ScriptedVolume *self, const char *options);
/* The page sizes that the pod's resources name, up to the first 0. */
void scripted_volume_set_page_sizes (ScriptedVolume *self, const guint64 *sizes);
void scripted_volume_clear          (ScriptedVolume *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ScriptedVolume, scripted_volume_clear)

/* The plugin's slots with what a test has at hand. */
gboolean scripted_setup    (ScriptedHost *host, ScriptedVolume *volume, int dir_fd, GError **error);
gboolean scripted_refresh  (ScriptedHost *host, ScriptedVolume *volume, int dir_fd, GError **error);
gboolean scripted_teardown (ScriptedHost *host, ScriptedVolume *volume, int dir_fd, GError **error);

/* Fails the test unless @error has this code and message. */
void assert_refused (const GError *error, int code, const char *message);

/* Makes a directory of this process's own, in which g_dir_make_tmp() makes its own from now on. */
char *scripted_tmp_new (void);
/* Deletes such a directory with all that is in it. */
void scripted_remove_tree (const char *dir);
