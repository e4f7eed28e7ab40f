/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read from a pod's object. Rows carry the upstream test's name. */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <kvol/kvol-error.h>
#include <string.h>

#include "model/container.h"
#include "model/name.h"
#include "model/pod.h"
#include "model/resources.h"
#include "support/rows.h"

static GVariant *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *object = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  if (object == NULL)
    fail_msg ("%s: %s", error->message, text);
  return object;
}

/* @spec is the pod's spec as GVariant text. */
static ModelPod *
pod_of (const char *spec, GError **error)
{
  g_autofree char *text = g_strdup_printf ("{'metadata': <{'name': <'web'>, 'uid': <'u'>}>, 'spec': <%s>}", spec);
  g_autoptr (GVariant) object = parse (text);

  return model_pod_new (object, error);
}

typedef struct
{
  const char *name;
  const char *spec;
  const char *error; /* the message contains it */
  int code;
} Refused;

#define MOUNT(fields)                                                                                                  \
  "{'volumes': <[{'name': <'v'>}]>, 'containers': <[{'name': <'c'>, 'volumeMounts': <[{" fields "}]>}]>}"

static const Refused refused[] = {
  { "TestValidateVolumes/name empty", "{'volumes': <[{'name': <''>}]>}", "spec.volumes[0].name", 3 },
  { "TestValidateVolumes/name > 63 characters",
    "{'volumes': <[{'name': <'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>}]>}",
    "spec.volumes[0].name", 3 },
  { "TestValidateVolumes/name has dots", "{'volumes': <[{'name': <'a.b.c'>}]>}", "spec.volumes[0].name", 3 },
  { "TestValidateVolumes/name not a DNS label", "{'volumes': <[{'name': <'../x'>}]>}", "spec.volumes[0].name", 3 },
  { "TestValidateVolumes/name not unique", "{'volumes': <[{'name': <'v'>}, {'name': <'v'>}]>}", "Duplicate value", 3 },
  { "TestValidateVolumes/more than one source",
    "{'volumes': <[{'name': <'v'>, 'emptyDir': <@a{sv} {}>, 'hostPath': <{'path': <'/x'>}>}]>}",
    "may not specify more than 1 volume type", 3 },
  { "a claim is not supported yet", "{'volumes': <[{'name': <'v'>, 'persistentVolumeClaim': <{'claimName': <'x'>}>}]>}",
    "claims", 4 },
  { "an unknown source is named", "{'volumes': <[{'name': <'v'>, 'glusterfs': <{'path': <'x'>}>}]>}", "glusterfs", 4 },
  { "a flexVolume needs a driver", "{'volumes': <[{'name': <'v'>, 'flexVolume': <{'fsType': <'x'>}>}]>}", "driver", 3 },
  { "TestValidateVolumeMounts/name not found", MOUNT ("'name': <'w'>, 'mountPath': <'/m'>"), "Not found: \"w\"", 3 },
  { "TestValidateVolumeMounts/empty mountpath", MOUNT ("'name': <'v'>, 'mountPath': <''>"), "Required value", 3 },
  { "TestMakeMounts/invalid absolute SubPath",
    MOUNT ("'name': <'v'>, 'mountPath': <'/m'>, 'subPath': <'/must/not/be/absolute'>"), "must be a relative path", 3 },
  { "TestMakeMounts/invalid SubPath with backsteps",
    MOUNT ("'name': <'v'>, 'mountPath': <'/m'>, 'subPath': <'no/backsteps/../allowed'>"), "must not contain '..'", 3 },
  { "TestValidateMountPropagation/unknown", MOUNT ("'name': <'v'>, 'mountPath': <'/m'>, 'mountPropagation': <'No'>"),
    "Unsupported value", 3 },
  { "TestValidateVolumeMounts/rro on a rw mount",
    MOUNT ("'name': <'v'>, 'mountPath': <'/m'>, 'recursiveReadOnly': <'Enabled'>"), "readOnly is true", 3 },
  { "TestValidateVolumeMounts/rro with HostToContainer",
    MOUNT ("'name': <'v'>, 'mountPath': <'/m'>, 'readOnly': <true>, 'recursiveReadOnly': <'Enabled'>, "
           "'mountPropagation': <'HostToContainer'>"),
    "mountPropagation is None", 3 },
};

static void
refused_row (void **state)
{
  const Refused *row = *state;
  g_autoptr (GError) error = NULL;
  g_autoptr (ModelPod) pod = pod_of (row->spec, &error);

  assert_null (pod);
  assert_int_equal (error->code, row->code);
  assert_non_null (strstr (error->message, row->error));
}

typedef struct
{
  const char *name;   /* upstream's */
  const char *mounts; /* volumeMounts of one container, volume "v" is asked about */
  const char *nested; /* joined by commas, in order of path */
} Nested;

#define AT(volume, path) "{'name': <'" volume "'>, 'mountPath': <'" path "'>}"

static const Nested nested[] = {
  { "TestGetNestedMountpoints/Simple Pod", AT ("v", "/dir"), "" },
  { "TestGetNestedMountpoints/Simple Nested Pod", AT ("v", "/dir") "," AT ("w", "/dir/nested"), "nested" },
  { "TestGetNestedMountpoints/Unsorted Nested Pod",
    AT ("v", "/dir") "," AT ("w", "/dir/nested/double") "," AT ("x", "/ignore") "," AT ("y", "/dir/nested") "," AT (
        "z", "/ignore2") "," AT ("a", "/dir/nested2") "," AT ("b", "/dir/nested-vol") "," AT ("c", "/dir/nested.vol"),
    "nested,nested-vol,nested.vol,nested2" },
  { "TestGetNestedMountpoints/Multiple Mount Pod",
    AT ("v", "/dir") "," AT ("v", "/dir2") "," AT ("w", "/dir/nested") "," AT ("x", "/dir2/nested2"),
    "nested,nested2" },
  { "a mount at / holds all others", AT ("v", "/") "," AT ("w", "/data"), "data" },
  { "a path is cleaned before it is compared", AT ("v", "/dir/") "," AT ("w", "/dir//x/../nested"), "nested" },
};

static void
nested_row (void **state)
{
  const Nested *row = *state;
  g_autofree char *text = g_strdup_printf ("{'name': <'c'>, 'volumeMounts': <[%s]>}", row->mounts);
  g_autoptr (GVariant) object = parse (text);
  g_autoptr (GPtrArray) containers = g_ptr_array_new_with_free_func ((GDestroyNotify) model_container_free);
  GError *error = NULL;

  g_ptr_array_add (containers, model_container_new (object, "c", &error));
  assert_null (error);

  g_auto (GStrv) dirs = model_container_list_nested (containers, "v");
  g_autofree char *joined = dirs ? g_strjoinv (",", dirs) : g_strdup ("");

  assert_string_equal (joined, row->nested);
}

typedef struct
{
  const char *name; /* upstream's */
  const char *spec;
  gint64 memory;
  gint64 user;
  const char *pages; /* sizes, joined by spaces */
} Resources;

#define MEM(n) "'resources': <{'limits': <{'memory': <int64 " n ">}>}>"

static const Resources resources[] = {
  { "TestCalculateEmptyDirMemorySize/PodLocalLimit", "{'containers': <[{'name': <'a'>, " MEM ("100") "}]>}", 100, -1,
    "" },
  { "TestCalculateEmptyDirMemorySize/NodeAllocatableLimit: a request is no limit",
    "{'containers': <[{'name': <'a'>, 'resources': <{'requests': <{'memory': <int64 100>}>}>}]>}", 0, -1, "" },
  { "limits of all containers are added",
    "{'containers': <[{'name': <'a'>, " MEM ("1") "}, {'name': <'b'>, " MEM ("2") "}]>}", 3, -1, "" },
  { "one container without a limit: no limit", "{'containers': <[{'name': <'a'>, " MEM ("1") "}, {'name': <'b'>}]>}", 0,
    -1, "" },
  { "a larger init container counts",
    "{'initContainers': <[{'name': <'i'>, " MEM ("9") "}]>, 'containers': <[{'name': <'a'>, " MEM ("1") "}]>}", 9, -1,
    "" },
  { "the pod's own limit goes first", "{" MEM ("7") ", 'containers': <[{'name': <'a'>}]>}", 7, -1, "" },
  { "TestFsUserFrom/no runAsUser specified", "{'containers': <[{'name': <'a'>}]>}", 0, -1, "" },
  { "TestFsUserFrom/some have runAsUser specified",
    "{'containers': <[{'name': <'a'>, 'securityContext': <{'runAsUser': <int64 1000>}>}, {'name': <'b'>}]>}", 0, -1,
    "" },
  { "TestFsUserFrom/all have runAsUser specified but not the same",
    "{'containers': <[{'name': <'a'>, 'securityContext': <{'runAsUser': <int64 1000>}>}, {'name': <'b'>, "
    "'securityContext': "
    "<{'runAsUser': <int64 1001>}>}]>}",
    0, -1, "" },
  { "TestFsUserFrom/all have runAsUser specified and the same",
    "{'securityContext': <{'runAsUser': <int64 1000>}>, 'containers': <[{'name': <'a'>, 'securityContext': "
    "<{'runAsUser': "
    "<int64 1000>}>}, {'name': <'b'>}]>}",
    0, 1000, "" },
  { "TestGetHugePagesMountOptions/InitContainerAndContainerHasDifferentPageSizes",
    "{'initContainers': <[{'name': <'i'>, 'resources': <{'requests': <{'hugepages-2Mi': <int64 1>}>}>}, {'name': "
    "<'k'>, "
    "'resources': <{'requests': <{'hugepages-1Gi': <int64 1>}>}>}]>}",
    0, -1, "2097152 1073741824" },
  { "TestGetHugePagesMountOptions/ProperValuesAndDifferentPageSize",
    "{'containers': <[{'name': <'i'>, 'resources': <{'requests': <{'hugepages-1Gi': <int64 1>}>}>}, {'name': <'k'>, "
    "'resources': <{'limits': <{'hugepages-1Gi': <int64 4>}>}>}]>}",
    0, -1, "1073741824" },
};

static void
resources_row (void **state)
{
  const Resources *row = *state;
  g_autoptr (GError) error = NULL;
  g_autoptr (ModelPod) pod = pod_of (row->spec, &error);
  g_autoptr (GString) pages = g_string_new (NULL);

  assert_null (error);
  assert_int_equal (pod->memory_limit, row->memory);
  assert_int_equal (pod->fs_user, row->user);
  for (gsize i = 0; pod->huge_pages != NULL && i < g_variant_n_children (pod->huge_pages); i++)
    {
      guint64 size = 0;

      g_variant_get_child (pod->huge_pages, i, "t", &size);
      g_string_append_printf (pages, "%s%" G_GUINT64_FORMAT, i > 0 ? " " : "", size);
    }
  assert_string_equal (pages->str, row->pages);
}

static void
a_volume_without_a_source_is_an_empty_dir (void **state)
{
  g_autoptr (ModelPod) pod = pod_of ("{'volumes': <[{'name': <'v'>}]>}", NULL);

  assert_string_equal (model_pod_find_volume (pod, "v")->plugin, "kubernetes.io/empty-dir");
}

static void
a_pod_of_very_many_volumes_is_refused (void **state)
{
  g_autoptr (GString) spec = g_string_new ("{'volumes': <[{'name': <'v'>}");
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 1024; i++)
    g_string_append_printf (spec, ", {'name': <'v%d'>}", i);
  g_string_append (spec, "]>}");
  assert_null (pod_of (spec->str, &error));
  assert_non_null (strstr (error->message, "spec.volumes: Too many: 1025"));
}

static void
a_driver_names_its_plugin (void **state)
{
  g_autoptr (ModelPod) pod =
      pod_of ("{'volumes': <[{'name': <'v'>, 'flexVolume': <{'driver': <'vendor.example/kind'>}>}]>}", NULL);

  assert_string_equal (model_pod_find_volume (pod, "v")->plugin, "vendor.example/kind");
}

static void
a_flex_volume_hands_its_options_to_the_driver (void **state)
{
  g_autoptr (ModelPod) pod =
      pod_of ("{'volumes': <[{'name': <'v'>, 'flexVolume': <{'driver': <'vendor.example/kind'>, 'fsType': <'ext4'>, "
              "'readOnly': <true>, 'options': <{'share': <'x'>}>}>}]>}",
              NULL);
  const ModelVolume *volume = model_pod_find_volume (pod, "v");
  g_autofree char *options = g_variant_print (volume->options, FALSE);

  assert_string_equal (options, "{'share': <'x'>}");
  assert_string_equal (volume->fs_type, "ext4");
  assert_true (volume->read_only);
}

static void
a_flex_volume_names_the_secret_of_its_driver (void **state)
{
  g_autoptr (ModelPod) pod =
      pod_of ("{'volumes': <[{'name': <'v'>, 'flexVolume': <{'driver': <'d/e'>, 'secretRef': <{'name': <'s'>}>}>},"
              "{'name': <'w'>, 'flexVolume': <{'driver': <'d/f'>, 'secretRef': <{'name': <''>}>}>}]>}",
              NULL);
  const ModelVolume *volume = model_pod_find_volume (pod, "v");

  assert_string_equal (volume->secret.name, "s");
  assert_null (volume->secret.ns);
  assert_string_equal (volume->secret.type, "d/e");
  assert_null (model_pod_find_volume (pod, "w")->secret.name);
}

static void
plugin_names_survive_their_escape (void **state)
{
  g_autofree char *escaped = model_name_escape ("kubernetes.io/empty-dir");
  g_autofree char *back = model_name_unescape (escaped);

  assert_string_equal (escaped, "kubernetes.io~empty-dir");
  assert_string_equal (back, "kubernetes.io/empty-dir");
}

static void
a_pod_needs_a_plain_uid (void **state)
{
  static const char *const uids[] = { "", "..", "a/b", ".x", "a\nb" };

  for (guint i = 0; i < G_N_ELEMENTS (uids); i++)
    {
      g_autoptr (GVariant) object =
          g_variant_ref_sink (g_variant_new_parsed ("{'metadata': <{'name': <'web'>, 'uid': <%s>}>}", uids[i]));
      g_autoptr (GError) error = NULL;

      assert_null (model_pod_new (object, &error));
      assert_true (g_str_has_prefix (error->message, "metadata.uid: "));
    }
}

int
main (void)
{
  const struct CMUnitTest plain[] = {
    cmocka_unit_test (a_volume_without_a_source_is_an_empty_dir),
    cmocka_unit_test (a_driver_names_its_plugin),
    cmocka_unit_test (a_pod_of_very_many_volumes_is_refused),
    cmocka_unit_test (a_flex_volume_hands_its_options_to_the_driver),
    cmocka_unit_test (a_flex_volume_names_the_secret_of_its_driver),
    cmocka_unit_test (plugin_names_survive_their_escape),
    cmocka_unit_test (a_pod_needs_a_plain_uid),
  };
  g_autoptr (GArray) tests = rows_new ();

  rows_add_plain (tests, plain);
  rows_add_all (tests, refused, refused_row);
  rows_add_all (tests, nested, nested_row);
  rows_add_all (tests, resources, resources_row);
  return rows_run ("model", tests);
}
