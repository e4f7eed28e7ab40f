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
  KUBE_RULE_COMPONENT,      /* dull enough for one path component */
  KUBE_RULE_NO_BACKSTEPS,   /* a path without ".." */
  KUBE_RULE_DESCENDING,     /* ... and relative */
  KUBE_RULE_NOT_RESERVED,   /* ... and not beginning with ".." */
  KUBE_RULE_MODE,           /* permission bits */
  KUBE_RULE_NOT_NEGATIVE,
  KUBE_RULE_SIZE_LIMIT,     /* not negative, in emptyDir's own words */
  KUBE_RULE_ID,             /* of a user or group */
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
  gboolean           required;    /* and not empty */
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
#define PRIVATE          .private = TRUE
#define SOURCE           .source = TRUE
#define UNSUPPORTED(why) .unsupported = why
#define LATER            UNSUPPORTED ("not supported yet")

/* The row of a name, or NULL. */
const KubeField *kube_type_find (const KubeType *type, const char *name);

/* Calls @visit for every field that the table has, of @object and of the objects in it; @value is NULL where the
 * field is absent. Only what has the right shape is entered. */
typedef void (*KubeVisitFunc) (const KubeField *field, KubeNode *object, KubeNode *value, gpointer data);
void kube_type_visit (const KubeType *type, KubeNode *object, KubeVisitFunc visit, gpointer data);

/* Reports each value of a wrong type and each unknown field, and marks what is keyed and what is private. */
void kube_type_check (const KubeType *type, KubeNode *object, KubeReport *report);

/* The object as libkvol takes it, a{sv}, with the defaults filled in; floating. Objects and maps of any keys are a{sv},
 * lists of objects aa{sv}, of strings as, of integers ax, of anything mixed av; nulls are left out. @object must have
 * passed kube_type_check() without an error. */
GVariant *kube_type_to_variant (const KubeType *type, const KubeNode *object);
