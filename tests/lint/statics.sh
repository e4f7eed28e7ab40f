#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# State lives in objects: the object files of the arguments (relative to $B) hold no variable that can change, but
# those that GLib's type macros make and flags that say "done once". What is constant after loading (tables of
# pointers) lies in .data.rel.ro and does not count.
set -u

for object; do
  objdump -t "$B/$object" | awk -v source="${object%.o}.c" '
    # VALUE FLAGS SECTION SIZE NAME; flags are seven columns wide and hold an O for a variable, unless it is the
    # own one of each thread, and a d for a section.
    { sub (/^[0-9a-f]+ /, "") }
    { flags = substr ($0, 1, 7); split (substr ($0, 9), part, /[ \t]+/); section = part[1] }
    flags !~ /O/ && (flags ~ /d/ || section !~ /^\.t(data|bss)$/) { next }
    { name = $NF; sub (/\.[0-9]+$/, "", name) }
    section !~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*|\.data\.[^r].*|\.bss\..*)$/ { next }
    # What the type system keeps: G_DEFINE_TYPE and its kind, G_DEFINE_QUARK, a class'"'"'s signals.
    name ~ /^(static_g_define_type_id|g_define_type_id__static|.*_parent_class|.*_private_offset)$/ { next }
    name == "q" || name == "signals" || name == "properties" { next }
    name ~ /(^|_)once(_|$)/ || name ~ /^(__odr_asan|__compound_literal$|_*asan)/ { next }
    { line = 1; found = 0
      while (!found && (getline text < source) > 0)
        if (text ~ "(^|[^A-Za-z0-9_])" name "([^A-Za-z0-9_]|$)" && text ~ /static/) found = 1
        else line++
      close (source)
      print source ":" (found ? line : 1) ": \"" name "\" is a variable outside any object" }'
done
