# SPDX-License-Identifier: LGPL-2.1-or-later
# For the tests of kvol-agent: namespaces and a directory of their own, TAP, and a JSON reader. Sourced as
#   . "$(dirname "$0")/agent.sh"; enter "$@"

set -u
agent=$B/bin/kvol-agent
# What a library is told wrongly is the end of the program, which no test expects.
export G_DEBUG=fatal-criticals

# Comes back in private namespaces, with $work, a directory that goes with the test, and $root below it.
enter () {
  if [ "${KVOL_TEST_INSIDE-}" != yes ]; then
    flags=-m
    [ "$(id -u)" = 0 ] || flags=-Urm
    if ! unshare $flags true 2>/dev/null; then
      skip "$(basename "$0")" "this machine allows no mount namespace here (unshare $flags)"
      exit 0
    fi
    KVOL_TEST_INSIDE=yes exec unshare $flags "$0" "$@"
  fi
  work=$(mktemp -d /tmp/kvol-agent-XXXXXX) || exit 1
  root=$work/kubelet
  holder=''
  trap leave EXIT
  trap 'exit 1' HUP INT PIPE TERM
}

leave () {
  [ -z "$holder" ] || kill "$holder" 2>/dev/null
  "$agent" --root "$root" down --all >/dev/null 2>&1
  rm -rf --one-file-system "$work"
}

kvol () { "$agent" --root "$root" "$@"; }

skip () { echo "ok - $1 # SKIP $2"; }

# check NAME COMMAND...: NAME is a sentence, true when the command succeeds; what it prints tells why not.
check () {
  name=$1; shift
  if "$@" >"$work/check" 2>&1; then
    echo "ok - $name"
  else
    echo "not ok - $name"
    sed 's/^/#   /' "$work/check"
  fi
}

# ends NAME CODE COMMAND...: the command's output stays in $work/out and $work/err.
ends () {
  name=$1 wanted=$2; shift 2
  "$@" >"$work/out" 2>"$work/err"
  code=$?
  if [ $code = "$wanted" ]; then
    echo "ok - $name"
  else
    echo "not ok - $name"
    echo "#   wanted exit code $wanted, got $code from: $*"
    sed 's/^/#   /' "$work/out" "$work/err"
  fi
}

equal () { [ "$1" = "$2" ] || { printf 'wanted: %s\nfound:  %s\n' "$1" "$2"; return 1; }; }
# has TEXT FILE
has () { grep -qF -e "$1" "$2" || { printf 'wanted: %s\nfound:\n' "$1"; cat "$2"; return 1; }; }
fails () { ! "$@"; }
lacks () { ! grep -F -e "$1" "$2"; }
empty () { [ ! -s "$1" ] || { cat "$1"; return 1; }; }
absent () { [ ! -e "$1" ] && [ ! -L "$1" ] || { ls -ld "$1"; return 1; }; }
mounts_below () { awk -v dir="$1/" 'index ($5, dir) == 1' /proc/self/mountinfo; }

# Whether there are users beside this one, as for real root.
many_ids () { ! awk '{ print $3 }' /proc/self/uid_map | grep -qx 1; }

# nothing_left: no mount below the root, and no file below its pods.
nothing_left () {
  [ -z "$(mounts_below "$root")" ] || { mounts_below "$root"; return 1; }
  [ ! -d "$root/pods" ] || [ -z "$(find "$root/pods" -mindepth 1)" ] || { find "$root/pods"; return 1; }
}

# json FILE PATH: what is at PATH ("pods.0.name"): a value, an object's keys (sorted), or an array's length. Fails when
# the file is no JSON.
json () {
  perl -0777 -e '
    use strict;
    my ($file, $path) = @ARGV;
    open my $in, "<", $file or die "$file: $!\n";
    $_ = <$in>;
    sub bad { die sprintf "no JSON at byte %d: %s\n", pos // 0, substr $_, pos // 0, 40 }
    sub text {
      /\G\s*"((?:[^"\\\x00-\x1f]|\\(?:["\\\/bfnrt]|u[0-9a-fA-F]{4}))*)"/gc or bad;
      return $1;
    }
    sub value {
      if (/\G\s*\{/gc) {
        my %object;
        return \%object if /\G\s*\}/gc;
        do {
          my $key = text ();
          exists $object{$key} || !/\G\s*:/gc and bad;
          $object{$key} = value ();
        } while /\G\s*,/gc;
        /\G\s*\}/gc or bad;
        return \%object;
      }
      if (/\G\s*\[/gc) {
        my @array;
        return \@array if /\G\s*\]/gc;
        do { push @array, value (); } while /\G\s*,/gc;
        /\G\s*\]/gc or bad;
        return \@array;
      }
      return $1 if /\G\s*(true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)\b/gc;
      return text ();
    }
    pos = 0;
    my $at = value ();
    /\G\s*\z/gc or bad;
    for my $key (split /\./, $path) {
      $at = ref $at eq "HASH" ? $at->{$key} : ref $at eq "ARRAY" ? $at->[$key] : undef;
    }
    defined $at or die "nothing at $path\n";
    print ref $at eq "HASH" ? join (" ", sort keys %$at) : ref $at eq "ARRAY" ? scalar @$at : $at, "\n";' "$1" "$2"
}

# volume_path POD VOLUME: where it is on the host; POD as the table has it.
volume_path () { kvol status | awk -v pod="$1" -v volume="$2" '$1 == pod && $2 == volume { print $6 }'; }
