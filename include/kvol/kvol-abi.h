/* SPDX-License-Identifier: MIT */
/* kvol-abi.h - all that a volume plugin and its host know of each other.
 *
 * A plugin includes this header, links GLib only, and exports one function:
 *
 *     const KvolPluginDesc *const *kvol_plugins_v1 (void);
 *
 * It answers a NULL-terminated list of constant tables, one per plugin name (one .so may hold a
 * family: configMap, secret, downwardAPI and projected are one).
 *
 * Growth     v1 never changes what exists: a minor appends fields, and `size` tells each side how
 *            many the other was built with. A missing slot reads as NULL. Anything else is v2, a new
 *            function beside this one. Structs have no tail padding (asserted below each).
 * Threads    open and close are called alone. Every other call may come from any thread. Calls from
 *            attach to unstage never overlap for one volume_id, the rest never for one volume_id in
 *            one pod; all others may.
 * Lending    arguments are borrowed for the call, fds included. What a plugin answers is the host's.
 * Retries    every call is repeated after a crash: finding the work already done, or already undone,
 *            is success.
 * Distance   only fds, strings, GVariants and flat structs cross this line, so that the host may run a
 *            plugin in another process. A plugin that sets KVOL_PLUGIN_MAY_HANG always runs in one that
 *            can be killed; nothing of it may live in `self` between calls: it lives in the record.
 * Options    are a GVariant a{sv} whose keys are the Kubernetes field names. Strings are `s`, booleans
 *            `b`, all integers and quantities `x` (bytes where the field is a size), lists of strings
 *            `as`, lists of objects `aa{sv}`, objects `a{sv}`. An unset field is absent; unknown keys
 *            are kept. A plugin does not know the pod: each item of a downwardAPI (the volume, or a
 *            source of a projected one) comes with what its fieldRef or resourceFieldRef means,
 *            `content`, or, when it means nothing, with `error`, both `s`.
 * Errors     are of the domain KVOL_ERROR (kvol-error.h tells what each code makes the host do), or
 *            G_IO_ERROR_CANCELLED.
 */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

#include "kvol-error.h"

G_BEGIN_DECLS

/* 0 until the first release: nothing is frozen. */
#define KVOL_ABI_MINOR 0

typedef struct _KvolHost       KvolHost;
typedef struct _KvolPluginDesc KvolPluginDesc;

/* Why a call is made. */
enum { KVOL_CAUSE_FIRST, KVOL_CAUSE_RETRY, KVOL_CAUSE_REFRESH, KVOL_CAUSE_RECOVERED };
enum { KVOL_MODE_FILESYSTEM, KVOL_MODE_BLOCK };

/* A volume of this node: the same for every pod that uses it. */
typedef struct {
  gsize              size;
  guint32            cause;
  guint32            mode;            /* file system or block device */
  const char        *volume_id;       /* as identify() said: unique on the node; NULL in identify() */
  const char        *spec_name;       /* the last path component: PV name, or the pod's volume name */
  const char        *fs_type;         /* NULL: the plugin's default */
  const char        *access_mode;     /* "ReadWriteOnce", ...; NULL: inline volume */
  const char        *selinux_label;   /* NULL: none */
  const char *const *mount_options;   /* NULL: none */
  const char        *stage_path;      /* absolute, for drivers that live in another process; or NULL */
  GVariant          *options;         /* a{sv}: the source's own fields; NULL after a loss */
  GVariant          *secrets;         /* a{say}; never logged, never kept; or NULL */
  GVariant          *publish_context; /* a{ss}, what attach() answered; or NULL */
  GVariant          *record;          /* a{sv}, what this plugin saved last; NULL: nothing */
  guint64            capacity;        /* bytes; 0: not said */
} KvolNodeVolume;

/* That volume in one pod. */
typedef struct {
  gsize                 size;
  const KvolNodeVolume *volume;
  const char           *volume_name;     /* as the pod calls it */
  const char           *pod_uid;
  const char           *pod_namespace;
  const char           *pod_name;
  const char           *service_account; /* or NULL */
  const char           *target_path;     /* absolute, for drivers that live in another process; or NULL */
  GVariant             *huge_pages;      /* at: page sizes (bytes) that the pod's resources name; or NULL */
  gint64                fs_group;        /* -1: none */
  gint64                fs_user;         /* -1: none */
  guint64               memory_limit;    /* bytes of memory the pod may use; 0: no limit known */
  guint32               read_only;
  guint32               reserved;
  int                   stage_fd;        /* the staged mount, or -1 */
  int                   userns_fd;       /* the pod's user namespace, or -1 */
} KvolPodVolume;

/* What came of a call that makes something. Zeroed by the host, fd and watch_fd are -1. */
enum {
  KVOL_MADE_FILLED,     /* the directory that was given holds the content */
  KVOL_MADE_TREE,       /* fd is a detached mount, for the host to hang */
  KVOL_MADE_HOST_PATH,  /* path exists and is the volume as it stands; nothing to hang */
  KVOL_MADE_MOUNTED,    /* another process mounted target_path; the host verifies by mount id */
  KVOL_MADE_DEVICE,     /* path is a block device, disk_seq its sequence number */
  KVOL_MADE_LOST,       /* refresh: what is mounted will never answer again; the host takes it down and calls setup().
                         * What was warned of in this call stays with the volume: whoever has the old mount keeps it */
};
enum { KVOL_APPLIED_FS_GROUP = 1, KVOL_APPLIED_SELINUX = 2, KVOL_APPLIED_READ_ONLY = 4 };

typedef struct {
  gsize     size;
  guint32   kind;
  int       fd;
  char     *path;
  GVariant *publish_context;    /* attach: a{ss} */
  guint64   applied;            /* what the host need not do any more */
  guint64   disk_seq;
  gint64    next_refresh_usec;  /* wall clock: refresh then, whatever else happens; 0: when an object changes */
  gint32    watch_fd;           /* setup, refresh: refresh when it becomes readable; the host's from then on; -1: none.
                                 * A pidfd is of the process that serves the volume: readable when that has ended, and
                                 * from then until a refresh the volume counts as failed. Set it only if KVOL_HAS says
                                 * so */
  guint32   reserved;
} KvolMade;

typedef struct {
  gsize   size;
  guint64 capacity_bytes, used_bytes, available_bytes;
  guint64 inodes, inodes_used, inodes_free;
} KvolUsageInfo;

/* A file that a plugin publishes. All of it is lent for the call. */
typedef struct {
  gsize       size;      /* of this struct: how far apart the files of an array are */
  const char *path;      /* relative, "/" between its parts */
  const void *content;
  gsize       length;    /* of the content, bytes */
  gint64      uid;       /* -1: keep */
  guint32     mode;      /* 0 to 0777 */
  guint32     reserved;
} KvolFile;

/* The low half may be ignored by a host that does not know it; the high half must be understood. */
enum {
  KVOL_PLUGIN_MOUNT_OPTIONS = 1 << 0,  /* user mount options are honoured */
  KVOL_PLUGIN_FS_GROUP      = 1 << 1,  /* the host shall apply fsGroup; what may hang it does not walk through */
  KVOL_PLUGIN_BLOCK         = 1 << 2,  /* volumeMode Block is offered */
  KVOL_PLUGIN_SHARED        = 1 << 3,  /* pods share the content: of the pods that have it at one time only the first
                                        * gives it its fsGroup, as its fsGroupChangePolicy says */
};
#define KVOL_PLUGIN_MAY_HANG     (G_GUINT64_CONSTANT (1) << 32)  /* run it where it can be killed */
#define KVOL_PLUGIN_NO_DIRECTORY (G_GUINT64_CONSTANT (1) << 33)  /* it answers host paths: dir_fd is -1 */

/* NULL means "not needed" or "cannot". Required: name, open, identify, setup, teardown. */
struct _KvolPluginDesc {
  gsize              size;
  guint32            minor;          /* KVOL_ABI_MINOR it was built with */
  guint32            min_host_minor; /* refuse to load on an older host */
  guint64            flags;
  const char        *name;           /* "kubernetes.io/nfs", "vendor.example/kind" */
  const char        *version;        /* for people only; or NULL */
  const char *const *provisioners;   /* StorageClass provisioner names it answers to; NULL: its name */

  /* @config is the plugin's a{sv} from the agent's configuration, or NULL. @host lives until close(). */
  gpointer (*open)     (const KvolHost *host, GVariant *config, GError **error);
  void     (*close)    (gpointer self);
  char    *(*identify) (gpointer self, const KvolNodeVolume *volume, GError **error);

#define KVOL_NODE_CALL gpointer self, const KvolNodeVolume *volume
#define KVOL_POD_CALL  gpointer self, const KvolPodVolume *volume
#define KVOL_END       GCancellable *cancellable, GError **error

  /* Is the other side there and willing? Answers one line per step: a(sssx) step, cause, text, µs. */
  GVariant *(*probe)       (KVOL_NODE_CALL, KVOL_END);

  /* Once per node: bring the device here, wait for it, mount it once for all pods. */
  gboolean  (*attach)      (KVOL_NODE_CALL, KvolMade *made, KVOL_END);
  gboolean  (*detach)      (KVOL_NODE_CALL, KVOL_END);
  gboolean  (*stage)       (KVOL_NODE_CALL, const char *device, int dir_fd, KvolMade *made, KVOL_END);
  gboolean  (*unstage)     (KVOL_NODE_CALL, int dir_fd, KVOL_END);
  gboolean  (*expand)      (KVOL_NODE_CALL, guint64 bytes, int stage_fd, KVOL_END);

  /* Once per pod. setup() gets the bare directory, refresh() and get_usage() the volume as it stands (refresh() of
   * a plugin with KVOL_PLUGIN_MAY_HANG: -1 when it is mounted and cannot be opened). At teardown() the host has
   * unmounted what it hung: dir_fd is the bare directory, or -1 when it is gone. */
  gboolean  (*setup)       (KVOL_POD_CALL, int dir_fd, KvolMade *made, KVOL_END);
  gboolean  (*refresh)     (KVOL_POD_CALL, int dir_fd, KvolMade *made, KVOL_END);
  gboolean  (*teardown)    (KVOL_POD_CALL, int dir_fd, KVOL_END);
  gboolean  (*get_usage)   (KVOL_POD_CALL, int dir_fd, KvolUsageInfo *usage, KVOL_END);
  GVariant *(*reconstruct) (KVOL_POD_CALL, int dir_fd, KVOL_END);  /* options, from what is on disk */

  /* The control side: make a volume for a claim, empty it, remove it. */
  GVariant *(*provision)   (gpointer self, GVariant *claim, GVariant *storage_class, KVOL_END);
  gboolean  (*remove)      (KVOL_NODE_CALL, KVOL_END);
  gboolean  (*scrub)       (KVOL_NODE_CALL, KVOL_END);
};

/* What the host does for a plugin. Safe from any thread. An int answer is an fd of the caller's or -1. A
 * service that this host does not offer is NULL. */
struct _KvolHost {
  gsize   size;
  guint32 minor;
  guint32 reserved;

  /* Keep @record (a{sv}) for @volume before the next step is taken; it comes back with every later call
   * about the volume. @pod_uid: the volume in that pod; NULL: the node's. @durable: it must survive a power
   * cut (attach, format, provision). */
  gboolean  (*save_record)     (const KvolHost *host, const KvolNodeVolume *volume, const char *pod_uid,
                                GVariant *record, gboolean durable, GError **error);

  /* A directory of the plugin's own below the root, 0700. */
  int       (*open_state_dir)  (const KvolHost *host, GError **error);
  /* Below @dir_fd whatever races with it: no `..`, no absolute or magic link leads out. */
  int       (*open_beneath)    (const KvolHost *host, int dir_fd, const char *path, int flags, mode_t mode,
                                GError **error);
  /* Three ways to a detached mount, nosuid and nodev. @path may be "": @dir_fd itself. */
  int       (*clone_tree)      (const KvolHost *host, int dir_fd, const char *path, gboolean recursive,
                                GError **error);
  /* @options are "key=value" or "key" each; an error carries the kernel's own words. "noswap?" is noswap where the
   * kernel has it; where it has not, it is left out and an event tells. */
  int       (*create_fs)       (const KvolHost *host, const char *fs_type, const char *source,
                                const char *const *options, GCancellable *cancellable, GError **error);
  int       (*run_mount_helper)(const KvolHost *host, const char *fs_type, const char *source,
                                const char *const *options, GCancellable *cancellable, GError **error);
  /* The file system on the device, "" for an empty one; what cannot be told apart is an error. */
  char     *(*probe_device)    (const KvolHost *host, int device_fd, GError **error);
  /* A program with a clean environment and a deadline; its output is in the error. */
  gboolean  (*run_program)     (const KvolHost *host, const char *const *argv, GCancellable *cancellable,
                                GError **error);
  /* A server that outlives the agent, in a session and a control group of its own; answers a pidfd. @argv[0] is an
   * absolute path, or the name of a program of kvol's own ("kvol-nfs"). @fds are its descriptors 3, 4, ...; it has no
   * others, and neither input nor output. */
  int       (*spawn_server)    (const KvolHost *host, const char *const *argv, const int *fds, gsize n_fds,
                                GError **error);
  /* Swap a whole set of files in at once; of equal paths the last one wins. Owner, group and mode are right before
   * anybody can see them. @stamp names what the files were made from: while is_published() says TRUE for the same
   * stamp, nothing need be built or written. NULL: none. */
  gboolean  (*publish_files)   (const KvolHost *host, const KvolPodVolume *volume, int dir_fd,
                                const KvolFile *files, gsize n_files, const char *stamp,
                                GCancellable *cancellable, GError **error);
  gboolean  (*is_published)    (const KvolHost *host, const KvolPodVolume *volume, int dir_fd,
                                const char *stamp);
  /* Delete what is in @dir_fd; refuses to step onto another mount. */
  gboolean  (*remove_contents) (const KvolHost *host, int dir_fd, GCancellable *cancellable, GError **error);
  /* Bytes and inodes that are used below @dir_fd, counted on its file system only; the rest is its file system's. */
  gboolean  (*measure_contents)(const KvolHost *host, int dir_fd, KvolUsageInfo *usage,
                                GCancellable *cancellable, GError **error);
  /* An object as a{sv}: "data" a{say}, "version" s, "immutable" b, "type" s. ABSENT only if it is not there. */
  GVariant *(*get_object)      (const KvolHost *host, const char *api_version, const char *kind, const char *ns,
                                const char *name, GCancellable *cancellable, GError **error);
  /* A token of the pod's service account, for @audience ("": the API server's own). The host keeps it and asks for a
   * new one when it has grown old, so ask with every refresh. Both times are wall clock, and may be NULL: until when
   * it is good, and when it is due (0: never), for KvolMade.next_refresh_usec. */
  char     *(*request_token)   (const KvolHost *host, const KvolPodVolume *volume, const char *audience,
                                gint64 seconds, gint64 *ret_expiry_usec, gint64 *ret_refresh_usec,
                                GCancellable *cancellable, GError **error);
  void      (*event)           (const KvolHost *host, gboolean warning, const char *reason, const char *text);
  void      (*progress)        (const KvolHost *host, guint64 done, guint64 total);

  /* Give a detached mount the options of a mount, in mount(8)'s words: "ro", "noexec", "noatime", ... An option that is
   * none (of a file system, say) is left out, and an event tells. */
  gboolean  (*set_tree_options)(const KvolHost *host, int tree_fd, const char *const *options, GError **error);
  /* The absolute path of the directory that holds the unpacked tree of image @reference. @pull_policy: "Always",
   * "IfNotPresent" or "Never", for whoever can fetch it. ABSENT when it is not here and does not come. */
  char     *(*find_image)      (const KvolHost *host, const KvolPodVolume *volume, const char *reference,
                                const char *pull_policy, GCancellable *cancellable, GError **error);
};

#define KVOL_ENDS_WITH(type, member) \
  G_STATIC_ASSERT (sizeof (type) == G_STRUCT_OFFSET (type, member) + sizeof (((type *) 0)->member))
KVOL_ENDS_WITH (KvolNodeVolume, capacity);
KVOL_ENDS_WITH (KvolPodVolume, userns_fd);
KVOL_ENDS_WITH (KvolMade, reserved);
KVOL_ENDS_WITH (KvolUsageInfo, inodes_free);
KVOL_ENDS_WITH (KvolFile, reserved);
KVOL_ENDS_WITH (KvolPluginDesc, scrub);
KVOL_ENDS_WITH (KvolHost, find_image);

/* Whether @s, built by the other side, is long enough to have @member. */
#define KVOL_HAS(s, member) \
  ((s)->size >= G_STRUCT_OFFSET (__typeof__ (*(s)), member) + sizeof ((s)->member))

KVOL_PLUGIN_EXPORT const KvolPluginDesc *const *kvol_plugins_v1 (void);

G_END_DECLS
