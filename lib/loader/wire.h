/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What crosses between the library and kvol-worker: requests, each followed by one answer or one error. The library
 * requests slots of the plugin; while one runs, the plugin requests services of the host. */
#pragma once

#include <kvol/kvol-abi.h>

#include "sys/message.h"

/* Kinds of message. After each answer or error to the library the worker says that it is idle: then it has closed
 * its own descriptors of all that went with the call. Before that, whoever got a mount could not unmount it. */
enum { WIRE_REQUEST = 1, WIRE_ANSWER, WIRE_ERROR, WIRE_IDLE };

typedef enum {
  /* Slots of KvolPluginDesc. OPEN also says what is to be opened, see worker/main.c. */
  WIRE_OPEN,
  WIRE_CLOSE,
  WIRE_IDENTIFY,
  WIRE_PROBE,
  WIRE_ATTACH,
  WIRE_DETACH,
  WIRE_STAGE,
  WIRE_UNSTAGE,
  WIRE_EXPAND,
  WIRE_SETUP,
  WIRE_REFRESH,
  WIRE_TEARDOWN,
  WIRE_GET_USAGE,
  WIRE_RECONSTRUCT,
  WIRE_PROVISION,
  WIRE_REMOVE,
  WIRE_SCRUB,
  /* Of the worker itself: looks into a volume that may hang, see worker/part.h. */
  WIRE_OPEN_PART,
  /* Services of KvolHost that a worker cannot do alone. */
  WIRE_SAVE_RECORD,
  WIRE_OPEN_STATE_DIR,
  WIRE_PUBLISH_FILES,
  WIRE_IS_PUBLISHED,
  WIRE_GET_OBJECT,
  WIRE_REQUEST_TOKEN,
  WIRE_EVENT,
  WIRE_PROGRESS,
  WIRE_FIND_IMAGE,
  WIRE_N_CALLS,
} WireCall;

const char *wire_call_get_name (WireCall call);
/* Whether something may have changed when the answer to it is lost. */
gboolean    wire_call_changes  (WireCall call);

/* Which member holds what:
 *
 *                  volume  text                       number                  variant                fd
 *   OPEN                   version of kvol                                    config
 *   stage          node    device                                                                    dir_fd
 *   expand         node                               bytes                                          stage_fd
 *   other slots    either                                                                            dir_fd
 *   provision                                                                 claim, storage class
 *   OPEN_PART              path  host_path  place                                                    root_fd
 *   SAVE_RECORD    node    pod_uid                    durable                 record
 *   PUBLISH_FILES  pod     stamp                                              files                  dir_fd
 *   IS_PUBLISHED   pod     stamp                                                                     dir_fd
 *   GET_OBJECT             api_version kind ns name
 *   REQUEST_TOKEN  pod     audience                   seconds
 *   EVENT                  reason text                warning
 *   PROGRESS                                          done, total
 *   FIND_IMAGE     pod     reference policy           (the answer is a text)
 *
 * A service without a volume is about the one of the slot that runs: it does not travel back, with its secrets. */
typedef struct {
  WireCall              call;
  const KvolNodeVolume *node; /* also when @pod is set */
  const KvolPodVolume  *pod;
  const char           *text[4];
  gint64                number[2];
  GVariant             *variant[2];
  int                   fd;
} WireRequest;

#define WIRE_REQUEST_INIT(which) { .call = (which), .fd = -1 }

/* A request that came in; what @request points to lives here, and must not be moved. */
typedef struct {
  WireRequest    request;
  KvolNodeVolume node;
  KvolPodVolume  pod;
  SysMessage     message;
} WireReceived;

void wire_received_clear (WireReceived *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WireReceived, wire_received_clear)

/* What comes of a request; each uses what it needs, and owns it. identify and REQUEST_TOKEN: @text. OPEN_STATE_DIR:
 * made.fd. IS_PUBLISHED and the time a token lasts until: @number; when it is due: made.next_refresh_usec. */
typedef struct {
  char         *text;
  gint64        number;
  GVariant     *variant;
  KvolMade      made;
  KvolUsageInfo usage;
} WireAnswer;

#define WIRE_ANSWER_INIT \
  { .made = { .size = sizeof (KvolMade), .fd = -1, .watch_fd = -1 }, .usage = { .size = sizeof (KvolUsageInfo) } }

void wire_answer_clear (WireAnswer *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WireAnswer, wire_answer_clear)

gboolean wire_send_request (int socket_fd, const WireRequest *request, GError **error);
gboolean wire_send_answer  (int socket_fd, const WireAnswer *answer, GError **error);
gboolean wire_send_error   (int socket_fd, const GError *failure, GError **error);
gboolean wire_send_idle    (int socket_fd, GError **error);

/* Takes what is in @message. FALSE with ABI when it is not what its kind and call say. */
gboolean wire_take_request (SysMessage *message, WireReceived *ret_received, GError **error);
gboolean wire_take_answer  (SysMessage *message, WireCall call, WireAnswer *ret_answer, GError **error);
/* Always sets @error: to the one that was sent, or to why it cannot be read. A domain that is not known here is
 * UNCERTAIN. */
void     wire_take_error   (SysMessage *message, GError **error);
