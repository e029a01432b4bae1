def get_timeout_message(env):
    """What to tell people of a query that the database has ended, because it took longer than it may."""
    return env._(
        "The database did not answer in time. Narrow your selection, or ask your administrator to allow queries to "
        "take longer."
    )
