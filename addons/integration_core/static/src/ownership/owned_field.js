import { registry } from "@web/core/registry";
import {
    FieldSelectorField,
    fieldSelectorField,
} from "@web/views/fields/field_selector/field_selector_field";

// Keep in step with tools/ownership.py.
const CONVERSATION = ["message_", "activity_", "website_message_", "rating_", "access_"];
const BOOKKEEPING = [
    "id",
    "create_uid",
    "create_date",
    "write_uid",
    "write_date",
    "parent_path",
    "display_name",
];

/** A field that a system may own. */
export class IntegrationOwnedField extends FieldSelectorField {
    filter(field) {
        return (
            field.store &&
            field.type !== "one2many" &&
            !BOOKKEEPING.includes(field.name) &&
            !CONVERSATION.some((prefix) => field.name.startsWith(prefix))
        );
    }
}

registry.category("fields").add("integration_owned_field", {
    ...fieldSelectorField,
    component: IntegrationOwnedField,
});
