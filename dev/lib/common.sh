# How a step speaks and fails, who waits for whom, and what is done at the end.

say() { echo "==> $*" >&2; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# Prints the comment at the top of a command: its help.
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

# The path of a log for this run; logs of last week go.
new_log() {
    mkdir -p "$cache/logs"
    find "$cache/logs" -type f -mtime +7 -delete
    echo "$cache/logs/$1-$$.log"
}

# Runs a step that prepares something; of two commands or lanes at once the second waits and then finds it done.
one_at_a_time() {
    mkdir -p "$cache/locks"
    (flock 9 && "$@") 9>"$cache/locks/$1${2:+-$2}"
}

# From here on this shell does at its end what on_exit has named, the latest first. A subshell begins with nothing.
clean_up_at_exit() {
    at_exit=("$@")
    trap "trap '' INT TERM HUP; run_at_exit" EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}
on_exit() { at_exit=("$1" "${at_exit[@]}"); }
run_at_exit() {
    local command
    for command in "${at_exit[@]}"; do eval "$command" || true; done
}
