# The addon inside Odoo: a staged copy under its right name, a template database, copies of it, Odoo's commands.

# The files that git knows or would add, NUL between them; without git, all of them.
list_sources() {
    if [ -e "$root/.git" ]; then
        git -c safe.directory='*' -C "$root" ls-files -coz --exclude-standard
    else
        (cd "$root" && find . -type f -printf '%P\0')
    fi | (cd "$root" && while IFS= read -rd '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done)
}

# Copies them to DIR/account_credit_allocation. Odoo and the linters take the addon's name from the folder, whatever
# the checkout is called; a copy has no .git, and does not change under a running test.
stage() {
    ensure_packages git
    mkdir -p "$1/$addon"
    list_sources | tar -C "$root" --null -T - --mode=u+rw -c | tar -C "$1/$addon" -x
}

# Odoo, its Python, its database server and the template database, without this addon. Sets odoo_command,
# odoo_options and template. Further Debian packages may be named.
ensure_odoo() {
    ensure_packages python3-venv ca-certificates postgresql wkhtmltopdf "$@"
    (ensure_odoo_source) & # these two take some time, and do not wait for each other
    local fetching=$!
    one_at_a_time ensure_venv odoo
    wait $fetching || exit 1
    ensure_odoo_source
    ensure_postgres
    addons_path=$odoo_source/odoo/addons
    [ ! -d "$odoo_source/addons" ] || addons_path+=,$odoo_source/addons
    # TMPDIR: the browser's sockets need a short path, too
    odoo_command=(env PYTHONPATH="$odoo_source" TMPDIR=/tmp "$cache/venv-odoo/bin/python" "$root/dev/lib/odoo-bin")
    odoo_options=(--config=/dev/null --data-dir="$cache/data" --addons-path="$addons_path")
    template=template_$odoo_id
    one_at_a_time make_template "$template" account --with-demo
}

# From here on Odoo's commands see the addon, and beside it the further ones: Odoo takes what is below an addon for a
# part of it.
use_addon() {
    stage_for_odoo
    addons_path+=,$run/addons
    [ ! -d "$run/further" ] || addons_path+=,$run/further
    odoo_options+=(--addons-path="$addons_path")
}

stage_for_odoo() {
    [ ! -d "$run/addons" ] || return 0
    stage "$run/addons"
    rm -rf "$run/addons/$addon/dev"
    [ ! -d "$run/addons/$addon/$addons_folder" ] || mv "$run/addons/$addon/$addons_folder" "$run/further"
}

# After ensure_oca: Odoo's commands see these addons, too.
use_oca() {
    odoo_command[1]=PYTHONPATH=$odoo_source:$oca
    addons_path+=,$oca/odoo/addons
    odoo_options+=(--addons-path="$addons_path")
}

odoo() { "${odoo_command[@]}" "$1" "${odoo_options[@]}" "${@:2}"; }

# A database with the modules given and compiled assets; made once, then copied. Begins with a copy of the template FROM.
#   make_template NAME MODULES [--with-demo] [FROM]
make_template() {
    local name=$1 modules=$2 demo=$3 from=${4:-} log=$cache/logs/$1.log
    ! { has_database "$name" && [ -d "$cache/data/filestore/$name" ]; } || return 0
    mkdir -p "$cache/logs"
    say "Making a template database, once: $modules (log: $log)"
    drop_database "$name"
    if [ -n "$from" ]; then copy_database "$from" "$name.new"; else drop_database "$name.new"; fi
    odoo server -d "$name.new" -i "$modules" $demo --no-http --stop-after-init --logfile="$log" \
        >>"$log" 2>&1 </dev/null || fail "Odoo could not install $modules: see $log."
    compile_assets "$name.new" >>"$log" 2>&1 || fail "Odoo could not compile its assets: see $log."
    mv "$cache/data/filestore/$name.new" "$cache/data/filestore/$name"
    psql -qd postgres -c "alter database \"$name.new\" rename to \"$name\""
}

# Another template, which has the modules given on top of the first one. Sets template. Before use_addon: the addons of
# this project that install themselves are to be installed by the tests.
ensure_template() {
    local modules=$1 demo=${2:-} name
    name=${template}_$(sha1sum <<<"$modules $demo" | cut -c1-6)
    one_at_a_time make_template "$name" "$modules" "$demo" "$template"
    template=$name
}

compile_assets() {
    odoo shell -d "$1" --no-http --log-level=warn <<<"env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()"
}

# Odoo gives a browser ten seconds to start; its first start on a machine takes longer.
warm_browser() {
    local browser
    browser=$(command -v chromium google-chrome google-chrome-stable | head -1)
    TMPDIR=/tmp timeout 120 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --user-data-dir="$(mktemp -d)" --dump-dom about:blank >/dev/null 2>&1 || true
}

# The first of the ports given that is free, or any.
free_port() {
    "$cache/venv-odoo/bin/python" -c '
import socket, sys
for port in [*map(int, sys.argv[1:]), 0]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(probe.getsockname()[1])
        break' "$@"
}

# Whether a database has the addons named; without names, the root.
is_installed() {
    local name
    for name in "${@:2}" $([ $# -gt 1 ] || echo "$addon"); do
        [ "$(psql -d "$1" -Atc "select state from ir_module_module where name = '$name'")" = installed ] || return 1
    done
}
