/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/clock.h"

#include <sys/resource.h>
#include <time.h>

/* Long enough for a woken thread to do what is left, too short to matter among a hundred operations. */
#define SETTLE_USEC 1000

static double
microseconds (struct timeval time)
{
  return time.tv_sec * 1e6 + time.tv_usec;
}

static double
cpu_now (void)
{
  struct rusage self, children;

  getrusage (RUSAGE_SELF, &self);
  getrusage (RUSAGE_CHILDREN, &children);
  return microseconds (self.ru_utime) + microseconds (self.ru_stime) + microseconds (children.ru_utime)
         + microseconds (children.ru_stime);
}

static double
wall_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

void
clock_start (Clock *self)
{
  self->begin.cpu = cpu_now ();
  self->begin.wall = wall_now ();
}

Spent
clock_stop (Clock *self)
{
  double wall = wall_now ();

  g_usleep (SETTLE_USEC);
  return (Spent){ .wall = wall - self->begin.wall, .cpu = cpu_now () - self->begin.cpu };
}

Series *
series_new (void)
{
  return g_array_new (FALSE, FALSE, sizeof (double));
}

void
series_add (Series *self, double value)
{
  g_array_append_val (self, value);
}

static int
compare_figures (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

double
series_median (Series *self)
{
  guint middle = self->len / 2;

  g_assert (self->len > 0);
  g_array_sort (self, compare_figures);
  if (self->len % 2 == 1)
    return g_array_index (self, double, middle);
  return (g_array_index (self, double, middle - 1) + g_array_index (self, double, middle)) / 2;
}
