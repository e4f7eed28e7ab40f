# SPDX-License-Identifier: LGPL-2.1-or-later
# Who may include what. Layers see themselves and the layers below; a library's header is seen where that library has
# its home; the system is seen by lib/sys, plugins, programs and tests.

BEGIN {
  # What each layer of libkvol sees.
  sees["model"] = "model"
  sees["sys"] = "model sys"
  sees["loader"] = "model sys loader"
  sees["engine"] = "model sys loader engine"
  sees["api"] = "model sys loader engine api"

  split("assert complex ctype errno fcntl fenv float inttypes iso646 limits locale math setjmp signal stdalign " \
        "stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath time uchar wchar wctype",
        names, " ")
  for (i in names) plain[names[i] ".h"] = 1
  plain["sys/types.h"] = 1
}

function say(text) { print FILENAME ":" FNR ": " text }
function has(list, word) { return index(" " list " ", " " word " ") > 0 }
function exists(path,    line, ok) { ok = (getline line < path) >= 0; close(path); return ok }
function is_glib(header) { return header ~ /^((glib|glib-object|glib-unix|gmodule)\.h$|(glib|gobject|gio)\/)/ }
function is_kvol(header) { return header ~ /^kvol(-kube)?\// }

# The home of a foreign library: a pattern of files; "" when it needs none.
function home(header) {
  if (header ~ /^(libmount|blkid)(\.h|\/)/) return "^lib/sys/"
  if (header == "yaml.h") return "^(lib/kube|tests/plugin-test)/"
  if (header ~ /^(json-glib|libsmartcols)(\.h|\/)/) return "^(examples|tests)/"
  if (header ~ /^nfsc\//) return "^(plugins/nfs/|tests/bench/nfs/raw\.c)"
  if (header ~ /^fuse(3\/|_lowlevel\.h)/) return "^plugins/nfs/server/"
  if (header == "cmocka.h") return "^tests/"
  return ""
}

# <header>
function check_system(header,    pattern) {
  if ((pattern = home(header)) != "") {
    if (FILENAME !~ pattern) say("<" header "> has its home elsewhere")
    return
  }
  if (header ~ /^kvol-kube\// && FILENAME !~ /^(include\/kvol-kube|lib\/kube|examples|tests)\//)
    say("<" header "> is above this file")
  if (FILENAME ~ /^(plugins|examples\/plugin)\// && is_kvol(header) && header != "kvol/kvol-abi.h")
    say("a plugin sees <kvol/kvol-abi.h> alone, not <" header ">")
  if (FILENAME ~ /^(include|lib)\// && FILENAME !~ /^lib\/sys\// && !plain[header] && !is_glib(header) \
      && !is_kvol(header))
    say("<" header "> belongs to lib/sys")
}

# "header"
function check_own(header,    dir, first) {
  dir = FILENAME; sub(/\/[^\/]*$/, "", dir)
  first = header; sub(/\/.*/, "", first)

  if (has(header, "..") || header ~ /(^|\/)\.\.(\/|$)/) say("\"" header "\" climbs; name it from the top")
  else if (FILENAME ~ /^lib\/kube\//) { if (!exists("lib/kube/" header)) say("\"" header "\" is not of lib/kube") }
  else if (FILENAME ~ /^lib\//) check_layer(header, first)
  else if (FILENAME ~ /^tests\//) check_test(header, first, dir)
  else if (header ~ /\// || !(exists(dir "/" header) || (dir == "plugins/nfs/server" && exists("plugins/nfs/" header))))
    say("\"" header "\" is not in " dir)
}

function check_layer(header, first,    layer) {
  layer = FILENAME; sub(/^lib\//, "", layer); sub(/\/.*/, "", layer)
  if (!has(sees[layer], first)) say("lib/" layer " may not see \"" header "\"")
}

function check_test(header, first, dir) {
  if (exists("tests/" header) || exists(dir "/" header)) return
  if (FILENAME ~ /^tests\/unit\// && (exists("lib/" header) || exists("lib/kube/" header))) return
  if (FILENAME ~ /^tests\/nfs-fuse\// && (exists("plugins/nfs/server/" header) || exists("plugins/nfs/" header))) return
  if (FILENAME ~ /^tests\/plugin-test\// && has("loader sys", first)) return
  say("\"" header "\" is inside a library; a test sees public headers")
}

/^[ ]*#[ ]*include[ ]/ {
  header = $0
  if (match(header, /<[^>]*>/)) check_system(substr(header, RSTART + 1, RLENGTH - 2))
  else if (match(header, /"[^"]*"/)) check_own(substr(header, RSTART + 1, RLENGTH - 2))
  else say("an include that cannot be read")
}
