#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What is installed can be built against with nothing but the .pc files, and runs from where it was installed. The
# program, the plugin and the manifest are those that README.md shows.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MAKELEVEL MFLAGS
flags="-Wall -Wextra -Wno-unused-parameter -Werror ${SANITIZE:+-fsanitize=$SANITIZE}"
# A plugin finds a sanitizer in the program that loads it.
plugin_flags="-Wall -Wextra -Wno-unused-parameter -Werror"

# NAME COMMAND...
try () {
  name=$1; shift
  if "$@" >"$work/out" 2>&1; then echo "ok - $name"; else echo "not ok - $name"; sed 's/^/# /' "$work/out"; fi
}

# The first block of a language in README.md.
shown () {
  awk -v fence="\`\`\`$1" '$0 == "```" { inside = 0 } inside { print } $0 == fence { inside = ++n == 1 }' "$top/README.md"
}

install_into () {
  make -s -C "$top" B="$B" ${SANITIZE:+SANITIZE="$SANITIZE"} "$@" install
}

pkg () {
  PKG_CONFIG_PATH=$work/usr/lib/pkgconfig pkg-config "$@"
}

compile_program () {
  shown c >"$work/show.c"
  gcc $flags "$work/show.c" $(pkg --cflags --libs kvol-kube) -Wl,-rpath,"$(pkg --variable=libdir kvol)" -o "$work/show"
}

compile_plugin () {
  gcc -shared -fPIC $plugin_flags $(pkg --cflags kvol-plugin) "$top/examples/plugin/hello.c" $(pkg --libs gio-2.0) \
    -o "$work/kvol-hello.so" && install "$work/kvol-hello.so" "$(pkg --variable=plugindir kvol-plugin)"
}

run_program () {
  shown yaml >"$work/pod.yaml"
  "$work/show" "$work/root" "$work/pod.yaml" >"$work/mounts" || return 1
  cat "$work/mounts"
  grep -q ' on /greeting$' "$work/mounts" && [ "$(cat "$(sed 's/ on .*//' "$work/mounts")"/greeting)" = "$1" ]
}

staged () {
  for pc in kvol kvol-kube kvol-plugin; do
    grep -qx 'prefix=/opt/kvol-staged' "$work/stage/opt/kvol-staged/lib/pkgconfig/$pc.pc" || return 1
  done
  ! grep -rIl "$work" "$work/stage" && [ ! -e /opt/kvol-staged ]
}

try 'make install works' install_into PREFIX="$work/usr"
try 'the headers compile in C++ from where they were installed' \
  sh -c "echo '#include <kvol-kube/kvol-kube.h>' | g++ -fsyntax-only -x c++ $(pkg --cflags kvol-kube) -"
try 'a program compiles with what pkg-config says' compile_program
try 'a plugin compiles with what pkg-config says, and needs no libkvol' compile_plugin
try 'the program sets a volume of that plugin up' run_program 'Hello world!'
try 'plugin-test finds nothing wrong with that plugin' "$work/usr/bin/kvol-plugin-test" \
  --options="$top/examples/plugin/hello.conformance.yaml" "$work/kvol-hello.so"
try 'the installed agent starts' "$work/usr/bin/kvol-agent" --help
try 'make install with DESTDIR works' install_into PREFIX=/opt/kvol-staged DESTDIR="$work/stage"
try 'what is installed with DESTDIR lies below it, and does not know it' staged
