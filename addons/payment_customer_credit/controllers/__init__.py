from . import customer_credit, invoice, payment, portal, topup, withdrawal
