#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each header of the arguments compiles alone: all of them in C, the public ones in C++ too. An internal one that its own
# .c file includes before anything else is proven by the build already.
set -u
warnings='-Wall -Wextra -Wundef -Werror -Wno-unused-parameter -Wno-unused-function'
gio=$(pkg-config --cflags gio-2.0)

# LANGUAGE STANDARD HEADER INCLUDE-DIRS...
alone () {
  language=$1 standard=$2 header=$3; shift 3
  printf '#include "%s"\n' "$header" \
    | gcc -x "$language" "-std=$standard" -fsyntax-only -D_GNU_SOURCE $warnings "$@" -I. $gio - 2>&1 \
    | sed -n 's/^\([^ :]*:[0-9]*\):[0-9]*: \(fatal error\|error\): \(.*\)/\1: alone in '"$standard"': \3/p'
}

# HEADER: whether its own .c file begins with it.
proven () {
  [ -e "${1%.h}.c" ] || return 1
  first=$(sed -n 's/^#include *["<]\([^">]*\)[">].*/\1/p;' "${1%.h}.c" | head -n 1)
  case $1 in */"$first") true ;; *) false ;; esac
}

for header; do
  case $header in include/*) ;; *) proven "$header" && continue ;; esac
  case $header in
    include/*) alone c gnu11 "$header" -Iinclude
               alone c++ gnu++17 "$header" -Iinclude ;;
    lib/kube/*) alone c gnu11 "$header" -Iinclude -iquote lib/kube ;;
    lib/*) alone c gnu11 "$header" -Iinclude -iquote lib ;;
    tests/unit/* | tests/plugin-test/*) alone c gnu11 "$header" -Iinclude -iquote tests -iquote lib -iquote lib/kube ;;
    tests/*) alone c gnu11 "$header" -Iinclude -iquote tests ;;
    examples/*) alone c gnu11 "$header" -Iinclude $(pkg-config --cflags json-glib-1.0 smartcols) ;;
    *) alone c gnu11 "$header" -Iinclude ;;
  esac
done
