/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One table says which options there are, which values each may have, and what becomes of it: by the kernel's client,
 * which is told of what the table says is its, and without one, where kvol-nfs takes what has a function beside it.
 * What that cannot do is either so anyway, or left out with a word; what would be wrong to leave out is refused. */
#include "options.h"

#include <string.h>
#include <sys/socket.h>

/* What holds when nothing is said. */
#define TIMEO 600
#define RETRANS 2

typedef void (*Apply) (NfsOptions *self, const char *value, gint64 number);

static void
set_version (NfsOptions *self, const char *value, gint64 number)
{
  self->version = value[0] - '0';
  self->minor = value[1] == '.' ? value[2] - '0' : -1;
}

/* "v4.1" */
static void
set_version_word (NfsOptions *self, const char *value, gint64 number)
{
  set_version (self, value + 1, number);
}

static void
set_minor (NfsOptions *self, const char *value, gint64 number)
{
  self->version = 4;
  self->minor = (int) number;
}

static void
set_port (NfsOptions *self, const char *value, gint64 number)
{
  self->port = (int) number;
}

static void
set_mount_port (NfsOptions *self, const char *value, gint64 number)
{
  self->mount_port = (int) number;
}

static void
set_family (NfsOptions *self, const char *value, gint64 number)
{
  self->family = g_str_equal (value, "tcp6") ? AF_INET6 : AF_INET;
}

static void
set_security (NfsOptions *self, const char *value, gint64 number)
{
  self->by_kerberos = g_str_has_prefix (value, "krb5");
  self->anonymous = g_str_equal (value, "none");
}

static void
set_any_port (NfsOptions *self, const char *value, gint64 number)
{
  self->any_port = TRUE;
}

static void
set_reserved_port (NfsOptions *self, const char *value, gint64 number)
{
  self->any_port = FALSE;
}

/* "lock", "nolock", or what holds on this node only */
static void
set_locks (NfsOptions *self, const char *value, gint64 number)
{
  const gboolean all = g_str_equal (value, "nolock") || g_str_equal (value, "all");

  self->says_locks = TRUE;
  self->local_posix = all || g_str_equal (value, "posix");
  self->local_flock = all || g_str_equal (value, "flock");
}

/* ---- what a server of our own is told ---- */

static void
set_patience (NfsOptions *self, const char *value, gint64 number)
{
  self->soft = !g_str_equal (value, "hard");
  self->soft_is_late = g_str_equal (value, "softerr");
}

static void
set_timeo (NfsOptions *self, const char *value, gint64 number)
{
  self->timeo = number;
}

static void
set_retrans (NfsOptions *self, const char *value, gint64 number)
{
  self->retrans = number;
}

static void
set_connections (NfsOptions *self, const char *value, gint64 number)
{
  self->connections = (int) number;
}

static void
set_file_min (NfsOptions *self, const char *value, gint64 number)
{
  self->file_min = (int) number;
}

static void
set_file_max (NfsOptions *self, const char *value, gint64 number)
{
  self->file_max = (int) number;
}

static void
set_directory_min (NfsOptions *self, const char *value, gint64 number)
{
  self->directory_min = (int) number;
}

static void
set_directory_max (NfsOptions *self, const char *value, gint64 number)
{
  self->directory_max = (int) number;
}

static void
set_all_ages (NfsOptions *self, const char *value, gint64 number)
{
  self->file_min = self->file_max = (int) number;
  self->directory_min = self->directory_max = (int) number;
}

static void
set_caching (NfsOptions *self, const char *value, gint64 number)
{
  self->no_cache = g_str_equal (value, "noac");
}

static void
set_lookups (NfsOptions *self, const char *value, gint64 number)
{
  self->lookups = g_str_equal (value, "none")  ? NFS_LOOKUPS_NONE
                  : g_str_equal (value, "all") ? NFS_LOOKUPS_ALL
                                               : NFS_LOOKUPS_POSITIVE;
}

static void
set_writes (NfsOptions *self, const char *value, gint64 number)
{
  self->writes_at_once = !g_str_equal (value, "lazy");
}

static void
set_sync (NfsOptions *self, const char *value, gint64 number)
{
  self->sync = g_str_equal (value, "sync");
}

/* ---- the table ---- */

/* How much kvol-nfs asks for at once. */
#define TRANSFER (1024 * 1024)

typedef struct
{
  const char *names; /* that mean the same, between blanks */
  const char *words; /* values it may have, between blanks; NULL: a number */
  gint64 min;        /* of the number */
  gint64 max;        /* 0, and no words: it has no value */
  Apply apply;       /* NULL: nobody here asks for it */
  enum
  {
    KERNELS, /* of the file system */
    MOUNTS,  /* of the one mount */
    WAYS,    /* of the way to the server: a mount by the kernel gets it from what was found */
    NOBODYS, /* kvol does what it asks for anyway, or it has no meaning for a volume */
  } whose;
  enum
  {
    HONOURED,
    SO_ANYWAY,      /* or it has no meaning */
    LEFT_OUT,       /* with a word */
  } without_client; /* what becomes of it without the kernel's client */
  gint64 so_from;   /* the number from which it is so anyway; 0: there is none */
} OptionSpec;

static const OptionSpec specs[] = {
  { "vers nfsvers", "3 4 4.0 4.1 4.2", 0, 0, set_version, WAYS, HONOURED },
  { "v3 v4 v4.0 v4.1 v4.2", NULL, 0, 0, set_version_word, WAYS, HONOURED },
  { "minorversion", NULL, 0, 2, set_minor, WAYS, HONOURED },
  { "mountvers", "3", 0, 0, NULL, WAYS, SO_ANYWAY },
  { "proto", "tcp tcp6", 0, 0, set_family, WAYS, HONOURED },
  { "tcp", NULL, 0, 0, NULL, WAYS, SO_ANYWAY },
  { "mountproto", "tcp tcp6", 0, 0, NULL, WAYS, SO_ANYWAY },
  { "port", NULL, 0, G_MAXUINT16, set_port, WAYS, HONOURED },
  { "mountport", NULL, 0, G_MAXUINT16, set_mount_port, WAYS, HONOURED },
  { "sec", "none sys krb5 krb5i krb5p", 0, 0, set_security, KERNELS, HONOURED },
  { "resvport", NULL, 0, 0, set_reserved_port, KERNELS, HONOURED },
  { "noresvport", NULL, 0, 0, set_any_port, KERNELS, HONOURED },
  { "ro rw", NULL, 0, 0, NULL, MOUNTS, HONOURED },
  { "hard soft softerr", NULL, 0, 0, set_patience, KERNELS, HONOURED },
  { "softreval", NULL, 0, 0, NULL, KERNELS, LEFT_OUT },
  { "nosoftreval", NULL, 0, 0, NULL, KERNELS, SO_ANYWAY },
  { "timeo", NULL, 1, G_MAXINT32, set_timeo, KERNELS, HONOURED },
  { "retrans", NULL, 0, G_MAXINT32, set_retrans, KERNELS, HONOURED },
  { "rsize wsize", NULL, 1, G_MAXINT32, NULL, KERNELS, LEFT_OUT, TRANSFER },
  { "nconnect", NULL, 1, 16, set_connections, KERNELS, HONOURED },
  { "max_connect", NULL, 1, 16, NULL, KERNELS, SO_ANYWAY },
  { "acregmin", NULL, 0, G_MAXINT32, set_file_min, KERNELS, HONOURED },
  { "acregmax", NULL, 0, G_MAXINT32, set_file_max, KERNELS, HONOURED },
  { "acdirmin", NULL, 0, G_MAXINT32, set_directory_min, KERNELS, HONOURED },
  { "acdirmax", NULL, 0, G_MAXINT32, set_directory_max, KERNELS, HONOURED },
  { "actimeo", NULL, 0, G_MAXINT32, set_all_ages, KERNELS, HONOURED },
  { "ac noac", NULL, 0, 0, set_caching, KERNELS, HONOURED },
  { "lookupcache", "all none pos positive", 0, 0, set_lookups, KERNELS, HONOURED },
  { "cto noacl rdirplus nosharecache nofsc nomigration", NULL, 0, 0, NULL, KERNELS, SO_ANYWAY },
  { "nocto acl nordirplus sharecache fsc migration", NULL, 0, 0, NULL, KERNELS, LEFT_OUT },
  { "lock nolock", NULL, 0, 0, set_locks, KERNELS, HONOURED },
  { "local_lock", "none all flock posix", 0, 0, set_locks, KERNELS, HONOURED },
  { "write", "lazy eager wait", 0, 0, set_writes, KERNELS, HONOURED },
  { "atime noatime diratime nodiratime relatime norelatime strictatime", NULL, 0, 0, NULL, MOUNTS, HONOURED },
  { "exec noexec", NULL, 0, 0, NULL, MOUNTS, HONOURED },
  { "nosuid nodev", NULL, 0, 0, NULL, NOBODYS, SO_ANYWAY },
  { "sync async", NULL, 0, 0, set_sync, KERNELS, HONOURED },
  { "dirsync", NULL, 0, 0, NULL, KERNELS, SO_ANYWAY },
  { "defaults _netdev nofail fg intr nointr", NULL, 0, 0, NULL, NOBODYS, SO_ANYWAY },
  { "retry", NULL, 0, G_MAXINT32, NULL, NOBODYS, SO_ANYWAY },
};

/* What could be meant well, and why kvol does not take it all the same. */
static const struct
{
  const char *name;
  const char *value; /* NULL: any */
  const char *reason;
} refused[] = {
  { "vers", "2", "NFS 2 is gone from current kernels; use 3 or 4" },
  { "nfsvers", "2", "NFS 2 is gone from current kernels; use 3 or 4" },
  { "proto", "udp", "NFS over UDP damages data on fast networks, and current kernels refuse it; use tcp" },
  { "proto", "rdma", "kvol reaches servers by TCP only" },
  { "mountproto", "udp", "kvol reaches servers by TCP only" },
  { "udp", NULL, "NFS over UDP damages data on fast networks, and current kernels refuse it; use tcp" },
  { "addr", NULL, "kvol finds the server's address itself" },
  { "clientaddr", NULL, "kvol finds this node's address itself" },
  { "mountaddr", NULL, "the mount service is asked at the server itself" },
  { "mounthost", NULL, "the mount service is asked at the server itself" },
  { "suid", NULL, "volumes are mounted with nosuid" },
  { "dev", NULL, "volumes are mounted with nodev" },
  { "bg", NULL, "kvol tries again by itself" },
  { "remount", NULL, "it is no option of a volume" },
  { "bind", NULL, "it is no option of a volume" },
};

static gboolean
throw_option (GError **error, const char *option, const char *what)
{
  g_autofree char *quoted = g_strescape (option, NULL);

  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "mount option \"%s\": %s", quoted, what);
  return FALSE;
}

/* Whether @word is one of the words of @list; the empty one never is. */
static gboolean
has_word (const char *list, const char *word)
{
  gsize length = strlen (word);

  for (const char *at = list; length > 0 && (at = strstr (at, word)) != NULL; at += length)
    if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
      return strchr (word, ' ') == NULL;
  return FALSE;
}

static const OptionSpec *
find_spec (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (specs); i++)
    if (has_word (specs[i].names, name))
      return &specs[i];
  return NULL;
}

static const char *
find_reason (const char *name, const char *value)
{
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    if (g_str_equal (refused[i].name, name) && (refused[i].value == NULL || g_strcmp0 (refused[i].value, value) == 0))
      return refused[i].reason;
  return NULL;
}

static gboolean
check_value (const OptionSpec *spec, const char *option, const char *value, gint64 *ret_number, GError **error)
{
  gboolean has_value = spec->words != NULL || spec->max > 0;
  g_autofree char *what = NULL;

  if (!has_value)
    return value == NULL || throw_option (error, option, "it takes no value");
  if (spec->words != NULL)
    {
      if (value != NULL && has_word (spec->words, value))
        return TRUE;
      what = g_strdup_printf ("its value must be one of: %s", spec->words);
    }
  else
    {
      /* A sign is a number for GLib, but not for the kernel. */
      if (value != NULL && g_ascii_isdigit (*value)
          && g_ascii_string_to_signed (value, 10, spec->min, spec->max, ret_number, NULL))
        return TRUE;
      what = g_strdup_printf ("its value must be a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, spec->min,
                              spec->max);
    }
  return throw_option (error, option, what);
}

static void
keep (NfsOptions *self, const OptionSpec *spec, const char *option, gint64 number)
{
  GPtrArray *const lists[] = { [KERNELS] = self->kernel, [MOUNTS] = self->mount, [WAYS] = self->way };

  if (spec->whose != NOBODYS)
    g_ptr_array_add (lists[spec->whose], g_strdup (option));
  if (spec->without_client == LEFT_OUT && (spec->so_from == 0 || number < spec->so_from))
    g_ptr_array_add (self->left_out, g_strdup (option));
}

static gboolean
read_option (NfsOptions *self, const char *option, GError **error)
{
  const char *equals = strchr (option, '=');
  const char *value = equals != NULL ? equals + 1 : NULL;
  g_autofree char *name = equals != NULL ? g_strndup (option, equals - option) : g_strdup (option);
  const char *reason = find_reason (name, value);
  const OptionSpec *spec = find_spec (name);
  gint64 number = 0;

  if (reason != NULL)
    return throw_option (error, option, reason);
  if (spec == NULL)
    return throw_option (error, option, "it is not known to be an option of NFS");
  if (!check_value (spec, option, value, &number, error))
    return FALSE;
  if (spec->apply != NULL)
    spec->apply (self, value != NULL ? value : name, number);
  keep (self, spec, option, number);
  return TRUE;
}

void
nfs_options_clear (NfsOptions *self)
{
  g_clear_pointer (&self->kernel, g_ptr_array_unref);
  g_clear_pointer (&self->mount, g_ptr_array_unref);
  g_clear_pointer (&self->way, g_ptr_array_unref);
  g_clear_pointer (&self->left_out, g_ptr_array_unref);
}

static gboolean
read_all (NfsOptions *self, const char *const *options, GError **error)
{
  for (gsize i = 0; options != NULL && options[i] != NULL; i++)
    {
      /* As upstream joins them with commas, one string may hold several. */
      g_auto (GStrv) parts = g_strsplit (options[i], ",", -1);

      for (gsize k = 0; parts[k] != NULL; k++)
        if (*parts[k] != '\0' && !read_option (self, parts[k], error))
          return FALSE;
    }
  return TRUE;
}

gboolean
nfs_options_read (NfsOptions *self, const char *const *options, GError **error)
{
  *self = (NfsOptions){
    .minor = -1,
    .family = AF_UNSPEC,
    .timeo = TIMEO,
    .retrans = RETRANS,
    .file_max = G_MAXINT,
    .directory_max = G_MAXINT,
    .kernel = g_ptr_array_new_with_free_func (g_free),
    .mount = g_ptr_array_new_with_free_func (g_free),
    .way = g_ptr_array_new_with_free_func (g_free),
    .left_out = g_ptr_array_new_with_free_func (g_free),
  };
  if (read_all (self, options, error))
    return TRUE;
  nfs_options_clear (self);
  return FALSE;
}
