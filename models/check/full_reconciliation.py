"""What Odoo derives from the graph of reconciliations: that a part of it is settled wholly, and its matching number."""

from odoo.fields import Command


def rebuild_full_reconciliations(items):
    """Let the full reconciliations of journal items, and of all that is reconciled with them, follow from the partials.

    A full reconciliation that is right stays as it is. Everything is made and removed as Odoo does it itself.

    :param items: ``account.move.line`` records, as superuser, whose residuals are right
    """
    lines = _get_connected(items, _get_sharing)
    wrong = lines.browse()
    settled = []
    while lines:
        component = _get_connected(lines[:1], _get_reconciled)
        lines -= component
        is_settled = _is_settled(component)
        if not _is_right(component, is_settled):
            wrong |= component
            settled += [component] if is_settled else []
    partials = _get_partials(wrong)
    (wrong.full_reconcile_id | partials.full_reconcile_id).unlink()
    items.env.invalidate_all()
    items.env["account.full.reconcile"].create(
        [
            {
                "reconciled_line_ids": [Command.link(line.id) for line in component],
                "partial_reconcile_ids": [Command.link(partial.id) for partial in _get_partials(component)],
            }
            for component in settled
        ]
    )
    items.env["account.partial.reconcile"]._update_matching_number(wrong | items)


def _get_connected(lines, get_neighbours):
    """These lines, and all that can be reached from them."""
    found, new = lines, lines
    while new:
        new = get_neighbours(new) - found
        found |= new
    return found


def _get_partials(lines):
    return lines.matched_debit_ids | lines.matched_credit_ids


def _get_reconciled(lines):
    partials = _get_partials(lines)
    return partials.debit_move_id | partials.credit_move_id


def _get_sharing(lines):
    """What is reconciled with these lines, or said to be in the same full reconciliation."""
    partials = _get_partials(lines)
    fulls = lines.full_reconcile_id | partials.full_reconcile_id
    partials |= fulls.partial_reconcile_ids
    return partials.debit_move_id | partials.credit_move_id | fulls.reconciled_line_ids


def _is_settled(component):
    """Whether Odoo takes lines that are reconciled with each other as settled wholly."""
    partials = _get_partials(component)
    if not partials:
        return False
    if len(component.currency_id) > 1:
        return all(line.reconciled or line.company_currency_id.is_zero(line.amount_residual) for line in component)
    return all(line.reconciled or line.currency_id.is_zero(line.amount_residual_currency) for line in component)


def _is_right(component, is_settled):
    """Whether the full reconciliation of lines that are reconciled with each other is what it should be."""
    partials = _get_partials(component)
    fulls = component.full_reconcile_id | partials.full_reconcile_id
    if not is_settled:
        return not fulls
    return len(fulls) == 1 and fulls.reconciled_line_ids == component and fulls.partial_reconcile_ids == partials
