"""The one place where amounts become whole numbers of a currency's smallest unit, and amounts again."""


def to_minor_units(currency, amount):
    """:param currency: ``res.currency`` record; :param float amount: in that currency; :return: int"""
    return round(amount * 10**currency.decimal_places)


def from_minor_units(currency, units):
    """:param currency: ``res.currency`` record; :param int units: of its smallest unit; :return: float"""
    return units / 10**currency.decimal_places
