# SPDX-License-Identifier: LGPL-2.1-or-later
# What can be seen in one file alone: its name, its licence line, its length and the length, nesting and words of its
# functions. Relies on the GNU layout, which the formatter enforces: a function's braces are at column 0, a control
# statement is indented deeper than the one around it.

function say(line, text) { print FILENAME ":" line ": " text }

function licence() {
  if (FILENAME ~ /^(examples\/|include\/kvol\/kvol-(abi|error|macros)\.h$)/) return "MIT"
  return "LGPL-2.1-or-later"
}

function begin_file(    base) {
  end_file()
  file = FILENAME; lines = 0; body = 0; depth = 0; comment = 0; licensed = 0
  is_c = FILENAME ~ /\.[ch]$/; is_source = FILENAME ~ /\.(c|h|sh|awk)$/
  base = FILENAME; sub(/.*\//, "", base); sub(/\.[a-z]*$/, "", base)
  if (base ~ /^(util|utils|common|helper|helpers|misc)$/)
    say(1, "a file is named after what it is about, not \"" base "\"")
}

# FILENAME is the next file's already when the last one ends.
function end_file() {
  if (file == "") return
  if (is_source && !licensed) print file ":1: no \"SPDX-License-Identifier: " wanted "\" in the first lines"
  if (is_source && lines > 500) print file ":501: " lines " lines; a file has at most 500"
}

# The line without its strings, characters and comments.
function strip(line) {
  if (comment) {
    if (!sub(/^.*\*\//, "", line)) return ""
    comment = 0
  }
  gsub(/\\\\/, "", line); gsub(/\\["']/, "", line); gsub(/"[^"]*"/, "\"\"", line); gsub(/'[^']*'/, "0", line)
  while (line ~ /\/\*/) {
    if (line ~ /\/\*.*\*\//) { before = line; sub(/\/\*.*/, "", before); sub(/^.*\*\//, "", line); line = before line }
    else { sub(/\/\*.*/, "", line); comment = 1 }
  }
  sub(/\/\/.*/, "", line)
  return line
}

function indent(line) { match(line, /^ */); return RLENGTH }

FNR == 1 { begin_file(); wanted = licence() }
{ lines++ }
# A script's first line is its interpreter.
FNR <= 2 && index($0, "SPDX-License-Identifier: " wanted) { licensed = 1 }
/[ \t\r]$/ { say(FNR, "white space at the end of the line") }
/\t/ { say(FNR, "a tab") }
is_c {
  width = $0; gsub(/[\200-\277]/, "", width)
  if (length(width) > 120) say(FNR, length(width) " columns; a line has at most 120")
}

is_c {
  code = strip($0)
  if (code ~ /(^|[^A-Za-z0-9_])goto[^A-Za-z0-9_]/) say(FNR, "goto; cleanup attributes leave nothing to jump for")
}
is_c && /^\{$/ { body = FNR; depth = 0 }
is_c && /^\}/ {
  if (body && $0 == "}" && FNR - body - 1 > 60)
    say(body, FNR - body - 1 " lines between a function's braces; 60 are allowed")
  body = 0
}
is_c && body && code ~ /^ +(if|for|while|switch|do)( |$)/ {
  while (depth > 0 && indents[depth] >= indent(code)) depth--
  indents[++depth] = indent(code)
  if (depth == 4) say(FNR, "more than three levels of nesting")
}
END { end_file() }
