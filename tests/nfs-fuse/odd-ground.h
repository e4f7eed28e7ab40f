/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The odd server (odd-server.h), and one volume of it. */
#pragma once

#include "nfs-fuse/odd-server.h"
#include "nfs-fuse/served.h"

/* Zeroed, but for the manners, before it is opened. */
typedef struct {
  OddManners manners;
  OddServer *server;
  Served     volume;
  char      *path; /* of the server's file */
} OddGround;

/* Skips the test where there can be no volume for several users. @more: as of served_start(). */
void odd_ground_open  (OddGround *self, const char *const *more);
void odd_ground_clear (OddGround *self);
TEST_STATE (OddGround, odd_ground)

/* The two halves of opening it. */
void odd_ground_open_server (OddGround *self);
void odd_ground_open_volume (OddGround *self, const char *const *more);
