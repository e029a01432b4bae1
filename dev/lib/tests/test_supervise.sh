#!/usr/bin/env bash
# When a command ends, nothing of it still runs: however it ends, whatever it has started. See supervise.sh.
set -euo pipefail

lib=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset ACA_COMMAND

complain() { echo "$*" | tee -a "$folder/complaints"; }

# A command that has started a server in a session of its own, and a worker that heeds no TERM.
#   write_command DIR STEP: STEP is what it does then
write_command() {
    mkdir "$1"
    cat >"$1/command" <<COMMAND
ACA_CACHE=$1/cache patience=20
. "$lib/command.sh"
on_exit 'touch "$1/cleaned"'
setsid sleep 301 &
(trap "" TERM && exec sleep 302) &
echo "\$ACA_COMMAND" >"$1/mark"
$2
COMMAND
}

wait_until() {
    local tenths
    for ((tenths = 0; tenths < 300; tenths++)); do ! "$@" || return 0 && sleep 0.1; done
}

list_left() { grep -lszxF "ACA_COMMAND=$(cat "$1/mark")" /proc/[0-9]*/environ | tr '\n' ' ' || true; }
nothing_left() { [ -z "$(list_left "$1")" ]; }

# expect_end DIR EXIT_CODE CODE_TO_EXPECT
expect_end() {
    [ "$2" = "$3" ] || complain "$1: exit code $2 instead of $3"
    nothing_left "$1" || complain "$1: still running: $(list_left "$1")"
}

kill_it() {
    local code=0 command dir=$folder/$1
    write_command "$dir" "sleep 303"
    env --default-signal=INT "$BASH" "$dir/command" &
    command=$!
    wait_until test -s "$dir/mark"
    kill "-$1" $command
    wait $command || code=$?
    [ "$1" != KILL ] || wait_until nothing_left "$dir" # the guard needs a moment
    expect_end "$dir" $code "$2"
    [ -e "$dir/cleaned" ] || complain "$dir: on_exit was not heeded"
}

let_it_end() {
    local code=0 dir=$folder/$1
    write_command "$dir" "exit $1"
    "$BASH" "$dir/command" || code=$?
    expect_end "$dir" $code "$1"
}

kill_it TERM 143 2>/dev/null &
kill_it INT 130 2>/dev/null &
kill_it HUP 129 2>/dev/null &
kill_it KILL 137 2>/dev/null &
let_it_end 0 &
let_it_end 7 &
wait
[ ! -e "$folder/complaints" ]
