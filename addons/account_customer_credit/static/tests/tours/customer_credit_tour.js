import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("customer_credit_add", {
    steps: () => [
        {
            content: "The customer has no credit yet",
            trigger: ".o_form_view button[name=action_open_customer_credit]:contains(0.00)",
            run: "click",
        },
        {
            content: "The history is empty: add credit",
            trigger: ".o_list_view .o_control_panel button:contains(Add Credit)",
            run: "click",
        },
        {
            content: "The window knows the customer",
            trigger: ".modal div[name=partner_id] input:value(Azure Interior)",
        },
        {
            content: "Type the amount",
            trigger: ".modal div[name=amount] input",
            run: "edit 120.50",
        },
        {
            content: "Type the memo",
            trigger: ".modal div[name=memo] input",
            run: "edit Prepaid for spring",
        },
        {
            content: "It is kept as credit unless somebody says otherwise",
            trigger: ".modal div[name=keep_as_credit] input:checked",
        },
        {
            content: "Add it",
            trigger: ".modal-footer button[name=action_deposit]",
            run: "click",
        },
        {
            content: "The notification says what the customer has now",
            trigger: ".o_notification:contains(Azure Interior now has):contains(120.50)",
        },
        {
            content: "The history shows it, with the balance",
            trigger:
                "body:not(:has(.modal)) .o_data_row:has(td[name=kind]:contains(Added Credit)) td[name=balance]:contains(120.50)",
        },
        {
            content: "Open the payment",
            trigger: ".o_data_row td[name=name]",
            run: "click",
        },
        {
            content: "It is posted, and kept from the rules",
            trigger: ".o_form_view div[name=memo] input:value(Prepaid for spring)",
        },
        {
            content: "Back to the customer",
            trigger: ".o_breadcrumb a:contains(Azure Interior)",
            run: "click",
        },
        {
            content: "The button shows the credit",
            trigger: ".o_form_view button[name=action_open_customer_credit]:contains(120.50)",
        },
    ],
});
