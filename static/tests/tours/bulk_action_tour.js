import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("account_credit_allocation_bulk_action", {
    url: "/odoo/customer-invoices",
    steps: () => [
        {
            content: "Select the first invoice",
            trigger: ".o_data_row:has(td[name=name]:contains(INV/2024/00001)) .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Select the second invoice",
            trigger: ".o_data_row:has(td[name=name]:contains(INV/2024/00002)) .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Open the Action menu",
            trigger: ".o_control_panel .o_cp_action_menus .dropdown-toggle:contains(Actions)",
            run: "click",
        },
        {
            content: "Allocate outstanding credits",
            trigger: ".o-dropdown--menu .dropdown-item:contains(Allocate outstanding credits)",
            run: "click",
        },
        {
            content: "The notification says what was done and what was left",
            trigger: ".o_notification:contains(Credits: 2. Invoices: 2.)",
        },
        {
            content: "The invoice that is paid says so in the list, without a reload of the page",
            trigger:
                ".o_data_row:has(td[name=name]:contains(INV/2024/00001)) td[name=status_in_payment]:contains(Paid)",
        },
        {
            content: "Follow the link to the document, in this tab",
            trigger: ".o_notification a:contains(CA/)",
            run({anchor}) {
                anchor.removeAttribute("target");
                anchor.click();
            },
        },
        {
            content: "The document opens, with its number",
            trigger: ".o_form_view .oe_title div[name=name]:contains(CA/)",
        },
        {
            content: "One line for each pair, with its reason",
            trigger: ".o_field_widget[name=line_ids] .o_data_row:contains(INV/2024/00001):contains(Exact amount)",
        },
        {
            content: "The second invoice is paid in part, by the oldest-first rule",
            trigger: ".o_field_widget[name=line_ids] .o_data_row:contains(INV/2024/00002):contains(Oldest first)",
        },
        {
            content: "Open an invoice from the document",
            trigger: ".o_field_widget[name=line_ids] .o_data_row td[name=debt_label] a:contains(INV/2024/00001)",
            run: "click",
        },
        {
            content: "The invoice knows its allocations",
            trigger: ".o_form_view button[name=action_open_credit_allocations]:contains(1)",
            run: "click",
        },
        {
            content: "And leads back to the document",
            trigger: ".o_form_view .oe_title div[name=name]:contains(CA/)",
        },
    ],
});
