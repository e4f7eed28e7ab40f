/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/model.h"

#include <errno.h>
#include <fcntl.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/model-step.h"
#include "nfs-fuse/tree.h"

/* What a step is about is compared after each; all there is after so many. */
#define STEPS_PER_TREE 64

static void
side_open (ModelSide *self, const char *path)
{
  self->dir = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (gsize i = 0; i < MODEL_HELD; i++)
    self->held[i] = -1;
}

static void
side_clear (ModelSide *self)
{
  kvol_clear_fd (&self->dir);
  for (gsize i = 0; i < MODEL_HELD; i++)
    kvol_clear_fd (&self->held[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ModelSide, side_clear)

static char *
compare_entry (const ModelSide *mirror, const ModelSide *volume, const char *path)
{
  g_autofree char *a = tree_describe_entry (mirror->dir, path);
  g_autofree char *b = tree_describe_entry (volume->dir, path);

  return tree_dup_difference (a, b);
}

static char *
compare_trees (const ModelSide *mirror, const ModelSide *volume)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *a = tree_describe (mirror->dir, &error);
  g_autofree char *b = a == NULL ? NULL : tree_describe (volume->dir, &error);

  return b == NULL ? g_strdup (error->message) : tree_dup_difference (a, b);
}

static char *
do_step (ModelSide *mirror, ModelSide *volume, const ModelStep *step, ModelAct act)
{
  g_autoptr (GByteArray) a = g_byte_array_new ();
  g_autoptr (GByteArray) b = g_byte_array_new ();
  const int expected = act (mirror, step, a);
  const int got = act (volume, step, b);
  char *difference;

  if (expected != got)
    return g_strdup_printf ("wanted \"%s\", got \"%s\"", g_strerror (expected), g_strerror (got));
  if (a->len != b->len)
    return g_strdup_printf ("wanted %u bytes, got %u", a->len, b->len);
  for (guint i = 0; i < a->len; i++)
    if (a->data[i] != b->data[i])
      {
        g_autofree char *entry = tree_describe_entry (mirror->dir, step->path);

        return g_strdup_printf ("byte %u of %u is wrong: wanted %u, got %u; of %s", i, a->len, a->data[i], b->data[i],
                                entry);
      }
  difference = compare_entry (mirror, volume, step->path);
  return difference != NULL ? difference : compare_entry (mirror, volume, step->other);
}

char *
model_compare (const char *mirror_path, const char *volume_path, guint32 seed, gint64 usec, guint n_least,
               guint *ret_n_done)
{
  const gint64 end = g_get_monotonic_time () + usec;
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_auto (ModelSide) mirror;
  g_auto (ModelSide) volume;
  char *difference = NULL;
  guint n = 0;

  side_open (&mirror, mirror_path);
  side_open (&volume, volume_path);
  if (mirror.dir < 0 || volume.dir < 0)
    return g_strdup_printf ("open %s and %s: %s", mirror_path, volume_path, g_strerror (errno));
  for (; difference == NULL && (n < n_least || g_get_monotonic_time () < end); n++)
    {
      ModelStep step;
      ModelAct act = model_step_init (&step, random);
      g_autofree char *text = model_step_dup_text (&step);

      difference = do_step (&mirror, &volume, &step, act);
      if (difference == NULL && n % STEPS_PER_TREE == STEPS_PER_TREE - 1)
        difference = compare_trees (&mirror, &volume);
      if (difference != NULL)
        {
          g_autofree char *found = difference;

          difference = g_strdup_printf ("TEST_SEED=%u, step %u, %s: %s", seed, n, text, found);
        }
      model_step_clear (&step);
    }
  *ret_n_done = n;
  return difference != NULL ? difference : compare_trees (&mirror, &volume);
}
