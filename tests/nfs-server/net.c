/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/net.h"

#include <errno.h>
#include <gio/gio.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

gboolean
net_raise_loopback (GError **error)
{
  KVOL_AUTO_FD fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };

  if (fd >= 0 && ioctl (fd, SIOCSIFFLAGS, &request) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "raise the loopback interface: %s",
               g_strerror (errno));
  return FALSE;
}

gboolean
net_is_private (void)
{
  struct ifaddrs *addresses = NULL;
  gboolean private = getifaddrs (&addresses) == 0;

  for (const struct ifaddrs *address = addresses; address != NULL; address = address->ifa_next)
    if ((address->ifa_flags & (IFF_UP | IFF_LOOPBACK)) == IFF_UP)
  private = FALSE;
  if (addresses != NULL)
    freeifaddrs (addresses);
  return private;
}
