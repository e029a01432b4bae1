import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/**
 * A small button in a line of the wizard: allocate all that is open of this item, as far as the document has room.
 */
export class AllocationUseAll extends Component {
    static template = "account_credit_allocation.AllocationUseAll";
    static props = {...standardWidgetProps};

    get title() {
        return _t("Allocate as much as possible of %s", this.props.record.data.label);
    }

    get amount() {
        const {amount, available} = this.props.record.data;
        const remaining = this.props.record.evalContext.parent.amount_remaining;
        return Math.max(0, Math.min(available, remaining + amount));
    }

    useAll() {
        return this.props.record.update({amount: this.amount});
    }
}

registry.category("view_widgets").add("allocation_use_all", {
    component: AllocationUseAll,
    listViewWidth: 40,
});
