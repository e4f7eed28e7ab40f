/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* image against a scripted host: which image is asked for, with which policy, and what becomes of the answer. */
#include "scripted-host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "support/scratch.h"

typedef struct
{
  const char *name;
  const char *options;
  const char *asked;   /* "REFERENCE POLICY" */
  const char *refusal; /* INVALID_SPEC, when nothing is asked */
} Row;

#define OF(reference) "{'reference': <'" reference "'>}"
#define WITH(policy) "{'reference': <'web:1'>, 'pullPolicy': <'" policy "'>}"
#define SUPPORTED "supported values: \"Always\", \"IfNotPresent\", \"Never\""

/* What is left out is filled in as upstream does (pkg/apis/core/v1/defaults.go). */
static const Row rows[] = {
  { "an image without a tag is always pulled", OF ("web"), "web Always", NULL },
  { "the tag latest is always pulled", OF ("registry.test/web:latest"), "registry.test/web:latest Always", NULL },
  { "another tag is pulled if it is not present", OF ("registry.test/web:1.2"), "registry.test/web:1.2 IfNotPresent",
    NULL },
  { "a port is no tag", OF ("registry.test:5000/web"), "registry.test:5000/web Always", NULL },
  { "a tag after a port is one", OF ("registry.test:5000/web:1"), "registry.test:5000/web:1 IfNotPresent", NULL },
  { "a digest never changes", OF ("web@sha256:00"), "web@sha256:00 IfNotPresent", NULL },
  { "a digest counts more than the tag latest", OF ("web:latest@sha256:00"), "web:latest@sha256:00 IfNotPresent",
    NULL },
  { "a tag that begins with latest is another", OF ("web:latest-2"), "web:latest-2 IfNotPresent", NULL },
  { "Always is handed on", WITH ("Always"), "web:1 Always", NULL },
  { "IfNotPresent is handed on", WITH ("IfNotPresent"), "web:1 IfNotPresent", NULL },
  { "Never is handed on", WITH ("Never"), "web:1 Never", NULL },
  { "an unknown policy is refused", WITH ("never"), NULL,
    "image.pullPolicy: Unsupported value: \"never\": " SUPPORTED },
  { "an empty reference is refused", OF (""), NULL, "image.reference: Required value" },
  { "a reference that is no string is refused", "{'reference': <true>}", NULL, "image.reference: Required value" },
  { "no reference is refused", "@a{sv} {}", NULL, "image.reference: Required value" },
};

static void
an_image_is_asked_for_or_refused (void **state)
{
  const Row *row = *state;
  g_autoptr (ScriptedHost) host = scripted_host_new ("image", "kubernetes.io/image");
  g_autofree char *calls = g_strconcat ("find_image ", row->asked, "\nclone_tree\nset_tree_options ro", NULL);
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  struct stat held, named;

  host->image = "/usr";
  scripted_volume_init (&volume, row->options);

  gboolean ok = scripted_setup (host, &volume, -1, &error);

  if (row->refusal != NULL)
    {
      assert_false (ok);
      assert_refused (error, KVOL_ERROR_INVALID_SPEC, row->refusal);
      assert_calls (host, "");
      return;
    }
  assert_true (ok);
  assert_calls (host, calls);
  assert_int_equal (volume.made.kind, KVOL_MADE_TREE);
  assert_int_equal (volume.made.applied, KVOL_APPLIED_READ_ONLY);
  assert_int_equal (fstat (volume.made.fd, &held) + stat ("/usr", &named), 0);
  assert_true (held.st_dev == named.st_dev && held.st_ino == named.st_ino);
}

/* An error of the agent's reaches the operator as it is; a wrong answer names the image. */
static void
an_image_that_is_not_to_be_had_is_an_error (void **state)
{
  static const struct
  {
    const char *dir;
    const char *message;
  } answers[] = {
    { "/proc/kvol/missing",
      "image \"web\": open the directory \"/proc/kvol/missing\" that is to hold its tree: No such "
      "file or directory" },
    { "/proc/uptime", "image \"web\": open the directory \"/proc/uptime\" that is to hold its tree: Not a directory" },
  };
  g_autoptr (ScriptedHost) host = scripted_host_new ("image", "kubernetes.io/image");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) absent = NULL;

  scripted_volume_init (&volume, OF ("web"));
  for (size_t i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (GError) error = NULL;

      host->image = answers[i].dir;
      assert_false (scripted_setup (host, &volume, -1, &error));
      assert_refused (error, KVOL_ERROR_ABSENT, answers[i].message);
    }
  scripted_host_fail (host, "find_image", KVOL_ERROR_ABSENT, "fetch it first");
  assert_false (scripted_setup (host, &volume, -1, &absent));
  assert_refused (absent, KVOL_ERROR_ABSENT, "fetch it first");
}

static void
the_reference_identifies (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("image", "kubernetes.io/image");
  g_auto (ScriptedVolume) volume;
  g_auto (ScriptedVolume) lost;

  scripted_volume_init (&volume, OF ("web:1"));
  scripted_volume_init (&lost, NULL);

  g_autofree char *id = host->desc->identify (host->self, &volume.node, NULL);
  g_autofree char *id_after_a_loss = host->desc->identify (host->self, &lost.node, NULL);

  assert_string_equal (id, "web:1");
  assert_string_equal (id_after_a_loss, "vol");
}

/* As upstream: no fsGroup, no metrics, no mount options, nothing from disk. */
static void
the_tree_is_left_alone (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("image", "kubernetes.io/image");
  g_auto (ScriptedVolume) volume;

  scripted_volume_init (&volume, NULL);
  assert_true (host->desc->flags == 0);
  assert_null (host->desc->get_usage);
  assert_null (host->desc->refresh);
  assert_null (host->desc->reconstruct);
  assert_true (scripted_teardown (host, &volume, -1, NULL));
  assert_calls (host, "");
}

int
main (void)
{
  static const struct CMUnitTest stories[] = {
    cmocka_unit_test (an_image_that_is_not_to_be_had_is_an_error),
    cmocka_unit_test (the_reference_identifies),
    cmocka_unit_test (the_tree_is_left_alone),
  };
  struct CMUnitTest tests[G_N_ELEMENTS (rows) + G_N_ELEMENTS (stories)] = { 0 };

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                    .test_func = an_image_is_asked_for_or_refused,
                                    .initial_state = (void *) &rows[i] };
  memcpy (tests + G_N_ELEMENTS (rows), stories, sizeof stories);
  return cmocka_run_group_tests_name ("image", tests, NULL, NULL);
}
