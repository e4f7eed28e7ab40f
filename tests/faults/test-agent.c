/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same with the real program: kvol-agent is killed on its way up and down, and kvol-agent puts things right
 * again. The other sweeps meet every call of the library; this one takes every few, and what it adds is the program
 * around it. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scratch.h"
#include "world.h"

/* A prime, so that it meets something else in every round of a loop. */
#define STRIDE 5

static const char manifest_text[] =
    "apiVersion: v1\n"
    "kind: ConfigMap\n"
    "metadata: {name: web}\n"
    "data: {conf: listen 80, motd: hello}\n"
    "---\n"
    "apiVersion: v1\n"
    "kind: Secret\n"
    "metadata: {name: access}\n"
    "stringData: {password: open sesame, user: ali}\n"
    "---\n"
    "apiVersion: v1\n"
    "kind: Pod\n"
    "metadata: {name: faults, uid: " WORLD_POD_UID ", labels: {release: first}}\n"
    "spec:\n"
    "  volumes:\n"
    "  - {name: scratch, emptyDir: {}}\n"
    "  - {name: memory, emptyDir: {medium: Memory, sizeLimit: 1Mi}}\n"
    "  - {name: config, configMap: {name: web}}\n"
    "  - {name: access, secret: {secretName: access}}\n"
    "  - name: all\n"
    "    projected:\n"
    "      sources:\n"
    "      - secret: {name: access, items: [{key: user, path: user}]}\n"
    "      - downwardAPI:\n"
    "          items:\n"
    "          - {path: release, fieldRef: {fieldPath: \"metadata.labels['release']\"}}\n"
    "  - {name: host, hostPath: {path: %s, type: Directory}}\n"
    "  containers:\n"
    "  - name: web\n"
    "    image: web\n"
    "    env: [{name: DIR, value: sub}]\n"
    "    volumeMounts:\n"
    "    - {name: scratch, mountPath: /scratch, subPathExpr: $(DIR)/path}\n"
    "    - {name: host, mountPath: /host, subPath: inner}\n"
    "    - {name: config, mountPath: /etc/web.conf, subPath: conf}\n"
    "    - {name: memory, mountPath: /memory}\n"
    "    - {name: access, mountPath: /access}\n";

typedef struct
{
  World *world;
  char *program;
  char *manifest;
} Agent;

typedef enum
{
  UP,
  DOWN,
  RECOVER,
} Command;

static void
fill_argv (const Agent *self, Command command, const char **argv)
{
  *argv++ = self->program;
  *argv++ = "--root";
  *argv++ = self->world->root;
  *argv++ = command == UP ? "up" : command == DOWN ? "down" : "recover";
  if (command != RECOVER)
    *argv++ = command == UP ? self->manifest : "--all";
  *argv = NULL;
}

/* What the program says about a failure is the failure's text. */
static void
run (const Agent *self, Command command, Verdict *verdict)
{
  const char *argv[6];
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;
  int status = 0;

  fill_argv (self, command, argv);
  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &said, &status, &error)
      || !g_spawn_check_wait_status (status, &error))
    verdict_fail (verdict, "kvol-agent %s: %s: %s", argv[3], error->message, said != NULL ? said : "");
}

typedef struct
{
  const Agent *agent;
  Command command;
} Swept;

/* What a killed program had to say interests nobody. */
static int
be_agent (gpointer data)
{
  const Swept *swept = data;
  const char *argv[6];
  int null = open ("/dev/null", O_WRONLY | O_CLOEXEC);

  dup2 (null, STDOUT_FILENO);
  dup2 (null, STDERR_FILENO);
  fill_argv (swept->agent, swept->command, argv);
  return supervisor_exec (argv);
}

/* Answers whether there was such a call. */
static gboolean
kill_at (Agent *self, Command command, guint at, Verdict *verdict)
{
  const SupervisorPlan plan = { .act = SUPERVISOR_KILL, .at = at, .start_path = self->world->root };
  Swept swept = { self, command };
  SupervisorResult result;
  g_autoptr (GError) error = NULL;
  g_autofree char *where = NULL;

  world_lay (self->world);
  if (command == DOWN)
    run (self, UP, verdict);
  if (!supervisor_run (&plan, be_agent, &swept, &result, &error))
    {
      verdict_fail (verdict, "%s", error->message);
      return FALSE;
    }
  world_check_outside (self->world, verdict);
  run (self, RECOVER, verdict);
  if (at % 2 == 0)
    {
      run (self, UP, verdict);
      world_check_content (self->world, WORLD_OLD_OBJECTS, verdict);
    }
  run (self, DOWN, verdict);
  world_check_nothing_left (self->world, verdict);
  world_check_outside (self->world, verdict);
  if (verdict->level == VERDICT_PASS)
    return result.hit;
  where = supervisor_describe (&plan, &result);
  verdict_fail (verdict, "after %s", where);
  return FALSE;
}

static void
sweep (Agent *self, Command command)
{
  g_auto (Verdict) verdict = { 0 };
  guint at = 1;

  verdict_init (&verdict);
  while (kill_at (self, command, at, &verdict))
    at += STRIDE;
  print_message ("# killed at %u calls\n", at / STRIDE);
  assert_verdict (&verdict);
  /* A sweep that met nothing proves nothing. */
  assert_true (at / STRIDE > 10);
}

static void
kvol_agent_puts_right_what_a_killed_up_left (void **state)
{
  sweep (*state, UP);
}

static void
kvol_agent_puts_right_what_a_killed_down_left (void **state)
{
  sweep (*state, DOWN);
}

int
main (void)
{
  g_autofree char *program = g_build_filename (g_getenv ("B"), "bin", "kvol-agent", NULL);
  g_autofree char *text = NULL;
  g_autofree char *dir = NULL;
  g_autofree char *manifest = NULL;
  g_autoptr (World) world = NULL;
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !supervisor_works (&reason))
    {
      g_print ("ok - kvol-agent puts right what a kill left # SKIP %s\n", reason);
      return 0;
    }
  world = world_new ();
  dir = scratch_dir ("manifest");
  manifest = g_build_filename (dir, "pod.yaml", NULL);
  text = g_strdup_printf (manifest_text, world->outside);
  if (!g_file_set_contents (manifest, text, -1, NULL))
    g_error ("cannot write %s", manifest);

  Agent agent = { world, program, manifest };
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_prestate (kvol_agent_puts_right_what_a_killed_up_left, &agent),
    cmocka_unit_test_prestate (kvol_agent_puts_right_what_a_killed_down_left, &agent),
  };

  return cmocka_run_group_tests_name ("agent", tests, NULL, NULL);
}
