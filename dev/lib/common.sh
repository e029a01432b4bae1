# Shared by every command in dev/: where things are kept, how a step speaks and fails, who waits for whom.
#
# Nothing is written into the checkout. All of it lives below one folder, which may be removed at any time:
#   ACA_CACHE=DIR   ${XDG_CACHE_HOME:-~/.cache}/account_credit_allocation when not set
# PostgreSQL alone is elsewhere (lib/postgres.sh), because the path of a socket has to be short.
set -euo pipefail

addon=account_credit_allocation
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${ACA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/$addon}
mkdir -p "$cache" || { echo "Cannot write to $cache: set ACA_CACHE to a folder that can be written." >&2; exit 1; }
cache=$(cd "$cache" && pwd)
export UV_CACHE_DIR=$cache/downloads/uv npm_config_cache=$cache/downloads/npm

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

# Runs steps that prepare something; of two commands at once the second waits and then finds it done.
one_at_a_time() { (flock 9 && "$@") 9>"$cache/lock"; }

# A folder of this run alone (staged copies, lists), removed at its end; those of runs that were killed go now.
for run in "$cache"/runs/*; do [ -e "/proc/${run##*/}" ] || rm -rf "$run"; done
run=$cache/runs/$$
rm -rf "$run" && mkdir -p "$run"
export TMPDIR=$run PYLINTHOME=$cache/pylint
at_exit=("rm -rf '$run'")
on_exit() { at_exit=("$1" "${at_exit[@]}"); } # the latest first
trap 'for command in "${at_exit[@]}"; do eval "$command" || true; done' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
