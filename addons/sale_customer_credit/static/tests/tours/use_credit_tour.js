import {registry} from "@web/core/registry";

const form = "body:not(:has(.modal)) .o_form_view";

registry.category("web_tour.tours").add("sale_customer_credit_use_credit", {
    steps: () => [
        {
            content: "The order shows the credit of its customer",
            trigger: ".o_form_view [name=customer_credit_available]:contains(50.00)",
        },
        {
            content: "Use it",
            trigger: ".o_form_view button[name=action_use_credit]",
            run: "click",
        },
        {
            content: "The dialog says what is to be paid, and proposes all of the credit",
            trigger: ".modal:has([name=amount_to_pay]:contains(80.00)) [name=amount] input:value(50.00)",
            run: "edit 20",
        },
        {
            content: "Use less",
            trigger: ".modal button[name=action_use_credit]",
            run: "click",
        },
        {
            content: "The order shows what is reserved, and what is left",
            trigger: `${form}:has([name=customer_credit_available]:contains(30.00)) [name=customer_credit_reserved]:contains(20.00)`,
        },
        {
            content: "Its chatter tells of it",
            trigger: ".o-mail-Message:contains(20.00 is reserved for this order)",
        },
        {
            content: "Give it back",
            trigger: ".o_form_view button[name=action_release_credit]",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "All of the credit is available again",
            trigger: `${form}:not(:has([name=customer_credit_reserved])) [name=customer_credit_available]:contains(50.00)`,
        },
        {
            content: "Use it again",
            trigger: ".o_form_view button[name=action_use_credit]",
            run: "click",
        },
        {
            content: "More than is to be paid",
            trigger: ".modal [name=amount] input:value(50.00)",
            run: "edit 90",
        },
        {
            content: "Try",
            trigger: ".modal button[name=action_use_credit]",
            run: "click",
        },
        {
            content: "It is refused",
            trigger: ".o_error_dialog:contains(is still to be paid), .modal:contains(is still to be paid)",
        },
        {
            content: "Close the message",
            trigger: ".modal:contains(is still to be paid) .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "Less",
            trigger: ".modal [name=amount] input",
            run: "edit 20",
        },
        {
            content: "Use it",
            trigger: ".modal button[name=action_use_credit]",
            run: "click",
        },
        {
            content: "It is reserved",
            trigger: `${form} [name=customer_credit_reserved]:contains(20.00)`,
        },
    ],
});
