/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* emptyDir: what each medium asks of the host. The rows carry the names of upstream's tests (pkg/volume/emptydir). */
#include "scripted-host.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define Ki (G_GUINT64_CONSTANT (1) << 10)
#define Mi (Ki << 10)
#define Gi (Mi << 10)

#define NOT_REQUESTED ": hugePages storage requested, but there is no resource request for huge pages"
#define SEVERAL "medium: HugePages can't be used if container requests multiple huge page sizes"

typedef struct
{
  const char *name;
  const char *options;
  guint64 memory_limit;
  guint64 page_sizes[3]; /* that the pod's resources name, up to the first 0 */
  const char *asked;     /* of the host: the call */
  const char *refusal;   /* or why not */
} MediumRow;

static const MediumRow medium_rows[] = {
  { "TestPluginBackCompat: a volume without a source is on disk", NULL, 0, { 0 }, "", NULL },
  { "TestPluginEmptyRootContext: the default medium asks the host for nothing",
    "{'medium': <''>}",
    0,
    { 0 },
    "",
    NULL },
  { "a size limit on disk is not the plugin's affair", "{'sizeLimit': <int64 4096>}", 0, { 0 }, "", NULL },
  { "an unknown medium is refused", "{'medium': <'foo'>}", 0, { 0 }, NULL, "unknown storage medium \"foo\"" },
  { "a medium in other letters is unknown",
    "{'medium': <'memory'>}",
    0,
    { 0 },
    NULL,
    "unknown storage medium \"memory\"" },
  { "huge pages in other letters are unknown",
    "{'medium': <'HugePagesX'>}",
    0,
    { 2 * Mi },
    NULL,
    "unknown storage medium \"HugePagesX\"" },
  { "a medium that is not a string is refused", "{'medium': <int64 1>}", 0, { 0 }, NULL, "medium: must be a string" },
  { "a size limit that is not a number is refused",
    "{'sizeLimit': <'1Gi'>}",
    0,
    { 0 },
    NULL,
    "sizeLimit: must be a number of bytes" },
  { "a negative size limit is refused on disk",
    "{'sizeLimit': <int64 -1>}",
    0,
    { 0 },
    NULL,
    "sizeLimit: SizeLimit field must be a valid resource quantity" },
  { "a negative size limit is refused in memory",
    "{'medium': <'Memory'>, 'sizeLimit': <int64 -4096>}",
    0,
    { 0 },
    NULL,
    "sizeLimit: SizeLimit field must be a valid resource quantity" },

  { "TestCalculateEmptyDirMemorySize/EmptyDirLocalLimit",
    "{'medium': <'Memory'>, 'sizeLimit': <int64 1073741824>}",
    10 * Gi,
    { 0 },
    "create_fs tmpfs tmpfs size=1073741824,noswap?",
    NULL },
  { "TestCalculateEmptyDirMemorySize/PodLocalLimit",
    "{'medium': <'Memory'>, 'sizeLimit': <int64 0>}",
    10 * Gi,
    { 0 },
    "create_fs tmpfs tmpfs size=10737418240,noswap?",
    NULL },
  { "TestCalculateEmptyDirMemorySize/NodeAllocatableLimit",
    "{'medium': <'Memory'>, 'sizeLimit': <int64 0>}",
    16 * Gi,
    { 0 },
    "create_fs tmpfs tmpfs size=17179869184,noswap?",
    NULL },
  { "a size limit above what the pod may use does not count",
    "{'medium': <'Memory'>, 'sizeLimit': <int64 20000000000>}",
    10 * Gi,
    { 0 },
    "create_fs tmpfs tmpfs size=10737418240,noswap?",
    NULL },
  { "TestTmpfsMountOptions: without a limit there is no size",
    "{'medium': <'Memory'>}",
    0,
    { 0 },
    "create_fs tmpfs tmpfs noswap?",
    NULL },
  { "TestTmpfsMountOptions: sizeLimit 123Ki",
    "{'medium': <'Memory'>, 'sizeLimit': <int64 125952>}",
    0,
    { 0 },
    "create_fs tmpfs tmpfs size=125952,noswap?",
    NULL },

  { "TestPluginHugetlbfs: HugePages",
    "{'medium': <'HugePages'>}",
    0,
    { 2 * Mi },
    "create_fs hugetlbfs nodev pagesize=2Mi",
    NULL },
  { "TestPluginHugetlbfs: HugePages-2Mi",
    "{'medium': <'HugePages-2Mi'>}",
    0,
    { 2 * Mi },
    "create_fs hugetlbfs nodev pagesize=2Mi",
    NULL },
  { "TestGetHugePagesMountOptions/ProperValues",
    "{'medium': <'HugePages'>}",
    0,
    { 2 * Mi },
    "create_fs hugetlbfs nodev pagesize=2Mi",
    NULL },
  { "TestGetHugePagesMountOptions/ProperValuesAndDifferentPageSize",
    "{'medium': <'HugePages'>}",
    0,
    { Gi, Gi },
    "create_fs hugetlbfs nodev pagesize=1Gi",
    NULL },
  { "TestGetHugePagesMountOptions/InitContainerAndContainerHasProperValues",
    "{'medium': <'HugePages'>}",
    0,
    { Gi },
    "create_fs hugetlbfs nodev pagesize=1Gi",
    NULL },
  { "TestGetHugePagesMountOptions/InitContainerAndContainerHasDifferentPageSizes",
    "{'medium': <'HugePages'>}",
    0,
    { 2 * Mi, Gi },
    NULL,
    SEVERAL },
  { "TestGetHugePagesMountOptions/ContainersWithMultiplePageSizes",
    "{'medium': <'HugePages'>}",
    0,
    { Gi, 2 * Mi },
    NULL,
    SEVERAL },
  { "TestGetHugePagesMountOptions/PodWithNoHugePagesRequest",
    "{'medium': <'HugePages'>}",
    0,
    { 0 },
    NULL,
    "medium HugePages" NOT_REQUESTED },
  { "TestGetHugePagesMountOptions/ProperValuesMultipleSizes",
    "{'medium': <'HugePages-1Gi'>}",
    0,
    { 2 * Mi, Gi },
    "create_fs hugetlbfs nodev pagesize=1Gi",
    NULL },
  { "TestGetHugePagesMountOptions/MediumWithoutSizeMultipleSizes",
    "{'medium': <'HugePages-'>}",
    0,
    { 2 * Mi, Gi },
    NULL,
    "medium HugePages-: \"\" is not a page size such as 2Mi" },
  { "TestGetHugePagesMountOptions/IncorrectMediumFormatMultipleSizes",
    "{'medium': <'foo'>}",
    0,
    { 2 * Mi, Gi },
    NULL,
    "unknown storage medium \"foo\"" },
  { "TestGetHugePagesMountOptions/MediumSizeDoesntMatchResourcesMultipleSizes",
    "{'medium': <'HugePages-1Mi'>}",
    0,
    { 2 * Mi, Gi },
    NULL,
    "medium HugePages-1Mi" NOT_REQUESTED },
  { "TestGetHugePagesMountOptions/PodLevelResourcesSinglePageSize",
    "{'medium': <'HugePages'>}",
    0,
    { 2 * Mi },
    "create_fs hugetlbfs nodev pagesize=2Mi",
    NULL },
  { "TestGetHugePagesMountOptions/PodLevelResourcesSinglePageSizeMediumPrefix",
    "{'medium': <'HugePages-2Mi'>}",
    0,
    { 2 * Mi },
    "create_fs hugetlbfs nodev pagesize=2Mi",
    NULL },
  { "TestGetHugePagesMountOptions/PodAndContainerLevelResourcesMultiPageSizeHugePagesMedium",
    "{'medium': <'HugePages'>}",
    0,
    { Gi, 2 * Mi },
    NULL,
    SEVERAL },
  { "TestGetHugePagesMountOptions/PodAndContainerLevelResourcesMultiPageSizeHugePagesMediumPrefix",
    "{'medium': <'HugePages-2Mi'>}",
    0,
    { Gi, 2 * Mi },
    "create_fs hugetlbfs nodev pagesize=2Mi",
    NULL },
  { "TestSetupHugepages/Invalid medium",
    "{'medium': <'HugePages-NN'>}",
    0,
    { 2 * Mi },
    NULL,
    "medium HugePages-NN: \"NN\" is not a page size such as 2Mi" },
  { "TestGetPageSize: a size is one however it is spelled",
    "{'medium': <'HugePages-1024Mi'>}",
    0,
    { Gi },
    "create_fs hugetlbfs nodev pagesize=1Gi",
    NULL },
  { "a page size without a unit counts bytes",
    "{'medium': <'HugePages-65536'>}",
    0,
    { 64 * Ki },
    "create_fs hugetlbfs nodev pagesize=64Ki",
    NULL },
  { "a page size that overflows is no size",
    "{'medium': <'HugePages-99999999999Gi'>}",
    0,
    { Gi },
    NULL,
    "medium HugePages-99999999999Gi: \"99999999999Gi\" is not a page size such as 2Mi" },
  { "a negative page size is no size",
    "{'medium': <'HugePages--2Mi'>}",
    0,
    { 2 * Mi },
    NULL,
    "medium HugePages--2Mi: \"-2Mi\" is not a page size such as 2Mi" },
  { "a comma in the medium does not become a mount option",
    "{'medium': <'HugePages-2Mi,uid=1'>}",
    0,
    { 2 * Mi },
    NULL,
    "medium HugePages-2Mi,uid=1: \"2Mi,uid=1\" is not a page size such as 2Mi" },
};

static void
the_medium_decides (void **state)
{
  const MediumRow *row = *state;
  g_autoptr (ScriptedHost) host = scripted_host_new ("empty-dir", "kubernetes.io/empty-dir");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("kvol-empty-dir-XXXXXX", NULL);
  KVOL_AUTO_FD dir_fd = open (dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

  rmdir (dir);
  scripted_volume_init (&volume, row->options);
  volume.pod.memory_limit = row->memory_limit;
  scripted_volume_set_page_sizes (&volume, row->page_sizes);

  gboolean ok = scripted_setup (host, &volume, dir_fd, &error);

  assert_calls (host, row->asked ? row->asked : "");
  if (row->refusal != NULL)
    assert_refused (error, KVOL_ERROR_INVALID_SPEC, row->refusal);
  assert_int_equal (ok, row->refusal == NULL);
  /* Nothing, the directory, or a tree. */
  gboolean is_tree = ok && *row->asked != '\0';

  assert_int_equal (volume.made.kind, is_tree ? KVOL_MADE_TREE : KVOL_MADE_FILLED);
  assert_int_equal (volume.made.fd >= 0, is_tree);
  assert_int_equal (host->events->len, 0);
}

int
main (void)
{
  g_autofree char *top = scripted_tmp_new ();
  struct CMUnitTest tests[G_N_ELEMENTS (medium_rows)] = { 0 };

  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    tests[i] = (struct CMUnitTest){ medium_rows[i].name, the_medium_decides, NULL, NULL, (void *) &medium_rows[i] };

  int failed = cmocka_run_group_tests_name ("emptyDir media", tests, NULL, NULL);

  scripted_remove_tree (top);
  return failed;
}
