"""What these addons have added to the registry, found by itself: for tests that must not forget the next model."""

AUTHOR = "Credit Allocation contributors"


def get_own_addons(env):
    """Names of the installed addons of this project."""
    addons = env["ir.module.module"].sudo().search([("state", "=", "installed"), ("author", "=", AUTHOR)])
    return frozenset(addons.mapped("name"))


def get_own_models(env):
    """The models that these addons brought, in the order of their names; no abstract ones."""
    own = get_own_addons(env)
    return [
        env[name]
        for name, model in sorted(env.registry.items())
        if model._original_module in own and not model._abstract
    ]


def get_own_classes(model, own):
    """The Python classes of these addons that a model is made of.

    :param own: see :func:`get_own_addons`
    """
    return [cls for cls in type(model).mro() if cls.__module__.startswith("odoo.addons.") and get_addon(cls) in own]


def get_addon(cls):
    return cls.__module__.split(".")[2]


def get_own_methods(model, own):
    """Names of the methods of these addons on a model that a client may call, with those that Odoo has, too."""
    return sorted(
        {
            name
            for cls in get_own_classes(model, own)
            for name, value in vars(cls).items()
            if not name.startswith("_") and callable(value) and not getattr(value, "_api_private", False)
        }
    )
