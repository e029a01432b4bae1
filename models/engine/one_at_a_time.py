from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY


def together_or_alone(cr, parts, work, give_up):
    """Work on all parts together, which is fastest, and when that fails on each alone, so that one cannot stop the
    others.

    Each attempt has a savepoint. A conflict with another transaction is no failure of a part: it is raised, as the
    request starts again; so is the loss of the connection, after which nothing can go on.

    :param cr: the cursor
    :param list parts: whatever can be worked on alone
    :param work: ``work(parts)``: does it, and returns a list of results
    :param give_up: ``give_up(part, error)``: called for a part that failed alone; returns a list of results, too
    :return: the results, in the order of the parts
    """
    if not parts:
        return []
    try:
        with cr.savepoint():
            return work(parts)
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        raise
    except Exception as error:  # whatever one part provokes must not stop the others
        if cr.closed:
            raise
        if len(parts) == 1:
            return give_up(parts[0], error)
    return [result for part in parts for result in together_or_alone(cr, [part], work, give_up)]
