/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks through the memory of this very process for what a Secret said. A program of its own, so that nothing else has
 * left its traces there. */
#include "kube-rows.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/scratch.h"

/* The password, told in another alphabet so that this is no copy of it. */
static const char disguised[] = { 'c' + 1, 'a' + 1, 'n' + 1, 'a' + 1, 'r' + 1,
                                  'y' + 1, '-' + 1, '4' + 1, 'z' + 1, 'q' + 1 };

/* The first bytes of freed memory are the allocator's: the password stands behind them. */
#define PADDING "................................"

static void
reveal (char *password)
{
  for (size_t i = 0; i < sizeof (disguised); i++)
    password[i] = disguised[i] - 1;
  password[sizeof (disguised)] = '\0';
}

static guint
count_in (const char *bytes, gssize length)
{
  guint count = 0;

  for (gssize i = 0; i + (gssize) sizeof (disguised) <= length; i++)
    {
      size_t k = 0;

      while (k < sizeof (disguised) && bytes[i + k] == disguised[k] - 1)
        k++;
      count += k == sizeof (disguised);
    }
  return count;
}

/* In one mapping, seen through a copy that is not part of what is searched. */
static guint
count_between (int memory, unsigned long from, unsigned long to)
{
  char *copy = mmap (NULL, to - from, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  guint count = count_in (copy, pread (memory, copy, to - from, from));

  munmap (copy, to - from);
  return count;
}

/* How often the password stands in the memory that can be written. The stack is left out: it is this test's, too. */
static guint
count_copies (void)
{
  static const char *const maps = "/proc/self/maps";
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  int memory = open ("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  guint count = 0;

  assert_true (memory >= 0);
  assert_true (g_file_get_contents (maps, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      unsigned long from = 0;
      unsigned long to = 0;
      char mode[8] = "";

      if (sscanf (lines[i], "%lx-%lx %7s", &from, &to, mode) == 3 && g_str_has_prefix (mode, "rw")
          && strstr (lines[i], "[stack]") == NULL)
        count += count_between (memory, from, to);
    }
  close (memory);
  return count;
}

/* Base64 of the padded password. */
static char *
encode (const char *password)
{
  char text[sizeof (PADDING) + sizeof (disguised)];
  char *base64;

  g_snprintf (text, sizeof (text), PADDING "%s", password);
  base64 = g_base64_encode ((const guchar *) text, strlen (text));
  explicit_bzero (text, sizeof (text));
  return base64;
}

static KvolKubeManifest *
read_secret (const char *after)
{
  KvolKubeManifest *manifest = kvol_kube_manifest_new ();
  char password[sizeof (disguised) + 1];
  char text[1024];
  g_autofree char *base64 = NULL;
  g_autoptr (GBytes) bytes = NULL;

  reveal (password);
  base64 = encode (password);
  g_snprintf (text, sizeof (text),
              "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
              "stringData: {a: " PADDING "%s, b: \"" PADDING "%s\"}\ndata: {c: %s}\n%s",
              password, password, base64, after);
  bytes = g_bytes_new_static (text, strlen (text));
  kvol_kube_manifest_add_bytes (manifest, "f", bytes);
  g_clear_pointer (&bytes, g_bytes_unref);
  explicit_bzero (text, sizeof (text));
  return manifest;
}

static void
no_copy_of_a_secret_outlives_its_owners (void **state)
{
#ifdef __SANITIZE_ADDRESS__
  skip_because ("a sanitizer keeps what was freed");
#endif
  g_autoptr (KvolKubeManifest) manifest = read_secret ("");
  g_autoptr (KvolKubeStore) store = kvol_kube_store_new ();

  kvol_kube_store_add (store, manifest);

  g_autoptr (GVariant) object =
      KVOL_STORE_GET_IFACE (store)->peek (KVOL_STORE (store), "v1", "Secret", "default", "s", NULL);

  g_clear_object (&store);
  assert_int_equal (kvol_kube_manifest_get_problems (manifest)->len, 0);
  /* Two in the manifest, and three in the answer, whose third was base64 there. */
  assert_int_equal (count_copies (), 5);
  g_clear_object (&manifest);
  assert_int_equal (count_copies (), 3);
  g_clear_pointer (&object, g_variant_unref);
  assert_int_equal (count_copies (), 0);
}

static void
a_broken_manifest_leaves_no_copy_either (void **state)
{
#ifdef __SANITIZE_ADDRESS__
  skip_because ("a sanitizer keeps what was freed");
#endif
  g_autoptr (KvolKubeManifest) manifest = read_secret ("a: [");

  assert_true (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
  assert_int_equal (count_copies (), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (no_copy_of_a_secret_outlives_its_owners),
    cmocka_unit_test (a_broken_manifest_leaves_no_copy_either),
  };

  return cmocka_run_group_tests_name ("kube-wipe", tests, NULL, NULL);
}
