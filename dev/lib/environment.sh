# What has to be on the machine: Debian packages, Python environments, Odoo's source, Node's tools.
# Every ensure_* step looks first, does nothing when there is nothing to do, and fails with one sentence.

# Installs Debian packages when root; otherwise names them.
ensure_packages() {
    local package missing=()
    for package; do is_there "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        fail "Not installed: ${missing[*]}. As root: apt-get install ${missing[*]}"
    one_at_a_time install_packages
}

install_packages() {
    say "Installing Debian packages: ${missing[*]}"
    { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends "${missing[@]}"; } >"$cache/apt.log" 2>&1 </dev/null ||
        fail "apt-get could not install ${missing[*]}: see $cache/apt.log, then run the command again."
}

is_there() {
    case $1 in
        postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' ;;
        python3-venv) find_python ;;
        git) [ ! -e "$root/.git" ] || command -v git ;; # an unpacked archive does without
        chromium) command -v chromium google-chrome google-chrome-stable ;;
        ca-certificates) [ -s /etc/ssl/certs/ca-certificates.crt ] ;;
        *) command -v "$1" ;;
    esac >/dev/null
}

# The pinned packages are those Odoo 19 names for Python 3.11, which is Debian 12's.
find_python() {
    local python
    for python in /usr/bin/python3.11 python3.11; do
        if "$python" -c 'import ensurepip, venv' 2>/dev/null; then echo "$python"; return; fi
    done
    return 1
}

# One virtual environment per purpose (odoo, matching, lint), made anew when its list of packages has changed.
ensure_venv() {
    local list=$root/dev/requirements/$1.txt venv=$cache/venv-$1
    ! cmp -s "$list" "$venv/.installed" || return 0
    ensure_packages python3-venv ca-certificates
    find_python >/dev/null || fail "Python 3.11 with its venv module is needed: on Debian 12, the package python3-venv."
    one_at_a_time ensure_uv
    say "Installing the Python packages of dev/requirements/$1.txt"
    rm -rf "$venv"
    { "$cache/uv/bin/uv" venv -q --python "$(find_python)" "$venv" &&
        VIRTUAL_ENV=$venv "$cache/uv/bin/uv" pip install -q -r "$list"; } </dev/null ||
        fail "The packages of dev/requirements/$1.txt could not be installed (above): check the network and try again."
    cp "$list" "$venv/.installed"
}

# OCA's addons from PyPI, those of dev/requirements/NAME.txt, in a folder of their own: they are no part of Odoo's
# environment, and name it as a package that PyPI does not have. Sets oca, the folder, for use_oca.
#   ensure_oca NAME
ensure_oca() {
    oca=$cache/oca/$1
    one_at_a_time fetch_oca "$1"
}

fetch_oca() {
    local list=$root/dev/requirements/$1.txt
    ! cmp -s "$list" "$oca/.installed" || return 0
    ensure_packages python3-venv ca-certificates
    one_at_a_time ensure_uv
    say "Fetching OCA's addons (dev/requirements/$1.txt)"
    rm -rf "$oca"
    "$cache/uv/bin/uv" pip install -q --python "$(find_python)" --target "$oca" --no-deps --require-hashes -r "$list" \
        </dev/null || fail "The addons of dev/requirements/$1.txt could not be fetched from PyPI (above): check the \
network and try again. Without them what needs them cannot be tested; dev/test check matching odoo leaves it out."
    cp "$list" "$oca/.installed"
}

# uv installs in a quarter of pip's time. It trusts the machine's certificates, as pip does.
export UV_SYSTEM_CERTS=1
ensure_uv() {
    [ ! -x "$cache/uv/bin/uv" ] || return 0
    rm -rf "$cache/uv"
    "$(find_python)" -m venv "$cache/uv" && "$cache/uv/bin/pip" install -q uv==0.13.9 2>"$cache/pip.log" ||
        fail "pip could not install uv: see $cache/pip.log, then run the command again."
}

# Odoo 19: the checkout named by ODOO_SRC, or Debian's package of the whole community edition. Sets odoo_source and
# odoo_id, a short name for exactly this source.
ensure_odoo_source() {
    if [ -n "${ODOO_SRC:-}" ]; then
        grep -qs '^version_info = (19, 0' "$ODOO_SRC/odoo/release.py" ||
            fail "ODOO_SRC=$ODOO_SRC is not a checkout of Odoo 19.0: it should hold odoo/release.py and addons/."
        odoo_source=$(cd "$ODOO_SRC" && pwd)
        odoo_id=$({
            echo "$odoo_source"
            git -c safe.directory='*' -C "$odoo_source" rev-parse HEAD 2>/dev/null || true
        } | sha1sum | cut -c1-8)
    else
        [ -e "$cache/odoo/.complete" ] || one_at_a_time fetch_odoo
        odoo_source=$cache/odoo/usr/lib/python3/dist-packages
        odoo_id=$(cat "$cache/odoo/.complete")
    fi
}

# The package is in Debian's unstable suite only. It is read through an apt state of its own, so that the machine's
# sources stay as they are, from the mirror that the machine is configured for.
odoo_package=odoo-19 odoo_version=19.0.0+dfsg-1
fetch_odoo() {
    [ ! -e "$cache/odoo/.complete" ] || return 0
    command -v apt-get >/dev/null || fail "No apt-get to fetch Odoo 19 with: set ODOO_SRC to a checkout of Odoo 19.0."
    say "Fetching Odoo 19 (Debian's package $odoo_package; ODOO_SRC=checkout uses another)"
    local apt=$run/apt unpacked=$cache/odoo.new log=$cache/fetch_odoo.log
    rm -rf "$cache/odoo" "$unpacked"
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/debs" "$unpacked"
    { write_apt_sources && own_apt update && download_debs; } >"$log" 2>&1 </dev/null ||
        fail "Odoo 19 could not be fetched: see $log, or set ODOO_SRC to a checkout of Odoo 19.0."
    for deb in "$apt"/debs/*.deb; do dpkg -x "$deb" "$unpacked"; done
    complete_odoo "$unpacked/usr/lib/python3/dist-packages"
    compgen -G "$apt/debs/${odoo_package}_${odoo_version}_*" >/dev/null ||
        say "There is no $odoo_package $odoo_version any more; this is a newer one"
    basename "$(ls "$apt"/debs/odoo-19_*)" | sha1sum | cut -c1-8 >"$unpacked/.complete"
    mv "$unpacked" "$cache/odoo"
}

own_apt() {
    (cd "$apt/debs" && apt-get -qq -o Dir::State="$apt" -o Dir::State::Lists="$apt/lists" \
        -o Dir::State::status=/dev/null -o Dir::Cache="$apt" -o Dir::Etc::SourceList="$apt/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null -o APT::Sandbox::User=root -o Acquire::Languages=none \
        -o Acquire::Retries=3 "$@")
}

write_apt_sources() {
    local suite mirror
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    mirror=$(apt-get update --print-uris | sed -n "s|^'\(.*\)/dists/$suite/In\?Release'.*|\1|p" | head -1)
    [ -n "$mirror" ] || { echo "no Debian mirror for $suite among apt's sources"; return 1; }
    for suite in sid "$suite"; do
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
    done >"$apt/sources.list"
}

# With Odoo come the packages that links under its web/static point into, from the machine's own suite: unstable has
# moved on to other major versions of them.
download_debs() {
    local suite
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    own_apt download "$odoo_package=$odoo_version" || own_apt download "$odoo_package" || return 1
    own_apt download {libjs-jquery,libjs-jquery-form,libjs-underscore,fonts-font-awesome,fonts-inconsolata}"/$suite" \
        fonts-montserrat fonts-roboto-unhinted fonts-ocr-b
}

# What Debian's package leaves in or out, and Odoo trips over.
complete_odoo() {
    rm -rf "${1:?}"/{addons,doc,setup} # stray copies of the addons' Python files
    # named in web.assets_backend, yet not packaged: a console error, which fails every browser tour
    local script=$1/odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js
    [ -e "$script" ] || { mkdir -p "${script%/*}" && echo '/* not packaged: background blur in calls */' >"$script"; }
}

# Node and its linters, in the versions of dev/package-lock.json. Node itself comes as a Python package.
ensure_node_tools() {
    local node_tools=$cache/node
    ! cmp -s "$root/dev/package-lock.json" "$node_tools/.installed" || return 0
    say "Installing the Node packages of dev/package.json"
    rm -rf "$node_tools" && mkdir -p "$node_tools"
    cp "$root"/dev/package.json "$root"/dev/package-lock.json "$node_tools"
    npm ci --prefix "$node_tools" --ignore-scripts --no-audit --no-fund >"$cache/npm.log" 2>&1 </dev/null ||
        fail "npm could not install the packages of dev/package.json: see $cache/npm.log, then run the command again."
    cp "$root/dev/package-lock.json" "$node_tools/.installed"
}

use_node_tools() { export NODE_PATH=$cache/node/node_modules PATH=$cache/node/node_modules/.bin:$PATH; }
