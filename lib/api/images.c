/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <kvol/kvol-images.h>

G_DEFINE_INTERFACE (KvolImages, kvol_images, G_TYPE_OBJECT)

static void
kvol_images_default_init (KvolImagesInterface *iface)
{
}
