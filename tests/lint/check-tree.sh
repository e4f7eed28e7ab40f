#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The whole tree, held against tests/lint/lint.sh.
cd "$(dirname "$0")/../.." || exit 1
if found=$(tests/lint/lint.sh); then
  echo "ok - the tree is as the design wants it"
else
  printf '%s\n' "$found" | sed 's/^/# /'
  echo "not ok - the tree is as the design wants it"
fi
