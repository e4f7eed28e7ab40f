/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files that ask for much, and large ones that ask for nothing. Each goes off in a process of its own, which
 * counts what it cost: 100 ms of CPU and 16 MiB beyond what the process had before are the promise, and are printed.
 * CPU time is asserted with ten times that, because the machine that runs this may be slow. */
#include "kube-rows.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 1000
#define LIMIT_KIB 16384

/* The text is @before, then @times @unit, then @after. In a unit, `@` is the number of the time, and `^` a word that is
 * another each time, but the same for g_str_hash(). */
typedef struct
{
  const char *name;
  const char *before;
  const char *unit;
  guint times;
  const char *after;
  const char *expected; /* how the first problem begins, behind the file's name; "": there is none */
} Bomb;

#define MAP "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n"
#define POD "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
#define CONTAINER "  containers: [{name: c, image: i}]\n"
#define IN_CONTAINER "  containers:\n  - name: c\n    image: i\n"
#define LIST "apiVersion: v1\nkind: List\nitems:\n"
#define DEPLOYMENT(n) "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: " n "\n"
#define TEMPLATE                                                                                                       \
  "  selector: {matchLabels: {a: b}}\n  template:\n    spec: {containers: [{name: c, image: i}]}\n"                    \
  "    metadata:\n      labels: {a: b}\n"
#define TEN "a,a,a,a,a,a,a,a,a,a,"
#define DEEP "nested deeper than 64"
#define TOO_LONG "a value or a comment longer than 2097152 bytes"
#define TOO_MANY "more than 100000 values in one document"
#define ALIASES "anchors and aliases are not supported: write the value out"
#define NO_KIND "Object 'Kind' is missing"
#define VOLUME                                                                                                         \
  "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: p}\nspec:\n  capacity: {storage: 1Gi}\n"                   \
  "  accessModes: [ReadWriteOnce]\n"
#define BIG_POD ":1: warning: Pod/p: a pod of more than 6000 values"
#define NO_MORE ": more problems of this kind are not shown"

static const Bomb bombs[] = {
  /* ---- depth ---- */
  { "64 levels are read", "a: ", "[", 63, "", ":1: did not find expected node content" },
  { "65 levels are not", "a: ", "[", 64, "", ":1: " DEEP },
  { "100 brackets", "", "[", 100, "", ":1: " DEEP },
  { "100 brackets that are closed", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "[", 50, "]]", ":1: " DEEP },
  { "200,000 brackets", "", "[", 200000, "", ":1: " DEEP },
  { "200,000 brackets on lines of their own", "", "[\n", 200000, "", ":65: " DEEP },
  { "200,000 braces", "", "{a: ", 200000, "", ":1: " DEEP },
  { "200,000 objects of JSON", "", "{\"a\":", 200000, "", ":1: " DEEP },
  { "200,000 lists of JSON in an object", "{\"a\":", "[", 200000, "", ":1: " DEEP },
  { "200,000 dashes", "", "- ", 200000, "", ":1: " DEEP },
  { "100 levels of a block", "", "- - - - - - - - - - ", 10, "a\n", ":1: " DEEP },
  { "200,000 question marks", "", "? ", 200000, "", ":1: a list or an object cannot be a key" },
  { "200,000 levels below a volume", POD CONTAINER "  volumes: [{name: v, emptyDir: ", "{a: ", 200000, "",
    ":6: " DEEP },

  /* ---- anchors and aliases ---- */
  { "a billion laughs",
    "a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n"
    "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n",
    "c@: &c@ [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n", 10, "", ":1: " ALIASES },
  { "an anchor that contains itself", "a: &a\n", "  b: *a\n", 2, "", ":1: " ALIASES },
  { "a million aliases", MAP "data: [", "*a,", 1000000, "]", ":4: " ALIASES },
  { "a name of a million letters for an anchor", "a: &", "x", 1000000, " b\n", ":1: " ALIASES },
  { "a merge of a merge", "a:\n", "  <<: {<<: {b: c}}\n", 1000, "", ":2: merge keys (<<) are not supported" },

  /* ---- many ---- */
  { "a million items", "", "- a\n", 1000000, "", ":100000: " TOO_MANY },
  { "a million items in a row", "[", "a,", 1000000, "]", ":1: " TOO_MANY },
  { "a million keys", MAP "data:\n", "  k@: b\n", 600000, "", ":49999: " TOO_MANY },
  { "a hundred thousand keys with one hash", MAP "data:\n", "  ^: b\n", 100000, "", ":49999: " TOO_MANY },
  { "forty thousand keys with one hash", MAP "data:\n", "  ^: b\n", 40000, "", "" },
  { "eleven thousand names with one hash", LIST, "- {apiVersion: v1, kind: ConfigMap, metadata: {name: ^}}\n", 11000,
    "", "" },
  { "1,900 volumes with one hash", POD CONTAINER "  volumes:\n", "  - {name: ^, emptyDir: {}}\n", 1900, "",
    ":6: warning: Pod/p: spec.volumes: Too many: 1900: must have at most 1024 items" },
  { "1,900 environment variables with one hash", POD IN_CONTAINER "    env:\n", "    - {name: ^, value: b}\n", 1900, "",
    "" },
  { "1,900 mounts with one hash", POD "  volumes: [{name: v}]\n" IN_CONTAINER "    volumeMounts:\n",
    "    - {name: v, mountPath: /^}\n", 1900, "", "" },
  { "19,000 items of a configMap",
    POD CONTAINER "  volumes:\n  - name: v\n    configMap:\n      name: c\n      items:\n",
    "      - {key: k@, path: p/@/a}\n", 19000, "", BIG_POD },
  { "8,000 sources of one volume", POD CONTAINER "  volumes:\n  - name: v\n    projected:\n      sources:\n",
    "      - configMap: {name: c@, items: [{key: k, path: p@}]}\n", 8000, "", BIG_POD },
  { "14,000 subPaths", POD "  volumes: [{name: v}]\n" IN_CONTAINER "    volumeMounts:\n",
    "    - {name: v, mountPath: /m@, subPath: a/@}\n", 14000, "", BIG_POD },
  { "19,000 variables that are made of each other", POD IN_CONTAINER "    env:\n",
    "    - {name: k@, value: $(k1)$(k@)}\n", 19000, "", BIG_POD },
  { "14,000 paths of the host", POD CONTAINER "  volumes:\n",
    "  - {name: v@, hostPath: {path: /a/a/a/a/a/a/a/a/a/a/a/a/@}}\n", 14000, "", BIG_POD },
  { "14,000 claims of one pod", POD CONTAINER "  volumes:\n",
    "  - {name: v@, persistentVolumeClaim: {claimName: c@}}\n", 14000, "", BIG_POD },
  { "9,000 selector terms", VOLUME "  local: {path: /a}\n  nodeAffinity:\n    required:\n      nodeSelectorTerms:\n",
    "      - matchExpressions: [{key: a@, operator: In, values: [x]}]\n", 9000, "", "" },
  { "90,000 mount options", VOLUME "  nfs: {server: a, path: /a}\n  mountOptions: [", "o@,", 90000, "]\n", "" },
  { "2,400 volumes for the same claim", "",
    "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: p@}\nspec:\n  capacity: {storage: 1Gi}\n"
    "  accessModes: [ReadWriteOnce]\n  nfs: {server: a, path: /a}\n  claimRef: {namespace: default, name: c}\n",
    2400,
    "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec:\n  volumeName: p7\n"
    "  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 1Gi}}\n",
    "" },
  { "40,000 duplicate keys", MAP "data:\n", "  a: b\n", 40000, "", NO_MORE },
  { "10,000 empty documents", "", "---\n# nothing\n", 10000, "", ":10001: more than 5000 documents" },
  { "10,000 objects", "", "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m@}\n", 10000, "",
    ":20001: more than 5000 documents" },
  { "10,000 documents that are none", "", "---\na: b\n", 10000, "", NO_MORE },
  { "4,000 pods that are none", "", "---\nkind: Pod\n", 4000, "", NO_MORE },
  { "4,900 documents of 70 values", "",
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m@, finalizers: [" TEN TEN TEN TEN TEN TEN "]}\n", 4900, "",
    ":8452: more than 150000 values in one file" },
  { "a pod of 30,000 values", POD CONTAINER "  tolerations:\n", "  - {key: a}\n", 15000, "", BIG_POD },
  { "two thousand million pods", DEPLOYMENT ("2000000000") TEMPLATE, "", 0, "",
    ":1: warning: Deployment/d: more pods than one node can hold" },
  { "9,999 pods", DEPLOYMENT ("9999") TEMPLATE, "", 0, "",
    ":1: warning: Deployment/d: more pods than one node can hold" },
  { "2,000 pods", DEPLOYMENT ("2000") TEMPLATE, "", 0, "", "" },
  { "2,000 pods of 200 KB each", DEPLOYMENT ("2000") TEMPLATE "      annotations:\n        a: ", "long", 50000, "\n",
    ":1: warning: Deployment/d: more pods than one node can hold" },
  { "40,000 %TAG directives", "", "%TAG !t@! tag:x,@:\n", 40000, "--- a\n", ":65: more than 64 %TAG directives" },
  { "200,000 directives of no meaning", "", "%FOO bar\n", 200000, "---\n", ":1: found unknown directive name" },
  { "a problem in a place with a name of one MB", POD CONTAINER "  nodeSelector:\n    ? ", "x", 1000000,
    "\n    : [a]\n", ":7: Pod/p: spec.nodeSelector[xxx" },
  { "a thousand problems with long names", POD "  containers:\n",
    "  - {name: c, image: i, resources: {limits: {? \"" /* 64 letters */
    "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\" : "
    "\"\\e\\e\\e\\e\\e\\e\\e\\e\\e\\e\\e\\e\"}}}\n",
    1000, "", NO_MORE },

  /* ---- large ---- */
  { "9 MiB", "", "# xxxxxx\n", 1050000, "", ": larger than 8388608 bytes" },
  { "8 MB of comments", "", "# xxxxxx\n", 880000, "a: b\n", ":243940: " TOO_LONG },
  { "8 MB of blank lines", "", "\n", 8000000, "a: b\n", ":2195456: " TOO_LONG },
  { "8 MB of spaces", "", " ", 8000000, "a", ":1: " TOO_LONG },
  { "a scalar of one MiB", MAP "data:\n  a: \"", "x", 1048575, "\"\n", "" },
  { "a scalar of one MiB and a byte", MAP "data:\n  a: \"x", "x", 1048576, "\"\n",
    ":1: ConfigMap/m: Too long: may not be more than 1048576 bytes" },
  { "a block of one MiB", MAP "data:\n  a: |\n", "    xxxxxxxxxxx\n", 87000, "", "" },
  { "a scalar of three MiB", MAP "data:\n  a: \"", "x", 3145728, "\"\n", ":5: " TOO_LONG },
  { "a scalar of eight MB", MAP "data:\n  a: \"", "x", 8000000, "\"\n", ":5: " TOO_LONG },
  { "a scalar of eight MB in JSON escapes", "{\"a\":\"", "\\ud83d\\ude00", 660000, "\"}", ":1: " TOO_LONG },
  { "a key of one MB", MAP "data:\n  ? ", "x", 1000000, "\n  : b\n", ":5: ConfigMap/m: data[xxx" },
  { "a key of one MB without a mark", MAP "data:\n  ", "x", 1000000, ": b\n", ":5: " },
  { "a number of a million underscores", MAP "a: 1", "_", 1000000, "\n", ":4: warning: ConfigMap/m: a: unknown field" },
  { "a number of two million digits", "a: ", "1", 2000000, "\n", ":1: " NO_KIND },
  { "a fraction of two million digits", "a: 0.", "1", 2000000, "\n", ":1: " NO_KIND },
  { "an exponent of two million digits", "a: 1e", "1", 2000000, "\n", ":1: " NO_KIND },
  { "a million zeros and an exponent that takes them back", "a: 0.", "0", 1000000, "1e1000000\n", ":1: " NO_KIND },
  { "a quantity of 300,000 digits", POD CONTAINER "  volumes: [{name: v, emptyDir: {sizeLimit: \"", "7", 300000,
    "\"}}]\n", "" },
  { "a tag of a million letters", "a: !", "x", 1000000, " b\n", ":1: a tag that is not supported" },
  { "a tag of a million bangs", "a: ", "!", 1000000, " b\n", ":1: " },
  { "a name of a million letters for a directive", "%", "x", 1000000, "\n---\na\n", ":1: found unknown directive" },
  { "a million per cent signs", "", "%", 1000000, "", ":1: could not find expected directive name" },
  { "a million backslashes", "{\"a\":\"", "\\\\", 1000000, "\"}", ":1: " NO_KIND },
  { "a million words in one value", "a: ", "b ", 1000000, "\n", ":1: " NO_KIND },
  { "half a million lines in one value", "a: ", "b\n ", 500000, "\n", ":1: " NO_KIND },

  /* ---- never closed, never begun ---- */
  { "an unclosed quote", "a: \"", "b\n ", 300000, "", ":300001: found unexpected end of stream" },
  { "an unclosed quote of JSON", "{\"a\": \"", "b", 1000000, "", ":1: found unexpected end of stream" },
  { "a million quotes", "", "\"", 1000000, "", ":1: " },
  { "a million commas", "", ",", 1000000, "", ":1: did not find expected node content" },
  { "a million colons", "", ":", 1000000, "", ":1: " },
  { "a million carriage returns", "", "\r", 1000000, "a: b", ":1000001: " NO_KIND },
  { "a million bytes that are not UTF-8", "", "\xff", 1000000, "", ":1: invalid leading UTF-8 octet" },
  { "10,000 broken documents", "", "---\n[\n", 10000, "", ":3: did not find expected node content" },
  { "3,000 documents that are not UTF-8", "", "---\n\xff\n", 3000, "", ":2: invalid leading UTF-8 octet" },
  { "a hundred documents that are too large", "", "---\n[" TEN TEN TEN TEN TEN TEN "&a a]\n", 100, "", ":2: " ALIASES },
  { "a million ends of documents", "", "...\n", 1000000, "", ":1: did not find expected node content" },
  { "100,000 keys that may be simple", "[", "a b, ", 100000, "", ":1: " TOO_MANY },
  { "100,000 indents", "", "a: |\n", 100000, "", NO_MORE },
};

typedef struct
{
  gint64 cpu_us;
  glong kib;
  char first[1024];
} Cost;

static void
put_unit (FILE *file, const char *unit, guint number)
{
  for (const char *at = unit; *at != '\0'; at++)
    if (*at == '@')
      fprintf (file, "%u", number);
    else if (*at == '^')
      for (guint bit = 0; bit < 17; bit++)
        fputs (number >> bit & 1 ? "ar" : "c0", file);
    else
      fputc (*at, file);
}

/* The text goes into a file and not through our memory, so that the child begins with little. */
static char *
make_file (const Bomb *bomb, int fd)
{
  FILE *file = fdopen (dup (fd), "w");

  fputs (bomb->before, file);
  for (guint i = 0; i < bomb->times; i++)
    put_unit (file, bomb->unit, i);
  fputs (bomb->after, file);
  assert_int_equal (fclose (file), 0);
  return g_strdup_printf ("/proc/self/fd/%d", fd);
}

static gint64
cpu_us (const struct rusage *usage)
{
  return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * G_USEC_PER_SEC + usage->ru_utime.tv_usec
         + usage->ru_stime.tv_usec;
}

static void
go_off (const char *path, Cost *cost)
{
  const struct rlimit cpu = { .rlim_cur = 10 * DEADLINE_MS / 1000, .rlim_max = 10 * DEADLINE_MS / 1000 };
  struct rusage before;
  struct rusage after;
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();

  setrlimit (RLIMIT_CPU, &cpu);
  getrusage (RUSAGE_SELF, &before);
  kvol_kube_manifest_add_path (manifest, path);

  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  GPtrArray *problems = kvol_kube_manifest_get_problems (manifest);

  getrusage (RUSAGE_SELF, &after);
  cost->cpu_us = cpu_us (&after) - cpu_us (&before);
  cost->kib = after.ru_maxrss - before.ru_maxrss;
  if (problems->len > 0)
    {
      g_autofree char *first = kvol_kube_problem_to_string (problems->pdata[0]);

      g_strlcpy (cost->first, first + strlen (path), sizeof (cost->first));
    }
}

static void
run_in_a_child (const char *path, Cost *cost)
{
  pid_t child = fork ();
  int status = 0;

  assert_true (child >= 0);
  if (child == 0)
    {
      go_off (path, cost);
      _exit (0);
    }
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_int_equal (status, 0);
}

static void
a_bomb_does_little_harm (void **state)
{
  const Bomb *bomb = *state;
  Cost *cost = mmap (NULL, sizeof (*cost), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int fd = memfd_create ("bomb", MFD_CLOEXEC);
  g_autofree char *path = make_file (bomb, fd);

  run_in_a_child (path, cost);
  close (fd);
  printf ("# %6.1f ms %6ld KiB: %s\n", (double) cost->cpu_us / 1000, cost->kib, bomb->name);
  if (*bomb->expected == '\0' || !g_str_has_prefix (cost->first, bomb->expected))
    assert_string_equal (cost->first, bomb->expected);
  assert_true (cost->cpu_us < DEADLINE_MS * 1000);
#ifndef __SANITIZE_ADDRESS__
  assert_true (cost->kib <= LIMIT_KIB);
#endif
  munmap (cost, sizeof (*cost));
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, bombs, a_bomb_does_little_harm);
  return kube_rows_run ("kube-bombs", tests);
}
