# A PostgreSQL cluster of our own, reached through its socket alone. It runs as long as a command needs it: every
# command holds a shared lock, and the one that ends last stops the cluster (supervise.sh).

# Short, because the path of a socket must stay below 107 bytes; one cluster per user and cache.
cluster=/tmp/aca-pg-$(id -u)-$(sha1sum <<<"$cache" | cut -c1-6)
unset PGPORT PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS PGHOSTADDR
export PGHOST=$cluster PGUSER=odoo

# PostgreSQL refuses to run as root: root lends the cluster to the user that Debian's package made.
as_owner() {
    if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

ensure_postgres() {
    use_postgres
    exec {users}<>"$cache/postgres.users"
    flock -s "$users"
    one_at_a_time start_postgres
}

use_postgres() { PATH=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -1):$PATH; }

start_postgres() {
    ! pg_isready -q || return 0
    create_cluster
    forget_dead_server
    say "Starting PostgreSQL in $cluster"
    as_owner env -u ACA_COMMAND "$(command -v pg_ctl)" -s -w -t 120 -D "$cluster/data" -l "$cluster/log" start -o "-k $cluster \
        -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal \
        -c max_wal_senders=0 -c shared_buffers=512MB -c work_mem=16MB -c max_wal_size=4GB -c max_connections=200 \
        -c max_locks_per_transaction=256" \
        {users}>&- 8>&- 9>&- </dev/null ||
        fail "PostgreSQL does not start: see $cluster/log; removing $cluster starts with an empty one."
}

create_cluster() {
    [ ! -e "$cluster/data/PG_VERSION" ] || return 0
    rm -rf "$cluster" && mkdir -m 700 "$cluster" || fail "$cluster belongs to somebody else: remove it."
    [ "$(id -u)" != 0 ] || chown postgres "$cluster"
    as_owner "$(command -v initdb)" -D "$cluster/new" -U odoo -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
        >"$cache/initdb.log" 2>&1 || fail "PostgreSQL's initdb did not work: see $cache/initdb.log."
    mv "$cluster/new" "$cluster/data"
}

# After a kill the pid file may name a process that is somebody else by now; PostgreSQL then refuses to start.
forget_dead_server() {
    local pid
    pid=$(head -1 "$cluster/data/postmaster.pid" 2>/dev/null) || return 0
    if ! tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$cluster/data"; then
        rm -f "$cluster/data/postmaster.pid" "$cluster"/.s.PGSQL.*
    fi
}

# Whoever holds the lock needs the server: a command that is at work, or what a killed one has left. One that begins now
# waits until the server is down, and starts it again.
stop_postgres_if_unused() {
    [ -e "$cluster/data/postmaster.pid" ] || return 0
    use_postgres
    (flock -xn 7 && as_owner "$(command -v pg_ctl)" -s -w -D "$cluster/data" -m fast stop || true) 7<>"$cache/postgres.users"
}

has_database() { [ "$(psql -d postgres -Atc "select 1 from pg_database where datname = '$1'")" = 1 ]; }

# A database and the files that belong to it.
drop_database() {
    dropdb --if-exists --force "$1" 2>/dev/null || true
    rm -rf "$cache/data/filestore/${1:?}"
}

# A copy takes half a second. Odoo never changes a file of its filestore, so links will do.
copy_database() {
    drop_database "$2"
    createdb -T "$1" "$2" || fail "Database $1 could not be copied: run the command again."
    [ ! -d "$cache/data/filestore/$1" ] || cp -al "$cache/data/filestore/$1" "$cache/data/filestore/$2"
}

# Databases named PURPOSE_<process id>, left by commands that were killed.
drop_abandoned() {
    local database
    for database in $(psql -d postgres -Atc "select datname from pg_database where datname ~ '^$1_[0-9]+$'"); do
        [ -e "/proc/${database##*_}" ] || drop_database "$database"
    done
}
