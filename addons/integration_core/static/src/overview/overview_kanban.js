import { onWillStart, useState } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { kanbanView } from "@web/views/kanban/kanban_view";

/* global luxon */

/** The overview of interfaces, with a warning above while events are muted. */
export class IntegrationOverviewRenderer extends KanbanRenderer {
    static template = "integration_core.OverviewRenderer";

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.actions = useService("action");
        this.muted = useState({ list: [] });
        onWillStart(async () => {
            this.muted.list = await this.orm.call("integration.event.mute", "current");
        });
    }

    untilOf(mute) {
        return deserializeDateTime(mute.until).toLocaleString(luxon.DateTime.DATETIME_SHORT);
    }

    openMute(mute) {
        return this.actions.doAction({
            type: "ir.actions.act_window",
            res_model: "integration.event.mute",
            res_id: mute.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("views").add("integration_overview", {
    ...kanbanView,
    Renderer: IntegrationOverviewRenderer,
});
