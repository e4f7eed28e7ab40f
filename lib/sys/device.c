/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer "nothing is there" lets a plugin format the device, so it is given only when both agree: libblkid,
 * which knows the marks that file systems and partition tables leave, and the bytes themselves. libblkid alone calls
 * a device empty that holds a database without a file system, or encrypted data without a header. */
#include "sys/device.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <kvol/kvol-error.h>
#include <string.h>
#include <unistd.h>

#include "sys/error.h"

/* Whatever lies on a device begins at its beginning, or leaves traces there. */
#define LOOK_AT (1024 * 1024)
#define CHUNK (64 * 1024)

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (blkid_probe, blkid_free_probe, NULL)

static char *
refuse (GError **error, const char *what)
{
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL,
               "the device holds %s; if nobody needs that, wipe it (blkdiscard -z, or dd from /dev/zero)", what);
  return NULL;
}

/* "" when the beginning reads as zeros; also proves that the device can be read. */
static char *
confirm_empty (int device_fd, GError **error)
{
  g_autofree char *chunk = g_malloc (CHUNK);

  for (off_t at = 0; at < LOOK_AT;)
    {
      ssize_t n = TEMP_FAILURE_RETRY (pread (device_fd, chunk, CHUNK, at));

      if (n < 0)
        {
          sys_throw (error, "read the device");
          return NULL;
        }
      if (n == 0)
        break;
      /* All bytes are zero when the first is and each equals the next. */
      if (chunk[0] != 0 || memcmp (chunk, chunk + 1, (gsize) n - 1) != 0)
        return refuse (error, "bytes of no kind that libblkid knows");
      at += n;
    }
  return g_strdup ("");
}

static const char *
look_up (blkid_probe probe, const char *name)
{
  const char *value = NULL;

  return blkid_probe_lookup_value (probe, name, &value, NULL) == 0 ? value : NULL;
}

/* What safeprobe found. */
static char *
name_what_is_there (blkid_probe probe, GError **error)
{
  const char *type = look_up (probe, "TYPE");
  const char *usage = look_up (probe, "USAGE");
  const char *table = look_up (probe, "PTTYPE");
  g_autofree char *what = NULL;

  if (table == NULL && type != NULL && g_strcmp0 (usage, "filesystem") == 0)
    return g_strdup (type);
  if (table != NULL)
    what = g_strdup_printf ("a partition table (%s)", table);
  else
    what = g_strdup_printf ("\"%s\", which is no file system", type != NULL ? type : "unknown");
  return refuse (error, what);
}

char *
sys_device_probe (int device_fd, GError **error)
{
  g_auto (blkid_probe) probe = blkid_new_probe ();

  errno = 0;
  if (probe == NULL || blkid_probe_set_device (probe, device_fd, 0, 0) != 0)
    {
      sys_throw (error, "look at the device");
      return NULL;
    }
  if (blkid_probe_get_size (probe) == 0)
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_FINAL, "the device has no size: no medium is in it");
      return NULL;
    }
  blkid_probe_enable_superblocks (probe, 1);
  blkid_probe_set_superblocks_flags (probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE);
  blkid_probe_enable_partitions (probe, 1);

  errno = 0;
  switch (blkid_do_safeprobe (probe))
    {
    case 0:
      return name_what_is_there (probe, error);
    case 1:
      return confirm_empty (device_fd, error);
    case -2:
      return refuse (error, "the marks of more than one kind of data");
    default:
      sys_throw (error, "read the device");
      return NULL;
    }
}
