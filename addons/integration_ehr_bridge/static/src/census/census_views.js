import { onMounted, onWillStart, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";
import { FeedNotices } from "./feed_notices";

/* global luxon */

/** Milliseconds after which a census that somebody looks at is read again. */
export const REFRESH = 10000;

/**
 * Read the list of a view again while it is looked at: the feed changes it, not its reader.
 *
 * Nothing is read while nobody looks, or while the reader is about to do something with it.
 */
function useRefresh(getList, further) {
    let timer = null;
    const refresh = async () => {
        const list = getList();
        if (document.hidden || list.editedRecord || list.selection?.length) {
            return;
        }
        try {
            await list.load(); // not the model: a search that is under way goes on
            await further();
        } catch (error) {
            // Said once: the connection or the session is gone.
            browser.clearInterval(timer);
            throw error;
        }
    };
    onMounted(() => {
        timer = browser.setInterval(refresh, REFRESH);
    });
    onWillUnmount(() => browser.clearInterval(timer));
}

/** What keeps the census from being up to date, above the views of the census. */
function useFeedNotices(getList) {
    const orm = useService("orm");
    const notices = useState({ list: [] });
    const read = async () => {
        const found = await orm.call("ehr.location", "feed_notices");
        notices.list = found.map((notice) => ({
            ...notice,
            since:
                notice.since &&
                deserializeDateTime(notice.since).toLocaleString(luxon.DateTime.DATETIME_SHORT),
        }));
    };
    onWillStart(read);
    useRefresh(getList, read);
    return notices;
}

export class CensusKanbanRenderer extends KanbanRenderer {
    static template = "integration_ehr_bridge.CensusKanbanRenderer";
    static components = { ...KanbanRenderer.components, FeedNotices };

    setup() {
        super.setup();
        this.feedNotices = useFeedNotices(() => this.props.list);
    }
}

export class CensusListRenderer extends ListRenderer {
    static template = "integration_ehr_bridge.CensusListRenderer";
    static components = { ...ListRenderer.components, FeedNotices };

    setup() {
        super.setup();
        this.feedNotices = useFeedNotices(() => this.props.list);
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
