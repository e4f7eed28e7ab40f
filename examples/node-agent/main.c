/* SPDX-License-Identifier: MIT */
/* kvol-agent: a small node agent over libkvol and libkvol-kube. It reads the command line, runs one command, and ends.
 * All that must last is below the root directory and in the kernel: the next command finds it there. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "error.h"
#include "text.h"

static const Command *const commands[] = {
  &command_up,   &command_down,    &command_status,   &command_mounts,
  &command_exec, &command_recover, &command_validate, &command_probe,
};

static const Command *
find_command (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i]->name, name))
      return commands[i];
  return NULL;
}

static void
print_help (void)
{
  g_autofree char *options = options_describe (0, NULL);

  printf ("Usage: kvol-agent [OPTIONS] COMMAND [ARGUMENTS] [-- ...]\n\n"
          "Sets up the volumes of Kubernetes pods on this machine, without a cluster.\n\n"
          "Commands:\n");
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    printf ("  %-9s %s\n", commands[i]->name, commands[i]->summary);
  printf ("\nOptions, before or after the arguments:\n%s\n"
          "Exit codes: 0 done, 1 failed, 2 bad usage or manifest, 3 not possible here.\n\n"
          "Example:\n"
          "  kvol-agent --root /tmp/kubelet up guestbook/   set up\n"
          "  kvol-agent --root /tmp/kubelet exec web-0 -- ls -l /data\n"
          "  kvol-agent --root /tmp/kubelet down --all\n\n"
          "\"kvol-agent COMMAND --help\" tells more of each, with examples.\n",
          options);
}

static void
print_command_help (const Command *command)
{
  g_autofree char *all = options_describe (0, NULL);

  printf ("Usage: kvol-agent %s [OPTIONS]%s%s\n\n%s", command->name, *command->arguments != '\0' ? " " : "",
          command->arguments, command->description);
  if ((command->options & ~OPTION_COMMAND) != 0)
    {
      g_autofree char *own = options_describe (command->options, command->formats);

      printf ("\nOptions:\n%s", own);
    }
  printf ("\nOptions of every command:\n%s", all);
}

static gboolean
check_output (const Command *command, Options *options, GError **error)
{
  if (command->formats == NULL)
    return TRUE;
  if (options->output == NULL)
    options->output = command->formats[0];
  if (g_strv_contains (command->formats, options->output))
    return TRUE;

  g_autofree char *known = g_strjoinv (", ", (char **) command->formats);

  g_set_error (error, AGENT_ERROR, AGENT_USAGE, "%s cannot print as \"%s\", only as: %s", command->name,
               options->output, known);
  return FALSE;
}

static gboolean
check_usage (const Command *command, Options *options, GError **error)
{
  guint strange = options->given & ~command->options;

  if (strange == OPTION_COMMAND)
    {
      g_set_error (error, AGENT_ERROR, AGENT_USAGE, "%s takes nothing after \"--\"", command->name);
      return FALSE;
    }
  if (strange != 0)
    {
      g_set_error (error, AGENT_ERROR, AGENT_USAGE, "%s has no option --%s", command->name,
                   options_name (strange & ~OPTION_COMMAND));
      return FALSE;
    }
  if (options->arguments->len < command->min_arguments || options->arguments->len > command->max_arguments)
    {
      g_set_error (error, AGENT_ERROR, AGENT_USAGE, "usage: kvol-agent %s %s (see kvol-agent %s --help)", command->name,
                   command->arguments, command->name);
      return FALSE;
    }
  return check_output (command, options, error);
}

static int
run (int argc, char **argv, GError **error)
{
  g_auto (Options) options = { 0 };
  const Command *command = NULL;

  if (!options_parse (&options, argc, argv, error))
    return AGENT_USAGE;

  if (options.version)
    {
      puts ("kvol-agent " KVOL_VERSION);
      return AGENT_DONE;
    }
  if (options.arguments->len > 0)
    {
      const char *name = g_ptr_array_index (options.arguments, 0);

      command = find_command (name);
      if (command == NULL)
        {
          g_set_error (error, AGENT_ERROR, AGENT_USAGE, "there is no command \"%s\" (see kvol-agent --help)", name);
          return AGENT_USAGE;
        }
      g_ptr_array_remove_index (options.arguments, 0);
    }

  if (options.help)
    {
      if (command != NULL)
        print_command_help (command);
      else
        print_help ();
      return AGENT_DONE;
    }
  if (command == NULL)
    {
      g_set_error (error, AGENT_ERROR, AGENT_USAGE, "which command? (see kvol-agent --help)");
      return AGENT_USAGE;
    }
  if (!check_usage (command, &options, error))
    return AGENT_USAGE;
  return command->run (&options, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  setlocale (LC_CTYPE, "");
  text_take_log ();

  int code = run (argc, argv, &error);

  if (error != NULL)
    {
      text_complain ("%s", error->message);
      code = agent_exit_code (error);
    }
  /* Output that could not be written (a full disk, a closed pipe) is not done. */
  if (fflush (stdout) != 0 || ferror (stdout))
    {
      text_complain ("cannot write the output");
      return code != AGENT_DONE ? code : AGENT_FAILED;
    }
  return code;
}
