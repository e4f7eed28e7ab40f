/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that were made to have one hash have many. */
#include "kube-rows.h"

#include "manifest/hash.h"

static void
words_with_one_plain_hash_have_many (void **state)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < 1024; i++)
    {
      g_autoptr (GString) word = g_string_new (NULL);

      for (guint bit = 0; bit < 10; bit++)
        g_string_append (word, i >> bit & 1 ? "ar" : "c0");
      assert_int_equal (g_str_hash (word->str), g_str_hash ("c0c0c0c0c0c0c0c0c0c0"));
      g_hash_table_add (seen, GUINT_TO_POINTER (kube_hash_text (word->str)));
    }
  assert_true (g_hash_table_size (seen) > 1000);
}

static void
texts_of_all_lengths_have_hashes_of_their_own (void **state)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (gsize length = 0; length < 64; length++)
    {
      g_autofree char *text = g_strnfill (length, 'a');
      g_autofree char *copy = g_strdup (text);

      assert_int_equal (kube_hash_text (text), kube_hash_text (copy));
      g_hash_table_add (seen, GUINT_TO_POINTER (kube_hash_text (text)));
    }
  assert_int_equal (g_hash_table_size (seen), 64);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (words_with_one_plain_hash_have_many),
    cmocka_unit_test (texts_of_all_lengths_have_hashes_of_their_own),
  };

  return cmocka_run_group_tests_name ("kube-hash", tests, NULL, NULL);
}
