import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

/**
 * Shows a member number for some seconds, and takes it off the screen again.
 *
 * The number is in the answer of the call alone: no field has it, and no address of a page.
 */
export function showMemberNumber(env, action) {
    const { title, number, seconds, next } = action.params;
    const close = env.services.notification.add(number, { title, sticky: true, type: "warning" });
    browser.setTimeout(close, seconds * 1000);
    return next;
}

registry.category("actions").add("integration_ehr_payer.show_member_number", showMemberNumber);
