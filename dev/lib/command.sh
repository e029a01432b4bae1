# What every command in dev/ begins with.
#
# Nothing is written into the checkout. All of it lives below one folder, which may be removed at any time:
#   ACA_CACHE=DIR   ${XDG_CACHE_HOME:-~/.cache}/account_credit_allocation when not set
# PostgreSQL alone is elsewhere (postgres.sh), because the path of a socket has to be short.
set -euo pipefail

addon=account_credit_allocation
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${ACA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/$addon}
mkdir -p "$cache" || { echo "Cannot write to $cache: set ACA_CACHE to a folder that can be written." >&2; exit 1; }
cache=$(cd "$cache" && pwd)
export UV_CACHE_DIR=$cache/downloads/uv npm_config_cache=$cache/downloads/npm

for lib in common supervise environment postgres addons odoo; do . "$root/dev/lib/$lib.sh"; done
[ -n "${ACA_COMMAND:-}" ] || supervise "$@"

# A folder of this run alone (staged copies, lists), removed at its end; those of runs that were killed go now.
for run in "$cache"/runs/*; do [ -e "/proc/${run##*/}" ] || rm -rf "$run"; done
run=$cache/runs/$$
rm -rf "$run" && mkdir -p "$run"
export TMPDIR=$run PYLINTHOME=$cache/pylint
clean_up_at_exit "rm -rf '$run'"
