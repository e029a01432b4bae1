import {X2ManyField, x2ManyField} from "@web/views/fields/x2many/x2many_field";
import {ListRenderer} from "@web/views/list/list_renderer";
import {onMounted, onWillStart, useEffect} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

/**
 * The lines of the wizard, with the cursor in the first amount from the start: no mouse is needed.
 */
export class AllocationLinesRenderer extends ListRenderer {
    setup() {
        super.setup();
        // A dialog gives the focus, as soon as it is there, to its first input unless something inside has it
        if (this.env.isSmall) {
            // The keyboard of a phone would hide the lines
            onMounted(() => this.focusList());
        } else {
            onWillStart(() => this.editFirstLine());
            onMounted(() => this.focusAmount());
        }
        useEffect(() => this.describeAmount());
    }

    /**
     * A screen reader says which amount is being typed, and whether it is accepted.
     */
    describeAmount() {
        const input = this.tableRef.el?.querySelector(".o_selected_row td[name=amount] input");
        if (input) {
            const {label, error} = this.editedRecord.data;
            input.setAttribute("aria-label", _t("Amount to allocate: %s", label));
            input.setAttribute("aria-invalid", Boolean(error));
        }
    }

    focusList() {
        this.rootRef.el.tabIndex = -1;
        this.rootRef.el.focus();
    }

    async editFirstLine() {
        const record = this.props.list.records.find(({data}) => !data.obstacle);
        if (record) {
            await this.props.list.enterEditMode(record);
        }
    }

    focusAmount() {
        if (this.editedRecord) {
            this.focusCell(this.columns.find(({name}) => name === "amount"));
        } else {
            // The date would open its calendar over the lines, and they say why nothing can be typed
            this.focusList();
        }
    }
}

export class AllocationLines extends X2ManyField {
    static components = {...X2ManyField.components, ListRenderer: AllocationLinesRenderer};
}

registry.category("fields").add("allocation_lines", {...x2ManyField, component: AllocationLines});
