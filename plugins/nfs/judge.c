/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server that squashes users takes them all for one, and does not say so: it shows in what it answers. A stranger,
 * who owns nothing and is in no group, is granted what others are denied by a directory's mode, or what he makes
 * belongs to somebody else. Of such an export owners and modes do not tell who may do what, and a kernel that goes by
 * them keeps people from their own files.
 *
 * First it is only asked: of the root, and of some of what is in it. That the owner is granted what others are denied
 * and the stranger was not settles it too: a server that tells users apart does not take them for one. Root is no such
 * owner, who may be the only one that it knows. A mode may change between two questions, so each answer is measured by
 * the attributes that came with it. Where everybody may do everything there is nothing to tell by; then the stranger
 * makes a directory, by which it is seen whom he is taken for, and removes it. One that is left, because nobody lived
 * to remove it, is removed by the next who asks.
 *
 * To be wrong costs speed, and opens nothing that is the server's: where it judges by itself it is asked each time
 * (server/rights.c). */
#include "judge.h"

#include <nfsc/libnfs-raw-nfs.h>
#include <string.h>

#include "files.h"

/* Of no user's and no system's range. */
#define STRANGER 61000
/* As many names of the root are looked at, and as many are removed, within that part of the time that is left: of a
 * server that is slow less is known, but it is no silent one. */
#define LOOKS_MAX 8
#define LOOKS_PART 2
#define MADE_PREFIX ".kvol-nfs-whose-"
#define MADE_DIGITS 16
#define MADE_MODE 0700

#define EXECUTE (1 << 5)

typedef enum
{
  JUDGE_UNKNOWN,
  JUDGE_MODES,
  JUDGE_SERVER,
} Judge;

typedef struct
{
  guint32 mode;
  guint32 owner;
  guint32 group;
  guint32 granted;
} Rights;

static const NfsProcedure null = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_NULL, "NULL" };
static const NfsProcedure get_access = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_ACCESS, "ACCESS" };

/* FALSE when it cannot be had, or without attributes. */
static gboolean
get_rights (NfsProbe *probe, const NfsFile *file, guint32 uid, Rights *ret_rights)
{
  const NfsCredential who = { .uid = uid, .gid = STRANGER };
  g_autoptr (GByteArray) args = g_byte_array_new ();
  gboolean told;
  NfsXdr results;

  g_byte_array_append (args, file->handle->data, file->handle->len);
  nfs_xdr_put (args, NFS_PROBE_ACCESS | EXECUTE);
  probe->nfs.credential = &who;
  told = nfs_export_v3_ask (probe, &get_access, args, &results, NULL) && nfs_xdr_get (&results) != 0;
  probe->nfs.credential = NULL;
  if (!told)
    return FALSE;
  nfs_xdr_get (&results); /* the type */
  ret_rights->mode = nfs_xdr_get (&results);
  nfs_xdr_get (&results); /* the number of links */
  ret_rights->owner = nfs_xdr_get (&results);
  ret_rights->group = nfs_xdr_get (&results);
  nfs_xdr_skip (&results, NFS_EXPORT_V3_ATTRIBUTES - 5 * 4);
  ret_rights->granted = nfs_xdr_get (&results);
  return nfs_rpc_check (&probe->nfs, &get_access, &results, NULL);
}

/* What others may not do, as the mode has it. */
static guint32
get_denied (guint32 mode)
{
  return (mode & 04 ? 0 : NFS_PROBE_READ) | (mode & 02 ? 0 : NFS_PROBE_MODIFY | NFS_PROBE_EXTEND)
         | (mode & 01 ? 0 : NFS_PROBE_LOOKUP | EXECUTE);
}

static Judge
look_at (NfsProbe *probe, const NfsFile *file)
{
  Rights stranger;
  Rights owner; /* as he sees it, a moment later */

  if (!get_rights (probe, file, STRANGER, &stranger) || stranger.owner == STRANGER || stranger.group == STRANGER)
    return JUDGE_UNKNOWN;
  if ((stranger.granted & get_denied (stranger.mode)) != 0)
    return JUDGE_SERVER;
  if (stranger.owner == 0 || !get_rights (probe, file, stranger.owner, &owner) || owner.owner != stranger.owner)
    return JUDGE_UNKNOWN;
  return (owner.granted & get_denied (owner.mode)) != 0 ? JUDGE_MODES : JUDGE_UNKNOWN;
}

/* Of what somebody else made it has no name. */
static gboolean
is_made (const char *name)
{
  const char *digits = g_str_has_prefix (name, MADE_PREFIX) ? name + strlen (MADE_PREFIX) : "";

  return strlen (digits) == MADE_DIGITS && strspn (digits, "0123456789abcdef") == MADE_DIGITS;
}

static gboolean
has_time (const NfsProbe *probe, gint64 until)
{
  return nfs_deadline_get_left (&probe->deadline, until) > 0;
}

static Judge
look_into (NfsProbe *probe, const NfsFile *root, const GPtrArray *names, gint64 until)
{
  Judge ret = JUDGE_UNKNOWN;

  for (guint i = 0; ret == JUDGE_UNKNOWN && i < MIN (names->len, LOOKS_MAX) && has_time (probe, until); i++)
    {
      g_auto (NfsFile) file = NFS_FILE_INIT;
      gboolean there = FALSE;

      if (!is_made (names->pdata[i]) && nfs_file_look_up (probe, root, names->pdata[i], &file, &there, NULL) && there)
        ret = look_at (probe, &file);
    }
  return ret;
}

/* What another one is just making may be removed as well: it has its answer by then, or gets it all the same. */
static void
remove_left (NfsProbe *probe, const NfsFile *root, const GPtrArray *names, gint64 until)
{
  guint n = 0;

  for (guint i = 0; i < names->len && n < LOOKS_MAX && has_time (probe, until); i++)
    if (is_made (names->pdata[i]))
      {
        nfs_file_remove (probe, root, names->pdata[i], TRUE, NULL);
        n++;
      }
}

/* The name is one that nobody can have made before, and the answer to its making tells the owner, so that nobody else's
 * directory is taken for it. */
static Judge
make_and_look (NfsProbe *probe, const NfsFile *root)
{
  g_autofree char *name = g_strdup_printf (MADE_PREFIX "%08x%08x", g_random_int (), g_random_int ());
  gint64 owner = -1;

  if (!nfs_file_make_dir (probe, root, name, MADE_MODE, &owner, NULL))
    return JUDGE_UNKNOWN;
  nfs_file_remove (probe, root, name, TRUE, NULL);
  if (owner < 0)
    return JUDGE_UNKNOWN;
  return owner == STRANGER ? JUDGE_MODES : JUDGE_SERVER;
}

static Judge
look_below (NfsProbe *probe, const NfsFile *root, gboolean may_write, gint64 until)
{
  const NfsCredential stranger = { .uid = STRANGER, .gid = STRANGER };
  g_autoptr (GPtrArray) names = nfs_file_list (probe, root, NULL);
  Judge ret = names != NULL ? look_into (probe, root, names, until) : JUDGE_UNKNOWN;

  if (ret != JUDGE_UNKNOWN || !may_write)
    return ret;
  probe->nfs.credential = &stranger;
  if (names != NULL)
    remove_left (probe, root, names, until);
  ret = make_and_look (probe, root);
  probe->nfs.credential = NULL;
  return ret;
}

gboolean
nfs_judge (const NfsTarget *target, const NfsFound *found, gboolean may_write, const NfsDeadline *deadline,
           gboolean *ret_is_server, GError **error)
{
  NfsTarget by_3 = *target;
  g_auto (NfsProbe) probe = NFS_PROBE_INIT;
  g_auto (NfsFile) root = { .handle = g_byte_array_new () };
  const gint64 now = g_get_monotonic_time ();
  const gint64 until = now + (deadline->end - now) / LOOKS_PART;
  NfsXdr results;
  Judge judge;

  by_3.options.version = 3;
  by_3.options.port = found->port;
  nfs_xdr_put_data (root.handle, found->root.bytes, found->root.length);
  if (!nfs_probe_begin (&probe, &by_3, deadline, error))
    return FALSE;
  probe.patience = until;
  judge = look_at (&probe, &root);
  if (judge == JUDGE_UNKNOWN)
    judge = look_below (&probe, &root, may_write, until);
  *ret_is_server = judge == JUDGE_SERVER;
  /* What a server that fell silent has not answered is not its answer. */
  return judge != JUDGE_UNKNOWN || nfs_rpc_call (&probe.nfs, &null, NULL, &results, error);
}
