def get_ids(value):
    """The ids that a value of a request's context holds: what a client sent, so none where it is anything else."""
    values = value if isinstance(value, list | tuple) else [value]
    return [id_ for id_ in values if isinstance(id_, int) and not isinstance(id_, bool) and 0 < id_ < 2**31]
