import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/**
 * A button that fills all amounts of the wizard at once: the server does it, the window stays open.
 *
 * The attribute `command` is the value to give to the field `fill`.
 */
export class AllocationFill extends Component {
    static template = "account_credit_allocation.AllocationFill";
    static props = {
        ...standardWidgetProps,
        command: {type: String},
        hotkey: {type: String},
        label: {type: String},
    };

    fill() {
        return this.props.record.update({fill: this.props.command});
    }
}

registry.category("view_widgets").add("allocation_fill", {
    component: AllocationFill,
    extractProps: ({attrs}) => ({
        command: attrs.command,
        hotkey: attrs.hotkey,
        label: attrs.string,
    }),
});
