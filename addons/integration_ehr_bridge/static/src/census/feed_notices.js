import { Component, markup } from "@odoo/owl";

/** Feeds that do not come, and what people do meanwhile. */
export class FeedNotices extends Component {
    static template = "integration_ehr_bridge.FeedNotices";
    static props = { notices: Array };

    fallbackOf(notice) {
        // The field is sanitised by the server.
        return markup(notice.fallback);
    }
}
