import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("customer_credit_withdrawal_request", {
    steps: () => [
        {
            content: "Withdraw credit",
            trigger: ".o_control_panel button:contains(Withdraw Credit)",
            run: "click",
        },
        {
            content: "Choose the customer",
            trigger: ".modal .o_field_widget[name=partner_id] input",
            run: "edit Azure Interior",
        },
        {
            content: "From the list",
            trigger: ".modal .o-autocomplete--dropdown-item:contains(Azure Interior)",
            run: "click",
        },
        {
            content: "The window says how much may be withdrawn",
            trigger: ".modal .o_field_widget[name=amount_withdrawable]:contains(100.00)",
        },
        {
            content: "The bank account is filled in",
            trigger: ".modal .o_field_widget[name=partner_bank_id] input:value(BE71096123456769)",
        },
        {
            content: "Type the amount",
            trigger: ".modal .o_field_widget[name=amount] input",
            run: "edit 45",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name=reason] textarea",
            run: "edit Account closed",
        },
        {
            content: "Request it",
            trigger: ".modal-footer button[name=action_request]",
            run: "click",
        },
        {
            content: "The withdrawal waits for somebody else",
            trigger:
                ".o_form_view:has(.alert-info:contains(somebody else)) .o_field_widget[name=amount]:contains(45.00)",
        },
        {
            content: "Who asked cannot approve, but can cancel",
            trigger: ".o_form_view:not(:has(button[name=action_approve])) button[name=action_cancel]",
        },
    ],
});

registry.category("web_tour.tours").add("customer_credit_withdrawal_approve_and_pay", {
    steps: () => [
        {
            content: "Open what is to be approved",
            trigger: ".o_list_view .o_data_row:contains(Azure Interior):contains(Requested) td[name=name]",
            run: "click",
        },
        {
            content: "The activity waits in the chatter",
            trigger: ".o-mail-Activity:contains(Withdrawal of customer credit)",
        },
        {
            content: "Approve",
            trigger: ".o_form_view button[name=action_approve]",
            run: "click",
        },
        {
            content: "It is approved",
            trigger: ".o_form_view .o_statusbar_status .o_arrow_button_current:contains(Approved)",
        },
        {
            content: "Nothing is left to do for the approvers",
            trigger: ".o-mail-Chatter:not(:has(.o-mail-Activity))",
        },
        {
            content: "Pay",
            trigger: ".o_form_view button[name=action_open_payment_dialog]",
            run: "click",
        },
        {
            content: "The window shows where the money goes",
            trigger: ".modal:has(.o_field_widget[name=partner_bank_id]:contains(BE71096123456769))",
        },
        {
            content: "Change the memo",
            trigger: ".modal .o_field_widget[name=memo] input",
            run: "edit Refund of deposit",
        },
        {
            content: "Pay",
            trigger: ".modal-footer button[name=action_pay]",
            run: "click",
        },
        {
            content: "It is paid",
            trigger: "body:not(:has(.modal)) .o_form_view .o_statusbar_status .o_arrow_button_current:contains(Paid)",
        },
        {
            content: "Open the payment",
            trigger: ".o_form_view button[name=action_open_payment]",
            run: "click",
        },
        {
            content: "The payment sends the amount",
            trigger:
                ".o_form_view .o_field_widget[name=amount] input:value(60.00), .o_form_view .o_field_widget[name=amount]:contains(60.00)",
        },
    ],
});

registry.category("web_tour.tours").add("customer_credit_withdrawal_refuse", {
    steps: () => [
        {
            content: "Refuse",
            trigger: ".o_form_view button[name=action_open_refusal]",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name=reason] textarea",
            run: "edit Unpaid invoice",
        },
        {
            content: "Refuse",
            trigger: ".modal-footer button[name=action_refuse]",
            run: "click",
        },
        {
            content: "It is refused, and says why",
            trigger:
                "body:not(:has(.modal)) .o_form_view:has(.o_arrow_button_current:contains(Refused)) .o_field_widget[name=refusal_reason]:contains(Unpaid invoice)",
        },
    ],
});
