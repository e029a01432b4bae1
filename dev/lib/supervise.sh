# A command is two processes. The one that was called waits for the other, which does the work, and answers signals at
# once: bash alone would answer when the step at hand has ended, which may take a quarter of an hour. When the work has
# ended, however it did, it ends every process that is left of it and, where nobody else needs it, the database server.
# A third process, the guard, does the same in its place if it is killed.
#
# What belongs to a command is known by the mark ACA_COMMAND in its environment, which also marks those that have left
# the command's process group or lost their parents: servers, browsers, workers.

# The processes of the command with a mark.
list_processes() { grep -lszxF "ACA_COMMAND=$1" /proc/[0-9]*/environ | cut -d/ -f3 || true; }

# Asks them to end and, 15 seconds later, does not ask any more.
patience=${patience:-150} # tenths of a second
end_processes() {
    local pids tenths=0
    while pids=$(list_processes "$1") && [ -n "$pids" ]; do
        [ $tenths != 0 ] || kill -TERM $pids 2>/dev/null || true
        [ $tenths -lt "$patience" ] || kill -KILL $pids 2>/dev/null || true
        sleep 0.1
        tenths=$((tenths + 1))
    done
}

end_command() {
    trap '' INT TERM HUP
    end_processes "$mark"
    stop_postgres_if_unused
}

# Does what is left to do when the process of that id is gone. In a group of its own, which Ctrl-C and kill -9 pass by.
start_guard() {
    set -m
    guard "$1" </dev/null >/dev/null 2>&1 &
    guard=$!
    set +m
}

guard() {
    trap '' INT HUP
    while kill -0 "$1" 2>/dev/null; do sleep 0.5; done
    end_command
}

# Runs the command again, marked, and ends with its exit code. With handles_ctrl_c set, Ctrl-C is what the command
# makes of it.
supervise() {
    mark=$$-$RANDOM$RANDOM
    start_guard $$
    trap 'end_command; kill -- -$guard' EXIT
    trap 'exit 129' HUP
    trap 'exit 143' TERM
    if [ -n "${handles_ctrl_c:-}" ]; then trap : INT; else trap 'exit 130' INT; fi
    ACA_COMMAND=$mark env --default-signal=INT,QUIT "$BASH" "$0" "$@" <&0 &
    local worker=$! code=0
    wait $worker || code=$?
    while kill -0 $worker 2>/dev/null; do code=0 && wait $worker || code=$?; done # Ctrl-C ended the waiting alone
    exit $code
}
