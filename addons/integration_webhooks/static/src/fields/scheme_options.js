import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * Settings of what was chosen in another field, one input each: those of the choice and no others.
 * The option `form` names the field that says which.
 *
 * The field holds them as JSON, so that a proposal shows what changes and a package can carry it.
 * The server checks every value. What is as usual is not written.
 */
export class SchemeOptionsField extends Component {
    static template = "integration_webhooks.SchemeOptions";
    static props = { ...standardFieldProps, form: { type: String } };

    get options() {
        return this.props.record.data[this.props.form] || [];
    }

    get values() {
        try {
            return JSON.parse(this.props.record.data[this.props.name] || "{}") || {};
        } catch {
            return {};
        }
    }

    value({ name, default: usual }) {
        return this.values[name] ?? usual;
    }

    /** What an input shows: lists as text. */
    shown(option) {
        const value = this.value(option);
        return option.kind === "list" ? value.join(", ") : String(value);
    }

    read({ kind, default: usual }, input) {
        const text = (input.value || "").trim();
        switch (kind) {
            case "boolean":
                return input.checked;
            case "number":
                return text ? Number(text) : usual;
            case "list":
                return text.split(/[\s,]+/).filter(Boolean);
            default:
                // Not trimmed: a prefix may end with a space.
                return input.value;
        }
    }

    update(option, input) {
        const values = { ...this.values };
        const value = this.read(option, input);
        if (JSON.stringify(value) === JSON.stringify(option.default)) {
            delete values[option.name];
        } else {
            values[option.name] = value;
        }
        const ordered = Object.fromEntries(Object.entries(values).sort());
        return this.props.record.update({ [this.props.name]: JSON.stringify(ordered) });
    }
}

registry.category("fields").add("webhook_scheme_options", {
    component: SchemeOptionsField,
    supportedTypes: ["text"],
    extractProps: ({ options }) => ({ form: options.form }),
    fieldDependencies: ({ options }) => [{ name: options.form, type: "json" }],
});
