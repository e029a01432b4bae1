# The addons of this project: the root, and those below addons/.

# Where the further addons are.
addons_folder=addons

# Their names, a line each.
list_addons() { (cd "$root/$addons_folder" && ls -d */__manifest__.py) | cut -d/ -f1; }

# What an addon is called on the command line: without what the names of a family share.
#   account_credit_allocation_queue_job → queue_job, account_customer_credit → customer_credit,
#   payment_customer_credit → payment, sale_customer_credit → sale
short_name() {
    local name=${1#"${addon}_"}
    [ "$name" = account_customer_credit ] && echo customer_credit || echo "${name%_customer_credit}"
}

# The addon that a word on the command line means.
find_addon() {
    local name
    for name in $(list_addons); do
        if [ "$1" = "$name" ] || [ "$1" = "$(short_name "$name")" ]; then echo "$name"; return; fi
    done
    return 1
}

# What manifests name in "depends", of the addons given: those that are not of this project, a line each.
list_requirements() {
    "$(find_python)" - "$root/$addons_folder" "$addon" "$@" <<'PYTHON'
import ast, sys
from pathlib import Path

folder, root, *names = sys.argv[1:]
depends = {name for addon in names for name in ast.literal_eval(Path(folder, addon, "__manifest__.py").read_text())["depends"]}
ours = {root, *(path.parent.name for path in Path(folder).glob("*/__manifest__.py"))}
print(*sorted(depends - ours), sep="\n")
PYTHON
}

# What the further addons are tested with: what they build on, and two payment providers that need nobody outside.
list_test_requirements() { (list_requirements $(list_addons) && printf '%s\n' payment_custom payment_demo) | paste -sd,; }
