import {Component, onWillStart, onWillUnmount, onWillUpdateProps, useState} from "@odoo/owl";
import {formatFloat, formatInteger, formatMonetary} from "@web/views/fields/formatters";
import {deserializeDateTime, formatDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";

// Milliseconds between two questions to the server, while the run is at work
const PAUSE = 2000;

/**
 * How far a run is. It asks the server only while the run is at work and its page is open: after it was stopped, too,
 * until the last batch has ended. Then the page is loaded again, with all results.
 */
export class CreditAllocationRunProgress extends Component {
    static template = "account_credit_allocation.RunProgress";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.state = useState({progress: null});
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((props) => this.load(props));
        onWillUnmount(() => this.forget());
    }

    forget() {
        clearTimeout(this.timer);
        this.generation = (this.generation || 0) + 1;
    }

    async load({record}) {
        this.forget();
        const generation = this.generation;
        if (!record.resId || record.data.state === "draft") {
            this.state.progress = null;
            return;
        }
        let progress = null;
        try {
            progress = await this.orm.silent.call(record.resModel, "get_progress", [[record.resId]]);
        } catch {
            // The server is away, or restarts: what is shown stays, and it is asked again
        }
        if (generation !== this.generation) {
            return;
        }
        if (progress) {
            this.state.progress = progress;
        }
        const isShownAtWork = ["running", "stopping"].includes(record.data.status);
        if (progress && !progress.at_work) {
            if (isShownAtWork) {
                await record.load();
            }
            return;
        }
        if (isShownAtWork || progress?.at_work) {
            this.timer = setTimeout(() => this.load({record}), PAUSE);
        }
    }

    get percent() {
        const {partners, finished} = this.state.progress;
        return partners ? Math.floor((100 * finished) / partners) : 100;
    }

    get isRunning() {
        return this.state.progress.state === "running";
    }

    get amount() {
        return formatMonetary(this.state.progress.amount, {
            currencyId: this.props.record.data.company_currency_id?.id,
        });
    }

    get rate() {
        const {items_finished, seconds} = this.state.progress;
        return _t("%s items/s", formatFloat(items_finished / seconds, {digits: [16, 1]}));
    }

    format(number) {
        return formatInteger(number);
    }

    share(finished, all) {
        return _t("%(finished)s of %(all)s", {finished: formatInteger(finished), all: formatInteger(all)});
    }

    get timeLeft() {
        return _t("about %s", this.duration(this.state.progress.seconds_left));
    }

    /** For whom it waits, and until when. */
    get waiting() {
        const {names, more, next_try} = this.state.progress.waits_for;
        const who = more ? _t("%(names)s and %(count)s more", {names, count: more}) : names;
        if (!next_try) {
            return _t("In use by others, and about to be tried again: %s", who);
        }
        const time = formatDateTime(deserializeDateTime(next_try), {showSeconds: false});
        return _t("In use by others: %(who)s. Tried again at %(time)s.", {who, time});
    }

    duration(seconds) {
        const hours = Math.floor(seconds / 3600);
        const minutes = Math.floor((seconds % 3600) / 60);
        const rest = Math.floor(seconds % 60);
        if (hours) {
            return _t("%(hours)s h %(minutes)s min", {hours, minutes});
        }
        return minutes ? _t("%(minutes)s min %(seconds)s s", {minutes, seconds: rest}) : _t("%s s", rest);
    }
}

registry.category("view_widgets").add("credit_allocation_run_progress", {
    component: CreditAllocationRunProgress,
    fieldDependencies: [
        {name: "state", type: "selection"},
        {name: "status", type: "selection"},
        {name: "company_currency_id", type: "many2one"},
    ],
});
