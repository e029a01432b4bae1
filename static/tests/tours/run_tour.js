import {registry} from "@web/core/registry";

const newRunAtOnce = [
    {
        content: "Make a new run",
        trigger: ".o_list_view .o_list_button_add, .o_control_panel_main_buttons .o_list_button_add",
        run: "click",
    },
    {
        content: "Wait for it on this page",
        trigger: ".o_form_view .o_field_widget[name=in_background] input:checked",
        run: "click",
    },
];

registry.category("web_tour.tours").add("account_credit_allocation_run", {
    url: "/odoo/credit-allocation-runs",
    steps: () => [
        ...newRunAtOnce,
        {
            content: "Start",
            trigger: ".o_form_view button[name=action_start]",
            run: "click",
        },
        {
            content: "All partners are done",
            trigger: ".o_credit_allocation_run_progress:contains(100 %):contains(2 of 2)",
        },
        {
            content: "The results say which rule allocated how much, and how much that is of what was outstanding",
            trigger:
                ".o_field_widget[name=rule_result_ids] .o_data_row:contains(Exact amount):contains($ 100.00):contains(76.92%)",
        },
        {
            content: "Look at what was left",
            trigger: ".o_notebook .nav-link:contains(Not Allocated)",
            run: "click",
        },
        {
            content: "Open what was left for a reason",
            trigger:
                ".o_field_widget[name=reason_ids] .o_data_row:contains(Nothing to match it with) button[name=action_open]",
            run: "click",
        },
        {
            content: "The items are listed",
            trigger: ".o_list_view .o_data_row:contains(Deco Addict):contains($ 30.00)",
        },
        {
            content: "Back to the run",
            trigger: ".breadcrumb a:contains(RUN/)",
            run: "click",
        },
        {
            content: "Open the documents",
            trigger: ".o_form_view button[name=action_open_allocations]",
            run: "click",
        },
        {
            content: "Open the document",
            trigger: ".o_list_view .o_data_row .o_data_cell:contains(CA/)",
            run: "click",
        },
        {
            content: "It shows the allocation",
            trigger: ".o_form_view .o_field_widget[name=line_ids] .o_data_row:contains(INV/2024/00001)",
        },
    ],
});

registry.category("web_tour.tours").add("account_credit_allocation_run_background", {
    steps: () => [
        {
            content: "One of two partners is done",
            trigger: ".o_credit_allocation_run_progress:contains(50 %):contains(1 of 2):contains($ 100.00)",
        },
        {
            content: "Stop",
            trigger: ".o_form_view button[name=action_stop]",
            run: "click",
        },
        {
            content: "It has stopped",
            trigger: ".o_form_view .o_statusbar_status .o_arrow_button_current:contains(Stopped)",
        },
        {
            content: "Go on",
            trigger: ".o_form_view button[name=action_resume]",
            run: "click",
        },
        {
            content: "It is running again, at the same place",
            trigger: ".o_form_view:has(button[name=action_stop]) .o_credit_allocation_run_progress:contains(50 %)",
        },
        {
            content: "The page finds out by itself that the run has ended, and shows its results",
            trigger:
                ".o_form_view:has(.o_arrow_button_current:contains(Done)) .o_credit_allocation_run_progress:contains(100 %)",
        },
        {
            content: "All of it is told",
            trigger:
                ".o_field_widget[name=rule_result_ids] .o_data_row:contains(Exact amount):contains($ 150.00):contains(100%)",
        },
    ],
});

registry.category("web_tour.tours").add("account_credit_allocation_run_preview", {
    url: "/odoo/credit-allocation-runs",
    steps: () => [
        ...newRunAtOnce,
        {
            content: "Preview only",
            trigger: ".o_form_view .o_field_widget[name=mode] input[data-value=preview]",
            run: "click",
        },
        {
            content: "Start",
            trigger: ".o_form_view button[name=action_start]",
            run: "click",
        },
        {
            content: "Nothing is allocated yet",
            trigger: ".o_credit_allocation_run_progress:contains(Would be allocated):contains($ 100.00)",
        },
        {
            content: "It could be applied, and says so",
            trigger: ".o_form_view:has(.o_arrow_button_current:contains(To Apply)) button[name=action_apply]",
        },
        {
            content: "Discard the drafts",
            trigger: ".o_form_view button[name=action_discard]",
            run: "click",
        },
        {
            content: "A question is asked before",
            trigger: ".modal:contains(Nothing in the books changes) .modal-footer button:contains(Discard)",
            run: "click",
        },
        {
            content: "Nothing is left to apply or discard",
            trigger:
                "body:not(:has(.modal)) .o_form_view:not(:has(button[name=action_apply])):not(:has(button[name=action_discard]))",
        },
        {
            content: "Who discarded them is on record",
            trigger: ".o-mail-Message:contains(has discarded the drafts: 1 allocations)",
        },
    ],
});
