from . import customer_credit_mail, customer_credit_mail_mark
