import { onWillStart, useState } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";
import { FeedNotices } from "./feed_notices";

/* global luxon */

/** What keeps the census from being up to date, above the views of the census. */
function useFeedNotices() {
    const orm = useService("orm");
    const notices = useState({ list: [] });
    onWillStart(async () => {
        const found = await orm.call("ehr.location", "feed_notices");
        notices.list = found.map((notice) => ({
            ...notice,
            since:
                notice.since &&
                deserializeDateTime(notice.since).toLocaleString(luxon.DateTime.DATETIME_SHORT),
        }));
    });
    return notices;
}

export class CensusKanbanRenderer extends KanbanRenderer {
    static template = "integration_ehr_bridge.CensusKanbanRenderer";
    static components = { ...KanbanRenderer.components, FeedNotices };

    setup() {
        super.setup();
        this.feedNotices = useFeedNotices();
    }
}

export class CensusListRenderer extends ListRenderer {
    static template = "integration_ehr_bridge.CensusListRenderer";
    static components = { ...ListRenderer.components, FeedNotices };

    setup() {
        super.setup();
        this.feedNotices = useFeedNotices();
    }
}

registry.category("views").add("ehr_census_kanban", {
    ...kanbanView,
    Renderer: CensusKanbanRenderer,
});
registry.category("views").add("ehr_census_list", {
    ...listView,
    Renderer: CensusListRenderer,
});
