import {registry} from "@web/core/registry";

/** Steps that choose the demo provider in the payment form and pay. */
const payByCard = () => [
    {
        content: "choose the card",
        trigger: "input[name='o_payment_radio'][data-payment-method-code='demo']",
        run: "click",
    },
    {
        content: "enter its number",
        trigger: "#customer_input",
        run: "edit 4242 4242 4242 4242",
    },
    {
        content: "pay",
        trigger: "button[name='o_payment_submit_button']:enabled",
        run: "click",
        expectUnloadPage: true,
    },
];

registry.category("web_tour.tours").add("customer_credit_portal_topup", {
    steps: () => [
        {
            content: "the entry tells the balance",
            trigger: "a[href='/my/credit']:contains(100.00)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_customer_credit_balance:contains(100.00) a:contains(Top up)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_customer_credit_topup_amount input[name='amount']",
            run: "edit 50",
        },
        {
            trigger: ".o_customer_credit_topup_amount button:contains(Continue)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "credit cannot be bought with credit",
            trigger: "#o_payment_form:not(:has([data-provider-code='customer_credit']))",
        },
        ...payByCard(),
        {
            content: "the result tells what is available now",
            trigger: "#o_payment_summary_credit:contains(150.00)",
        },
        {
            trigger: ".o_customer_credit_back",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_customer_credit_movements:contains(50.00)",
        },
    ],
});

registry.category("web_tour.tours").add("customer_credit_portal_invoice", {
    steps: () => [
        {
            content: "all of the credit is offered",
            trigger: ".o_customer_credit_offer:contains(100.00) input[name='amount']",
            run: "edit 60",
        },
        {
            trigger: ".o_customer_credit_offer button",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_customer_credit_message:contains(60.00)",
        },
        {
            content: "the rest is paid in the usual way",
            trigger: "a[data-bs-target='#pay_with']",
            run: "click",
        },
        {
            trigger: "#pay_with.show :contains(90.00)",
        },
        ...payByCard(),
        {
            trigger: "[name='invoice_paid_badge']",
        },
    ],
});

registry.category("web_tour.tours").add("customer_credit_portal_invoice_whole", {
    steps: () => [
        {
            trigger: "a[data-bs-target='#pay_with']",
            run: "click",
        },
        {
            trigger: "#pay_with.show .o_customer_credit_available:contains(100.00)",
        },
        {
            trigger: "#pay_with.show input[name='o_payment_radio'][data-provider-code='customer_credit']",
            run: "click",
        },
        {
            trigger: "#pay_with.show button[name='o_payment_submit_button']:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "[name='invoice_paid_badge']",
        },
    ],
});

/** Steps that request a withdrawal to an account that is entered. */
const requestWithdrawal = (amount) => [
    {
        trigger: ".o_customer_credit_withdraw",
        run: "click",
        expectUnloadPage: true,
    },
    {
        trigger: ".o_customer_credit_withdrawal_form input[name='amount']",
        run: `edit ${amount}`,
    },
    {
        trigger: ".o_customer_credit_withdrawal_form button[type='submit']",
        run: "click",
        expectUnloadPage: true,
    },
    {
        trigger: `.o_customer_credit_withdrawals:contains(${amount}.00):contains(Requested)`,
    },
];

registry.category("web_tour.tours").add("customer_credit_portal_withdrawal", {
    steps: () => [
        {
            trigger: ".o_customer_credit_withdraw",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_customer_credit_withdrawal_form input[name='amount']",
            run: "edit 40",
        },
        {
            content: "an account that the company does not know yet",
            trigger: ".o_customer_credit_withdrawal_form input[name='acc_number']",
            run: "edit BE71096123456769",
        },
        {
            trigger: ".o_customer_credit_withdrawal_form button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "it is reserved at once",
            trigger: ".o_customer_credit_balance:contains(60.00):contains(40.00)",
        },
        {
            content: "and can be taken back",
            trigger: ".o_customer_credit_withdrawals .o_customer_credit_cancel",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_customer_credit_balance:contains(100.00)",
        },
        ...requestWithdrawal(25),
    ],
});
