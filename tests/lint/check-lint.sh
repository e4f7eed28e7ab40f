#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each rule of lint is shown a small tree that breaks it, and must refuse it at the right place. The same tree unbroken
# must please every rule.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
good=$work/good case=$work/case

lint () {
  B=build tests/lint/lint.sh "$@"
}

# NAME PART PLACE: the commands of stdin break the good tree; PART must say so, each line with file and line, one of
# them at PLACE (a pattern).
refuses () {
  rm -rf "$case" && cp -a "$good" "$case"
  if ! (cd "$case" && sh -eu) >"$work/out" 2>&1; then
    echo "not ok - $1: the tree could not be broken"; sed 's/^/# /' "$work/out"; return
  fi
  (cd "$case" && lint "$2") >"$work/out" 2>&1
  status=$?
  if [ $status -eq 1 ] && grep -q "^$3" "$work/out" && ! grep -qvE '^[^: ]+:[0-9]+: .' "$work/out"; then
    echo "ok - $1 is refused"
  else
    echo "not ok - $1 is refused"; echo "# lint $2 ended with $status:"; sed 's/^/# /' "$work/out"
  fi
}

# NAME PART: after the commands of stdin PART has still nothing to say.
accepts () {
  rm -rf "$case" && cp -a "$good" "$case"
  (cd "$case" && sh -eu && lint "$2") >"$work/out" 2>&1
  status=$?
  if [ $status -eq 0 ] && [ ! -s "$work/out" ]; then echo "ok - $1 is accepted"
  else echo "not ok - $1 is accepted"; echo "# lint $2 ended with $status:"; sed 's/^/# /' "$work/out"; fi
}

. "$top/tests/lint/good-tree.sh"
good_tree "$top" "$good" || { echo "not ok - the good tree can be made"; exit 1; }
accepts 'a tree that keeps every rule' '' </dev/null

# ---- text ----
refuses 'a tab' text 'lib/model/value.c:.*a tab' <<'END'
printf '/*\t*/\n' >>lib/model/value.c
END
refuses 'white space at the end of a line' text 'plugins/good/good.c:.*white space' <<'END'
echo '/* x */ ' >>plugins/good/good.c
END
refuses 'a carriage return' text 'lib/model/value.c:.*white space' <<'END'
printf '/* x */\r\n' >>lib/model/value.c
END
refuses 'a line of 121 columns' text 'lib/model/value.h:.*121 columns' <<'END'
printf '/* %115s */\n' x >>lib/model/value.h
END
accepts 'a line of 120 columns that has more bytes' text <<'END'
printf '/* %112sµµ */\n' x >>lib/model/value.h
END
refuses 'a source without its licence' text 'lib/model/value.c:1: no "SPDX' <<'END'
sed -i 1d lib/model/value.c
END
refuses 'a library source under the licence of the examples' text 'lib/model/value.c:1: no "SPDX.*LGPL' <<'END'
sed -i '1s/LGPL-2.1-or-later/MIT/' lib/model/value.c
END
refuses 'an example under the licence of the library' text 'examples/plugin/hello.c:1: no "SPDX.*MIT' <<'END'
sed -i '1s/MIT/LGPL-2.1-or-later/' examples/plugin/hello.c
END
refuses 'a script without its licence' text 'tests/x.sh:1: no "SPDX' <<'END'
echo '#!/bin/sh' >tests/x.sh
END
refuses 'a file of 501 lines' text 'lib/model/value.c:501:' <<'END'
while [ $(wc -l <lib/model/value.c) -lt 501 ]; do echo '/* x */' >>lib/model/value.c; done
END
accepts 'a file of 500 lines' text <<'END'
while [ $(wc -l <lib/model/value.c) -lt 500 ]; do echo '/* x */' >>lib/model/value.c; done
END
refuses 'a function of 61 lines' text 'lib/model/value.c:[0-9]*: 61 lines between' <<'END'
{ echo 'void'; echo 'f (void)'; echo '{'; for i in $(seq 61); do echo '  g ();'; done; echo '}'; } >>lib/model/value.c
END
accepts 'a function of 60 lines' text <<'END'
{ echo 'void'; echo 'f (void)'; echo '{'; for i in $(seq 60); do echo '  g ();'; done; echo '}'; } >>lib/model/value.c
END
refuses 'a fourth level of nesting' text 'lib/model/value.c:[0-9]*: more than three' <<'END'
cat >>lib/model/value.c <<'CODE'
void
f (void)
{
  for (;;)
    {
      if (a)
        while (b)
          if (c)
            g ();
    }
}
CODE
END
accepts 'a third level of nesting, and many statements beside each other' text <<'END'
cat >>lib/model/value.c <<'CODE'
void
f (void)
{
  for (;;)
    {
      if (a)
        while (b)
          g ();
      else if (c)
        do
          g ();
        while (d);
      if (e)
        if (f)
          g ();
    }
  if (a)
    g ();
}
CODE
END
refuses 'goto' text 'lib/model/value.c:.*goto' <<'END'
printf 'void\nf (void)\n{\n  goto out;\n}\n' >>lib/model/value.c
END
accepts 'goto in a comment or a string' text <<'END'
printf '/* goto x;\n   goto y; */\nconst char *const go = "goto \\" z; goto w;";\n' >>lib/model/value.c
END
for name in utils util common helpers helper misc; do
  refuses "a file called $name" text "lib/sys/$name.c:1:" <<END
cp lib/model/value.c lib/sys/$name.c
END
done

# ---- includes ----
include () {
  refuses "$1" includes "$2:" <<END
printf '#include %s\n' '$3' >>$2
END
}
include 'a layer that includes from above' lib/model/value.c '"sys/entry.h"'
include 'lib/sys that includes lib/loader' lib/sys/entry.c '"loader/plugin.h"'
include 'lib/loader that includes lib/engine' lib/loader/plugin.h '"engine/engine.h"'
include 'lib/kube that includes from libkvol' lib/kube/manifest/bytes.c '"model/value.h"'
include 'a climbing include' plugins/good/good.c '"../../lib/model/value.h"'
include 'libkvol that includes libkvol-kube' lib/model/value.c '<kvol-kube/kvol-kube.h>'
include 'a plugin that includes from lib' plugins/good/good.c '"model/value.h"'
include 'a plugin that includes the API of callers' plugins/good/good.c '<kvol/kvol-macros.h>'
include 'an example plugin that includes the API of callers' examples/plugin/hello.c '<kvol/kvol-macros.h>'
include 'an example that includes from lib' examples/agent/main.c '"model/value.h"'
include 'a test that includes from lib' tests/integration/test-x.c '"model/value.h"'
include 'plugin-test that includes lib/engine' tests/plugin-test/main.c '"engine/engine.h"'
include 'a public header that includes from lib' include/kvol/kvol-macros.h '"model/value.h"'
include 'a system header in lib/model' lib/model/value.c '<sys/stat.h>'
include 'a system header in lib/kube' lib/kube/manifest/bytes.c '<unistd.h>'
include 'a system header in a public header' include/kvol/kvol-macros.h '<unistd.h>'
include 'libmount outside lib/sys' lib/loader/plugin.h '<libmount/libmount.h>'
include 'libblkid in a plugin' plugins/good/good.c '<blkid/blkid.h>'
include 'libyaml outside lib/kube' examples/agent/main.c '<yaml.h>'
include 'json-glib in a library' lib/kube/manifest/bytes.c '<json-glib/json-glib.h>'
include 'libsmartcols in a library' lib/sys/entry.c '<libsmartcols/libsmartcols.h>'
include 'cmocka in a program' examples/agent/main.c '<cmocka.h>'
accepts 'an include where it belongs' includes <<'END'
add () { printf '#include %s\n' "$2" >>$1; }
add lib/sys/entry.c '<libmount/libmount.h>';    add lib/sys/entry.c '<sys/mount.h>'
add lib/loader/plugin.h '"sys/entry.h"';        add lib/loader/plugin.h '<gmodule.h>'
add lib/engine/engine.h '"loader/plugin.h"';    add lib/kube/manifest/bytes.c '<yaml.h>'
add lib/model/value.c '<fcntl.h>';              add lib/kube/manifest/bytes.c '<kvol/kvol-macros.h>'
add tests/unit/test-x.c '"model/value.h"';      add tests/unit/test-x.c '"manifest/bytes.h"'
add tests/plugin-test/main.c '"sys/entry.h"';   add tests/plugin-test/main.c '<yaml.h>'
add examples/agent/main.c '<kvol/kvol-error.h>'; add examples/agent/main.c '<json-glib/json-glib.h>'
add plugins/good/good.c '<sys/statfs.h>'
END

# ---- format, headers ----
refuses 'a layout that is not ours' format 'lib/model/value.c:' <<'END'
echo 'int  f(int x){ return x; }' >>lib/model/value.c
END
refuses 'a header that needs another one first' headers 'lib/engine/engine.h:[0-9]*: alone in gnu11' <<'END'
echo 'extern size_t engine_size;' >>lib/engine/engine.h
END
refuses 'a public header that is not C++' headers 'include/kvol/kvol-macros.h:[0-9]*: alone in gnu++17' <<'END'
echo 'static inline int *kvol_any (void *class) { int *any = class; return any; }' >>include/kvol/kvol-macros.h
END
accepts 'an internal header that is not C++' headers <<'END'
echo 'static inline int *engine_any (void *class) { int *any = class; return any; }' >>lib/engine/engine.h
END

# ---- symbols, statics ----
refuses 'a plugin that hands out a second function' symbols 'plugins/plugin.map:1: kvol-good.so hands out' <<'END'
echo '{ global: *; };' >plugins/plugin.map
echo '__attribute__ ((visibility ("default"))) void also (void); void also (void) {}' >>plugins/good/good.c
./build.sh
END
refuses 'a plugin that hands out nothing' symbols 'plugins/plugin.map:1: kvol-good.so hands out ""' <<'END'
echo '{ local: *; };' >plugins/plugin.map
./build.sh
END
refuses 'a function that is marked and not in the map' symbols 'include/kvol/kvol-error.h:[0-9]*: kvol_new' <<'END'
echo 'KVOL_API void kvol_new_one (void);' >>include/kvol/kvol-error.h
END
refuses 'a type that is declared and not in the map' symbols 'include/kvol/kvol-error.h:[0-9]*: kvol_box' <<'END'
echo 'KVOL_API G_DECLARE_FINAL_TYPE (KvolBox, kvol_box, KVOL, BOX, GObject)' >>include/kvol/kvol-error.h
END
refuses 'a name in the map without a declaration' symbols 'lib/kvol.map:.*kvol_old_one is in the map, but in' <<'END'
sed -i 's/^  global:/&\n    kvol_old_one;/' lib/kvol.map
END
refuses 'a name in the map without a function' symbols 'lib/kvol.map:.*kvol_old_one is in the map, but does' <<'END'
sed -i 's/^  global:/&\n    kvol_old_one;/' lib/kvol.map
END
refuses 'a function that comes out beside the map' symbols 'lib/kvol.map:1: kvol_stray comes out' <<'END'
echo 'KVOL_1 { global: *; };' >lib/kvol.map
echo '__attribute__ ((visibility ("default"))) void kvol_stray (void); void kvol_stray (void) {}' >>lib/model/value.c
./build.sh
printf "KVOL_0 {\n  global:\n    kvol_error_quark;\n  local:\n    *;\n};\n" >lib/kvol.map
END
refuses 'a library that was not built' symbols 'lib/kvol.map:1: build/libkvol.so was not built' <<'END'
rm build/libkvol.so
END
for declaration in 'static int count;' 'static int count = 1;' 'int count = 1;' 'static __thread int count;'; do
  refuses "a variable outside any object ($declaration)" statics 'lib/model/value.c:[0-9]*: "count" is a variable' <<END
echo '$declaration int model_count (void); int model_count (void) { return ++count; }' >>lib/model/value.c
./build.sh
END
done
refuses 'a variable inside a function' statics 'plugins/good/good.c:[0-9]*: "count" is a variable' <<'END'
echo 'int good_count (void); int good_count (void) { static int count; return ++count; }' >>plugins/good/good.c
./build.sh
END
accepts 'what GLib keeps, what is constant, and what is done once' statics <<'END'
cat >>lib/model/value.c <<'CODE'
#include <glib-object.h>
typedef struct { GObject parent; } ModelBox;
typedef struct { GObjectClass parent; } ModelBoxClass;
typedef struct { int x; } ModelBoxPrivate;
GType model_box_get_type (void);
G_DEFINE_TYPE_WITH_PRIVATE (ModelBox, model_box, G_TYPE_OBJECT)
G_DEFINE_QUARK (model-box, model_box)
static void model_box_init (ModelBox *self) { }
static void model_box_class_init (ModelBoxClass *class) { }
const char *model_word (int i);
const char *model_word (int i) { static const char *const words[] = { "a", "b" }; return words[i]; }
gsize model_fact (void);
gsize
model_fact (void)
{
  static gsize once;
  if (g_once_init_enter (&once)) g_once_init_leave (&once, 1);
  return once;
}
CODE
./build.sh
END
