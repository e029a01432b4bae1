import {ListController} from "@web/views/list/list_controller";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";

/** The list of rules, under a few sentences that tell how the rules work together. */
export class CreditAllocationRuleListController extends ListController {
    static template = "account_credit_allocation.RuleListView";
}

registry.category("views").add("credit_allocation_rule_list", {
    ...listView,
    Controller: CreditAllocationRuleListController,
});
