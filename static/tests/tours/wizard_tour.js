import {registry} from "@web/core/registry";

const line = (number) => `.modal .o_data_row:contains(${number})`;
const amountCell = (number) => `${line(number)} td[name=amount]`;

registry.category("web_tour.tours").add("account_credit_allocation_wizard_invoice", {
    steps: () => [
        {
            content: "The invoice offers to allocate credits",
            trigger: ".o_form_view button[name=action_open_credit_wizard]",
            run: "click",
        },
        {
            content: "The window opens with the proposal filled in, and the cursor in the first amount",
            trigger: ".modal .o_selected_row td[name=amount] input:value(50.00)",
        },
        {
            content: "Totals say what the proposal does",
            trigger:
                ".modal:has(div[name=amount_allocated]:contains(350.00)) div[name=amount_remaining]:contains(650.00)",
        },
        {
            content: "The reason of the proposal is told",
            trigger: `${line("PBNK1/2024/00002")}:contains(names INV/2024/00001)`,
        },
        {
            content: "The excluded payment says so",
            trigger: `${line("PBNK1/2024/00003")}:contains(Excluded from automatic allocation)`,
        },
        {
            content: "Type more than the payment has",
            trigger: ".modal .o_selected_row td[name=amount] input[aria-label*='PBNK1/2024/00001']",
            run: "edit 60 && press Tab",
        },
        {
            content: "The line says what is wrong",
            trigger: `${line("PBNK1/2024/00001")}.text-danger:contains(Only $ 50.00 is available.)`,
        },
        {
            content: "It cannot be allocated",
            trigger: ".modal-footer button:disabled:contains(Allocate)",
        },
        {
            content: "Tab has led to the next amount: type less than the proposal",
            trigger: `${line("PBNK1/2024/00002")}.o_selected_row td[name=amount] input`,
            run: "edit 26.749950 && press Tab",
        },
        {
            content: "The amount is rounded, the totals follow",
            trigger:
                ".modal:has(div[name=amount_allocated]:contains(86.75)) div[name=amount_remaining]:contains(913.25)",
        },
        {
            content: "Clear",
            trigger: ".modal-footer button[name=clear]",
            run: "click",
        },
        {
            content: "Nothing is allocated now",
            trigger:
                ".modal:has(.modal-footer button:disabled:contains(Allocate)) div[name=amount_remaining]:contains(1,000.00)",
        },
        {
            content: "Propose",
            trigger: ".modal-footer button[name=propose]",
            run: "click",
        },
        {
            content: "The proposal is back",
            trigger: ".modal div[name=amount_allocated]:contains(350.00)",
        },
        {
            content: "Use all of the excluded payment by the button in its line",
            trigger: `${line("PBNK1/2024/00003")} .o_widget_allocation_use_all button`,
            run: "click",
        },
        {
            content: "All of it is allocated",
            trigger: ".modal div[name=amount_allocated]:contains(750.00)",
        },
        {
            content: "Change the amount of the first line",
            trigger: amountCell("PBNK1/2024/00001"),
            run: "click",
        },
        {
            content: "Type it",
            trigger: `${amountCell("PBNK1/2024/00001")} input`,
            run: "edit 12.34 && press Tab",
        },
        {
            content: "The line says that a person decided",
            trigger: `${line("PBNK1/2024/00001")}:contains(typed by hand)`,
        },
        {
            content: "Allocate",
            trigger: ".modal-footer button[name=action_allocate]:enabled",
            run: "click",
        },
        {
            content: "The notification says what was done, with a link to the document",
            trigger: ".o_notification:contains(Credits: 3. Invoices: 1.):has(a:contains(CA/))",
        },
        {
            content: "The window is closed and the invoice shows what is left",
            trigger: "body:not(:has(.modal)) .o_form_view .o_field_widget[name=amount_residual]:contains(287.66)",
        },
    ],
});

registry.category("web_tour.tours").add("account_credit_allocation_wizard_payment", {
    steps: () => [
        {
            content: "The payment offers to be allocated",
            trigger: ".o_form_view button[name=action_open_invoice_wizard]",
            run: "click",
        },
        {
            content: "The window lists the open invoices with their due dates",
            trigger: `${line("INV/2024/00002")}:contains(Apr 30, 2024)`,
        },
        {
            content: "The oldest invoice is proposed",
            trigger: ".modal .o_selected_row:contains(INV/2024/00001) td[name=amount] input:value(300.00)",
            run: "edit 120 && press Tab",
        },
        {
            content: "Put the rest on the second one",
            trigger: ".modal .o_selected_row:contains(INV/2024/00002) td[name=amount] input",
            run: "edit 200 && press Tab",
        },
        {
            content: "That is more than the payment has",
            trigger: ".modal .alert-danger:contains($ 20.00 more than is available of PBNK1/2024/00001.)",
        },
        {
            content: "Back to the second one",
            trigger: amountCell("INV/2024/00002"),
            run: "click",
        },
        {
            content: "Use what is left of the payment, by the shortcut",
            trigger: `${amountCell("INV/2024/00002")} input`,
            run: "press alt+a",
        },
        {
            content: "Nothing of the payment is left",
            trigger:
                ".modal:has(div[name=amount_remaining]:contains(0.00)) div[name=amount_allocated]:contains(300.00)",
        },
        {
            content: "Allocate by the shortcut",
            trigger: ".modal-footer button[name=action_allocate]:enabled",
            run: "press alt+q",
        },
        {
            content: "The notification says what was done",
            trigger: ".o_notification:contains(Credits: 1. Invoices: 2.)",
        },
        {
            content: "Nothing of the payment is left to allocate",
            trigger: "body:not(:has(.modal)) .o_form_view:not(:has(button[name=action_open_invoice_wizard]))",
        },
    ],
});
