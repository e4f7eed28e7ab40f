/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shape of Kubernetes' objects, as tables: one row a field. Checking, defaults, validation and the conversion for
 * libkvol all read the same rows, so that a field is added in one place, once. A row reads like its documentation:
 *
 *     { "defaultMode", INT32, OTHERWISE ("420"), RULE (MODE) },
 *     { "items",       LIST_OF (KeyToPath) },
 *     { "name",        STRING, REQUIRED },
 *
 * Only what bears on volumes is spelled out. ANY stands for a field that is known and has nothing to do with them: it
 * is kept as it is. A field that no row knows is kept too, and reported. */
#pragma once

#include "manifest/report.h"

typedef enum {
  KUBE_VALUE_ANY,
  KUBE_VALUE_STRING,
  KUBE_VALUE_BOOL,
  KUBE_VALUE_INT32,
  KUBE_VALUE_INT64,
  KUBE_VALUE_QUANTITY, /* in units */
  KUBE_VALUE_RESOURCE, /* a quantity named by its key: thousandths of "cpu", units of anything else */
  KUBE_VALUE_DIVISOR,  /* a quantity named by the "resource" beside it, "limits.cpu": counted like that */
  KUBE_VALUE_BASE64,
  KUBE_VALUE_OBJECT,
} KubeValue;

typedef enum {
  KUBE_SHAPE_ONE,
  KUBE_SHAPE_LIST,
  KUBE_SHAPE_MAP, /* of any keys */
} KubeShape;

/* What a value of the right type must be besides; validate/rule.c has the words. */
typedef enum {
  KUBE_RULE_NONE,
  KUBE_RULE_LABEL,          /* an RFC 1123 label */
  KUBE_RULE_SUBDOMAIN,      /* labels with dots between */
  KUBE_RULE_QUALIFIED,      /* "example.com/name", in any case */
  KUBE_RULE_CONFIG_KEY,     /* of a ConfigMap or Secret */
  KUBE_RULE_ENV_NAME,
  KUBE_RULE_COMPONENT,      /* dull enough for one path component */
  KUBE_RULE_NO_BACKSTEPS,   /* a path without ".." */
  KUBE_RULE_DESCENDING,     /* ... and relative */
  KUBE_RULE_NOT_RESERVED,   /* ... and not beginning with ".." */
  KUBE_RULE_MODE,           /* permission bits */
  KUBE_RULE_NOT_NEGATIVE,
  KUBE_RULE_SIZE_LIMIT,     /* not negative, in emptyDir's own words */
  KUBE_RULE_ID,             /* of a user or group */
  KUBE_RULE_TOKEN_LIFE,
  /* of each value of a map, with its key */
  KUBE_RULE_LABELS,
  KUBE_RULE_ANNOTATIONS,
  KUBE_RULE_AMOUNTS,        /* of resources */
  KUBE_RULE_OPTIONS,        /* of a flexVolume */
  /* what the fields of an object say of each other; the validate/ file of that name has the words */
  KUBE_RULE_CERTIFICATE,
  KUBE_RULE_CLAIM,
  KUBE_RULE_CLAIM_META,
  KUBE_RULE_CLUSTER_SECRET,
  KUBE_RULE_CSI,
  KUBE_RULE_DATA_SOURCE,
  KUBE_RULE_DOWNWARD_FILE,
  KUBE_RULE_ENV,
  KUBE_RULE_ENV_FIELD,
  KUBE_RULE_ENV_FROM,
  KUBE_RULE_ENV_KEY,
  KUBE_RULE_EXPRESSION,
  KUBE_RULE_MOUNT,
  KUBE_RULE_NFS,
  KUBE_RULE_NODE_AFFINITY,
  KUBE_RULE_NODE_EXPRESSION,
  KUBE_RULE_NODE_FIELD,
  KUBE_RULE_PROJECTED,
  KUBE_RULE_PROJECTION,
  KUBE_RULE_RESOURCE_FIELD,
  KUBE_RULE_RESOURCES,
  KUBE_RULE_SECRET,
  KUBE_RULE_TOPOLOGY,
  KUBE_RULE_TOPOLOGY_EXPRESSION,
  KUBE_RULE_TRUST_BUNDLE,
  KUBE_RULE_VOLUME,
  KUBE_RULE_VOLUME_FIELD,
} KubeRule;

typedef struct KubeType KubeType;

typedef struct {
  const char        *name;
  KubeValue          value;
  KubeShape          shape;
  KubeRule           rule;
  const KubeType    *type;        /* of an object */
  const char        *otherwise;   /* the scalar that the API server puts where there is none */
  const char *const *values;      /* all that are allowed, of each string of a list */
  const char        *unsupported; /* why nothing that has it can be set up */
  const char        *deprecated;  /* what the API server warns of */
  gboolean           required;    /* and not empty */
  gboolean           or_empty;    /* "" is as good as absent, though it is none of @values */
  gboolean           source;      /* one of several, of which an object has one */
  gboolean           private;     /* its value is never shown */
} KubeField;

struct KubeType {
  const char      *name;             /* as the Kubernetes API reference calls it */
  const KubeField *fields;           /* ended by one without a name */
  const char      *otherwise_source; /* the source of an object that names none; NULL: it has no sources */
  gboolean         private;
};

/* ---- the words of the tables ---- */
#define ANY              .value = KUBE_VALUE_ANY
#define STRING           .value = KUBE_VALUE_STRING
#define BOOL             .value = KUBE_VALUE_BOOL
#define INT32            .value = KUBE_VALUE_INT32
#define INT64            .value = KUBE_VALUE_INT64
#define QUANTITY         .value = KUBE_VALUE_QUANTITY
#define OBJECT(t)        .value = KUBE_VALUE_OBJECT, .type = &kube_type_##t
#define LIST_OF(t)       OBJECT (t), .shape = KUBE_SHAPE_LIST
#define STRINGS          STRING, .shape = KUBE_SHAPE_LIST
#define INTEGERS         INT64, .shape = KUBE_SHAPE_LIST
#define STRING_MAP       STRING, .shape = KUBE_SHAPE_MAP
#define BASE64_MAP       .value = KUBE_VALUE_BASE64, .shape = KUBE_SHAPE_MAP
#define DIVISOR          .value = KUBE_VALUE_DIVISOR
#define RESOURCES        .value = KUBE_VALUE_RESOURCE, .shape = KUBE_SHAPE_MAP
#define RULE(r)          .rule = KUBE_RULE_##r
#define ONE_OF(...)      .values = (const char *const[]){ __VA_ARGS__, NULL }
#define OTHERWISE(text)  .otherwise = text
#define REQUIRED         .required = TRUE
#define OR_EMPTY         .or_empty = TRUE
#define PRIVATE          .private = TRUE
#define SOURCE           .source = TRUE
#define UNSUPPORTED(why) .unsupported = why
#define DEPRECATED(when) .deprecated = "deprecated in " when
#define LATER            UNSUPPORTED ("not supported yet")

/* The row of a name, or NULL. */
const KubeField *kube_type_find (const KubeType *type, const char *name);

/* Calls @visit for every field that the table has, of the objects in @object and then of itself; @value is NULL where
 * the field is absent. Only what has the right shape is entered. */
typedef void (*KubeVisitFunc) (const KubeField *field, KubeNode *object, KubeNode *value, gpointer data);
void kube_type_visit (const KubeType *type, KubeNode *object, KubeVisitFunc visit, gpointer data);

/* Reports each value of a wrong type and each unknown field, and marks what is keyed and what is private. */
void kube_type_check (const KubeType *type, KubeNode *object, KubeReport *report);

/* The object as libkvol takes it, a{sv}, with the defaults filled in; floating. Objects and maps of any keys are a{sv},
 * lists of objects aa{sv}, of strings as, of integers ax, of anything mixed av; nulls are left out. @object must have
 * passed kube_type_check() without an error. */
GVariant *kube_type_to_variant (const KubeType *type, const KubeNode *object);
/* What no table describes: as it stands in the text. Floating. */
GVariant *kube_any_to_variant  (const KubeNode *node);
