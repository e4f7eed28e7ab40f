/* SPDX-License-Identifier: MIT */
/* The program becomes the container runtime: all that the container needs is written into a private tmpfs, then crun
 * takes this process over. So its exit code and its signals are the runtime's own, and nothing is left to clean up. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "command.h"
#include "containers.h"
#include "context.h"
#include "error.h"
#include "fields.h"
#include "json.h"
#include "manifests.h"
#include "oci-config.h"
#include "pods.h"
#include "problems.h"
#include "rootfs.h"
#include "sources.h"
#include "text.h"

#define RUNTIME "crun"

/* One at a time: what was given to a later up counts, also where it could not be an update of what was given before. */
static void
add_objects (KvolKubeStore *store, const Options *options, char *path)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();
  g_autoptr (KvolKubeManifest) manifest = NULL;

  g_ptr_array_add (paths, path);
  manifest = manifests_read (options, paths);
  problems_print (manifest, KVOL_KUBE_ERROR, stderr);
  kvol_kube_store_add (store, manifest);
}

/* The objects of what up was given, then and now. What cannot be read any more is said, and missed only when the
 * container asks for it. */
static KvolKubeStore *
load_objects (const Options *options, GError **error)
{
  g_autoptr (KvolKubeStore) store = kvol_kube_store_new ();
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();
  g_autoptr (GPtrArray) sources = sources_load (options->root, error);

  if (sources == NULL)
    return NULL;
  for (guint i = 0; i < sources->len; i++)
    if (g_file_test (sources->pdata[i], G_FILE_TEST_EXISTS))
      g_ptr_array_add (paths, sources->pdata[i]);
  for (guint i = 0; i < options->objects->len; i++)
    g_ptr_array_add (paths, options->objects->pdata[i]);

  for (guint i = 0; i < paths->len; i++)
    add_objects (store, options, paths->pdata[i]);
  return g_steal_pointer (&store);
}

/* (transfer full): what Kubernetes gives to the container. */
static char **
make_environment (KvolManager *manager, KvolPod *pod, GVariant *container, const Options *options, GError **error)
{
  g_autoptr (KvolKubeStore) store = load_objects (options, error);

  if (store == NULL)
    return NULL;
  kvol_manager_set_store (manager, KVOL_STORE (store));
  return kvol_manager_dup_environment (manager, kvol_pod_get_uid (pod), field_string (container, "name"), NULL, error);
}

/* What the manifest asks for and a container of ours does not give. */
static void
warn_of_limits (GVariant *container, GPtrArray *mounts)
{
  g_autoptr (GVariant) security = field_object (container, "securityContext");

  if (field_bool (security, "privileged"))
    text_complain ("warning: the container is not privileged here");
  for (guint i = 0; i < mounts->len; i++)
    if (g_strv_contains (kvol_mount_get_options (mounts->pdata[i]), "rshared"))
      text_complain ("warning: what is mounted below \"%s\" stays in the container",
                     kvol_mount_get_destination (mounts->pdata[i]));
}

/* config.json as text: everything is known by then, and nothing was changed yet. */
static char *
describe_container (const Options *options, GError **error)
{
  g_auto (Context) context = { 0 };
  gboolean terminal = isatty (STDIN_FILENO) && isatty (STDOUT_FILENO);

  if (!context_open_to_look (&context, options, error))
    return NULL;

  g_autoptr (GPtrArray) pods = context_dup_pods (&context);
  KvolPod *pod = pods_find (pods, options->arguments->pdata[0], error);
  g_autoptr (GVariant) container = pod ? containers_find (pod, options->container, error) : NULL;

  if (container == NULL)
    return NULL;

  g_autoptr (GPtrArray) mounts =
      kvol_manager_get_mounts (context.manager, kvol_pod_get_uid (pod), field_string (container, "name"), error);
  g_auto (GStrv) environment = mounts ? make_environment (context.manager, pod, container, options, error) : NULL;

  if (environment == NULL)
    return NULL;

  warn_of_limits (container, mounts);

  const OciContainer description = {
    .pod = pod,
    .container = container,
    .mounts = mounts,
    .environment = environment,
    .command = options->command,
    .terminal = terminal,
  };
  g_autoptr (JsonNode) config = oci_config_new (&description, error);

  return config != NULL ? json_to_text (config) : NULL;
}

/* -1 without an error: none was asked for. */
static int
open_rootfs (const Options *options, GError **error)
{
  const char *path = options->rootfs != NULL ? options->rootfs : g_getenv ("KVOL_ROOTFS");
  int fd = -1;

  if (path == NULL || *path == '\0')
    return -1;
  fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    g_set_error (error, AGENT_ERROR, AGENT_USAGE, "cannot open the root file system \"%s\": %s", path,
                 g_strerror (errno));
  return fd;
}

/* The root file system is opened in the new namespace, whose own copy of the mount it has to be on, but before anything
 * is mounted over anything. */
static char *
prepare_bundle (const Options *options, const char *config, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *dir = NULL;

  if (!bundle_enter (error))
    return NULL;

  KVOL_AUTO_FD rootfs_fd = open_rootfs (options, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  /* What is made here is for the container, whatever the caller keeps from others. */
  umask (022);
  if (!bundle_make (options->root, &dir, error)
      || (rootfs_fd >= 0 ? !rootfs_from_directory (dir, rootfs_fd, error) : !rootfs_from_busybox (dir, error)))
    return NULL;

  g_autofree char *file = g_build_filename (dir, "config.json", NULL);

  if (!g_file_set_contents_full (file, config, -1, G_FILE_SET_CONTENTS_NONE, 0600, error))
    return NULL;
  return g_steal_pointer (&dir);
}

/* Comes back only when it fails. */
static void
become_runtime (const char *runtime, const char *dir, GError **error)
{
  g_autofree char *state = g_build_filename (dir, "state", NULL);
  const char *const argv[] = { RUNTIME, "--root",    state, "--cgroup-manager=disabled", "run", "--bundle",
                               dir,     "container", NULL };
  const char *const envp[] = { "PATH=" OCI_DEFAULT_PATH, NULL };

  /* GIO ignores it, and what is ignored stays so in the container. */
  signal (SIGPIPE, SIG_DFL);
  execve (runtime, (char *const *) argv, (char *const *) envp);
  g_set_error (error, AGENT_ERROR, AGENT_CANNOT, "cannot run \"%s\": %s", runtime, g_strerror (errno));
}

static int
run (const Options *options, GError **error)
{
  g_autofree char *runtime = g_find_program_in_path (RUNTIME);

  if (options->command != NULL && *options->command == NULL)
    {
      g_set_error (error, AGENT_ERROR, AGENT_USAGE, "which command? (nothing follows \"--\")");
      return AGENT_USAGE;
    }
  if (runtime == NULL)
    {
      g_set_error (error, AGENT_ERROR, AGENT_CANNOT, "there is no container runtime here: install " RUNTIME);
      return AGENT_CANNOT;
    }

  g_autofree char *config = describe_container (options, error);
  g_autofree char *dir = config ? prepare_bundle (options, config, error) : NULL;

  if (dir != NULL)
    become_runtime (runtime, dir, error);
  return AGENT_FAILED;
}

const Command command_exec = {
  .name = "exec",
  .arguments = "[NAMESPACE/]POD [-- CMD...]",
  .summary = "run a command in a container with a pod's volumes and environment",
  .description = "Runs CMD, or the container's own command, in a new OCI container (crun) with the\n"
                 "volumes, the environment, the user and the groups that the manifest gives it.\n"
                 "Ends with what the command ends with. The root file system is a directory\n"
                 "(--rootfs, or $KVOL_ROOTFS), which stays as it is, or a minimal tree of busybox;\n"
                 "what the container writes there is gone with it.\n\n"
                 "Examples:\n"
                 "  kvol-agent exec web-0 -- ls -l /data\n"
                 "  kvol-agent exec shop/web-0 -c app --rootfs /srv/images/app -- sh\n",
  .options = OPTION_CONTAINER | OPTION_ROOTFS | OPTION_COMMAND,
  .min_arguments = 1,
  .max_arguments = 1,
  .run = run,
};
