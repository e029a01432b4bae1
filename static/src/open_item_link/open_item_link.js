import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/**
 * The label of a journal item, as a link to its invoice, payment or bank transaction.
 *
 * The option `item_field` names the many2one to the item. It is emptied when the item is deleted; the label stays,
 * as plain text.
 */
export class OpenItemLink extends Component {
    static template = "account_credit_allocation.OpenItemLink";
    static props = {...standardFieldProps, itemField: {type: String}};

    setup() {
        this.action = useService("action");
    }

    get label() {
        return this.props.record.data[this.props.name] || "";
    }

    get itemId() {
        return this.props.record.data[this.props.itemField]?.id;
    }

    openDocument() {
        return this.action.doActionButton({
            type: "object",
            name: "action_open_business_doc",
            resModel: "account.move.line",
            resId: this.itemId,
        });
    }
}

registry.category("fields").add("open_item_link", {
    component: OpenItemLink,
    supportedTypes: ["char"],
    extractProps: ({options}) => ({itemField: options.item_field}),
});
