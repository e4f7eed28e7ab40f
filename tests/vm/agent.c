/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "support/built.h"

/* The longest of all deadlines, and what an emulated processor needs. */
#define AT_MOST_SECONDS 25

/* (transfer full): to the NULL at its end. */
static GPtrArray *
new_command (const Agent *self)
{
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (argv, built_path ("bin/kvol-agent"));
  g_ptr_array_add (argv, g_strdup ("--root"));
  g_ptr_array_add (argv, g_strdup (self->root));
  return argv;
}

int
agent_run (Agent *self, ...)
{
  g_autoptr (GPtrArray) argv = new_command (self);
  const guint first = argv->len;
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  gint64 began = g_get_monotonic_time ();
  gint64 took;
  va_list args;
  int status;

  va_start (args, self);
  for (const char *arg = va_arg (args, const char *); arg != NULL; arg = va_arg (args, const char *))
    g_ptr_array_add (argv, g_strdup (arg));
  va_end (args);
  g_ptr_array_add (argv, NULL);
  assert_true (
      g_spawn_sync (NULL, (char **) argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, &errors, &status, NULL));
  took = g_get_monotonic_time () - began;
  g_free (self->output);
  self->output = g_strconcat (output, errors, NULL);
  if (took > AT_MOST_SECONDS * G_TIME_SPAN_SECOND)
    fail_msg ("%s took %d s: %s", (char *) argv->pdata[first], (int) (took / G_TIME_SPAN_SECOND), self->output);
  print_message ("# %s: %d ms\n", (char *) argv->pdata[first], (int) (took / 1000));
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

GPid
agent_start (const Agent *self, const char *const *args)
{
  g_autoptr (GPtrArray) argv = new_command (self);
  GPid pid = 0;

  for (gsize i = 0; args[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (args[i]));
  g_ptr_array_add (argv, NULL);
  assert_true (g_spawn_async (NULL, (char **) argv->pdata, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL));
  return pid;
}

void
agent_assert_said (const Agent *self, const char *words)
{
  if (strstr (self->output, words) == NULL)
    fail_msg ("\"%s\" is not in: %s", words, self->output);
}

void
agent_assert_no_mount (const Agent *self)
{
  g_autofree char *mounts = NULL;

  assert_true (g_file_get_contents ("/proc/self/mounts", &mounts, NULL, NULL));
  assert_null (strstr (mounts, self->root));
}

void
agent_clear (Agent *self)
{
  g_clear_pointer (&self->root, g_free);
  g_clear_pointer (&self->output, g_free);
}
