# What pip installs: a wheel for each addon, built by whool as OCA builds theirs.

# build_wheels DIR: from copies that have the addons' names and nothing but the addons
build_wheels() {
    local sources=$run/wheels folder
    one_at_a_time ensure_venv wheels
    stage "$sources"
    mv "$sources/$addon/$addons_folder"/* "$sources/"
    # what the repository has at its root beside the addon
    rm -rf "${sources:?}/$addon"/{"$addons_folder",dev,docs,newsfragments,ARCHITECTURE.md,{CONTRIBUTING,SECURITY}.rst,*.cjs,.[!.]*}
    for folder in "$sources"/*/; do
        say "Building the wheel of $(basename "$folder")"
        # no git: the copy is to be packed as it is, whatever repository is above it
        GIT_DIR=/dev/null "$cache/uv/bin/uv" build -q --wheel --no-build-isolation --python "$cache/venv-wheels/bin/python" \
            --out-dir "$1" "$folder" </dev/null || fail "The wheel of $(basename "$folder") could not be built (above)."
    done
}

# Into a folder of its own, which then stands beside Odoo as site-packages do, and from there into a database.
test_wheels() {
    local database=wheels_$$ log names all
    log=$(new_log wheels)
    names=$(list_addons)
    all=$(echo $addon $names | tr ' ' ,)
    build_wheels "$run/dist"
    "$(find_python)" "$root/dev/lib/wheel_contents.py" "$run/dist" "$addon" $names
    ensure_odoo
    ensure_oca queue_job
    use_oca
    ensure_template "$(list_test_requirements)"
    say "Installing the wheels with pip, then the addons from there (log: $log)"
    "$cache/uv/bin/pip" install -q --no-deps --no-index --target "$run/site" "$run"/dist/*.whl
    odoo_command[1]+=:$run/site
    drop_abandoned wheels
    on_exit "drop_database $database"
    copy_database "$template" "$database"
    odoo server -d "$database" -i "$all" --no-http --stop-after-init --logfile="$log" </dev/null || true
    is_installed "$database" "$addon" $names || fail "Not every addon could be installed from its wheel: see $log."
    ! grep -E ' (ERROR|WARNING|CRITICAL) ' "$log" || fail "Odoo warned while it installed the addons from their wheels."
    echo "wheels $(echo "$names" | wc -w | awk '{print $1 + 1}') 0 0" >>"$tally"
}
