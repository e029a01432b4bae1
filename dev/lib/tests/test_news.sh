#!/usr/bin/env bash
# When dev/check asks for a news fragment, and when it does not; in a small repository made for this.
set -euo pipefail

lib=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a
unset GIT_CONFIG_COUNT

root=$folder/checkout addons_folder=addons
. "$lib/news.sh"

failed=0
expect() {
    local answer=quiet
    check_newsfragment >/dev/null || answer=asks
    [ "$answer" = "$1" ] || { echo "$2: $answer instead of $1" && failed=1; }
}

change() { mkdir -p "$(dirname "$1")" && echo x >>"$1" && git add -A && git commit -qm "$1"; }
push_main() { git update-ref refs/remotes/origin/main HEAD; }

mkdir "$root" && cd "$root"
expect quiet "without git"
git init -q
change models/partner.py
expect quiet "before the first release"
git tag 19.0.1.0.0 && push_main
expect quiet "at the release"

change dev/test
change tests/test_partner.py
change addons/further/tests/test_order.py
expect quiet "a branch that changes nothing users see"
echo x >>models/partner.py
expect asks "a change that is not committed"
change addons/further/models/order.py
expect asks "a branch without a fragment"
echo x >>newsfragments.txt
mkdir newsfragments && echo x >newsfragments/topic.fix.rst
expect quiet "a fragment that git does not know yet"
change newsfragments/topic.fix.rst
push_main
expect quiet "main, with a fragment since the release"

change models/partner.py
expect asks "the next branch, which has only the fragment of the last one"
change HISTORY.rst
expect quiet "a release that is being made"

git clone -q --depth 1 "file://$root" "$folder/shallow"
root=$folder/shallow && cd "$root"
change models/partner.py
expect quiet "a shallow clone"
exit $failed
