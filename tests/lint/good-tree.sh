#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# good_tree TOP DIR: makes a small tree in DIR that keeps every rule of lint, and builds it there.

good_source () {
  mkdir -p "$(dirname "$1")"
  { echo "/* SPDX-License-Identifier: $2 */"; cat; } >"$1"
}

good_tree () {
  mkdir -p "$2" && cd "$2" || return 1
  mkdir -p tests include/kvol include/kvol-kube
  cp -a "$1/.clang-format" .
  cp -a "$1/tests/lint" tests/
  cp "$1"/include/kvol/kvol-abi.h "$1"/include/kvol/kvol-error.h "$1"/include/kvol/kvol-macros.h include/kvol/

  good_source include/kvol-kube/kvol-kube.h LGPL-2.1-or-later <<'END'
#pragma once

#include <kvol/kvol-macros.h>

KVOL_API int kvol_kube_bytes (void);
END
  good_source lib/model/value.h LGPL-2.1-or-later <<'END'
#pragma once

int model_value (void);
END
  good_source lib/model/value.c LGPL-2.1-or-later <<'END'
#include "model/value.h"

#include <kvol/kvol-error.h>

int
model_value (void)
{
  return 1;
}

GQuark
kvol_error_quark (void)
{
  return KVOL_ERROR;
}
END
  for file in sys/entry.h sys/entry.c loader/plugin.h engine/engine.h kube/manifest/bytes.h; do
    case $file in *.h) echo '#pragma once' ;; esac | good_source "lib/$file" LGPL-2.1-or-later
  done
  good_source lib/kube/manifest/bytes.c LGPL-2.1-or-later <<'END'
#include "manifest/bytes.h"

#include <kvol-kube/kvol-kube.h>

int
kvol_kube_bytes (void)
{
  return 1;
}
END
  good_source plugins/good/good.c LGPL-2.1-or-later <<'END'
#include <kvol/kvol-abi.h>

const KvolPluginDesc *const *
kvol_plugins_v1 (void)
{
  return NULL;
}
END
  for file in examples/agent/main.c examples/plugin/hello.c; do good_source $file MIT </dev/null; done
  for file in unit/test-x.c integration/test-x.c plugin-test/main.c; do
    good_source tests/$file LGPL-2.1-or-later </dev/null
  done
  printf 'KVOL_0 {\n  global:\n    kvol_error_quark;\n  local:\n    *;\n};\n' >lib/kvol.map
  printf 'KVOL_KUBE_0 {\n  global:\n    kvol_kube_bytes;\n  local:\n    *;\n};\n' >lib/kube/kvol-kube.map
  cp "$1/plugins/plugin.map" plugins/

  cat >build.sh <<'END'
#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds what lint looks into.
set -eu
flags="-fPIC -fvisibility=hidden -O2 -Iinclude -iquote lib -iquote lib/kube $(pkg-config --cflags gio-2.0)"
link () {
  map=$1 so=$2 source=$3
  mkdir -p "build/$(dirname "$source")" build/plugins
  gcc $flags -c "$source" -o "build/${source%.c}.o"
  gcc -shared "-Wl,--version-script=$map" "build/${source%.c}.o" $(pkg-config --libs gio-2.0) -o "build/$so"
}
link lib/kvol.map libkvol.so lib/model/value.c
link lib/kube/kvol-kube.map libkvol-kube.so lib/kube/manifest/bytes.c
link plugins/plugin.map plugins/kvol-good.so plugins/good/good.c
END
  chmod +x build.sh && ./build.sh
}
