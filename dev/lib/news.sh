# Whether a change that users notice is told to them.

# A change that users notice brings a news fragment: on a branch one of its own, on main one since the newest release.
# Nothing is asked where history does not tell: without git, in a shallow clone, before the first release.
check_newsfragment() {
    local base main changed
    [ -e "$root/.git" ] && [ "$(git rev-parse --is-shallow-repository)" = false ] || return 0
    base=$(git describe --tags --abbrev=0 2>/dev/null) || return 0
    main=$(git merge-base HEAD origin/main 2>/dev/null) || main=
    [ -z "$main" ] || [ "$main" = "$(git rev-parse HEAD)" ] || base=$main
    changed=$(git diff --name-only "$base" && git ls-files -o --exclude-standard)
    ! grep -qE '^(HISTORY\.rst|newsfragments/.+\.(feature|change|fix|internal)\.rst)$' <<<"$changed" || return 0
    ! grep -E "^($addons_folder/[^/]+/)?(models|wizards|views|report|controllers|data|security|matching|static/src)/" <<<"$changed" |
        grep -v /tests/ || {
        echo "Changed since $base, and users may notice: newsfragments/ needs a file <topic>.<kind>.rst (CONTRIBUTING.rst)."
        return 1
    }
}
