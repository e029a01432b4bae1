from . import report_customer_credit_statement
