import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { ModelSelector } from "@web/core/model_selector/model_selector";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import {
    FieldSelectorField,
    fieldSelectorField,
} from "@web/views/fields/field_selector/field_selector_field";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

// The machinery that sends events has none itself; the server refuses it too.
const MACHINERY = ["integration.", "queue.job", "bus.", "ir.cron"];
// Keep in step with WATCHABLE in engine/triggers.py.
const WATCHABLE = ["selection", "boolean", "char", "integer", "many2one", "date"];
// Keep in step with REPEATABLE in engine/triggers.py.
const REPEATABLE = [...WATCHABLE, "float", "monetary", "datetime"];
const SHAPELESS = ["binary", "image", "json", "properties", "properties_definition"];

/** The name of a model, chosen by what people call its records. */
export class IntegrationModelField extends Component {
    static template = "integration_core.ModelField";
    static components = { ModelSelector };
    static props = { ...standardFieldProps, placeholder: { type: String, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ models: [], label: "" });
        onWillStart(async () => {
            if (!this.props.readonly) {
                const models = await this.orm
                    .cache()
                    .call("ir.model", "get_available_models");
                this.state.models = models
                    .map(({ model }) => model)
                    .filter((name) => !MACHINERY.some((prefix) => name.startsWith(prefix)));
            }
            await this.loadLabel(this.props);
        });
        onWillUpdateProps((next) => this.loadLabel(next));
    }

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    async loadLabel({ record, name }) {
        const model = record.data[name];
        if (!model) {
            this.state.label = "";
        } else if (model !== this.loaded) {
            const [known] = await this.orm
                .cache()
                .call("ir.model", "display_name_for", [[model]]);
            this.state.label = known.display_name;
        }
        this.loaded = model;
    }

    select({ technical }) {
        // What was chosen for another kind of document means nothing any more.
        const { record } = this.props;
        const changes = { [this.props.name]: technical };
        if (technical !== this.value) {
            const reset = {
                field_name: false,
                field_value: false,
                repeat_field_name: false,
                condition: "[]",
                partner_field: false,
            };
            for (const [name, value] of Object.entries(reset)) {
                if (name in record.activeFields) {
                    changes[name] = value;
                }
            }
        }
        return record.update(changes);
    }
}

registry.category("fields").add("integration_model", {
    component: IntegrationModelField,
    displayName: _t("Kind of document"),
    supportedTypes: ["char"],
    extractProps: ({ attrs }) => ({ placeholder: attrs.placeholder }),
});

function isStoredOnce(field, types) {
    return (
        field.store && types.includes(field.type) && !field.translate && !field.company_dependent
    );
}

/** A field that a trigger can watch. */
export class IntegrationTriggerField extends FieldSelectorField {
    filter(field) {
        return isStoredOnce(field, WATCHABLE);
    }

    async update(value) {
        await this.props.record.update({ [this.props.name]: value, field_value: false });
    }
}

registry.category("fields").add("integration_trigger_field", {
    ...fieldSelectorField,
    component: IntegrationTriggerField,
});

/** A field whose changes tell of an event again. */
export class IntegrationRepeatField extends FieldSelectorField {
    filter(field) {
        return isStoredOnce(field, REPEATABLE);
    }
}

registry.category("fields").add("integration_repeat_field", {
    ...fieldSelectorField,
    component: IntegrationRepeatField,
});

/** A path that may be part of an event. */
export class IntegrationSnapshotPath extends FieldSelectorField {
    filter(field) {
        return (
            !SHAPELESS.includes(field.type) &&
            field.type !== "separator" &&
            !field.company_dependent &&
            (field.store || field.related || field.name === "display_name")
        );
    }
}

registry.category("fields").add("integration_snapshot_path", {
    ...fieldSelectorField,
    component: IntegrationSnapshotPath,
});

/** A path of links to one contact. */
export class IntegrationPartnerField extends FieldSelectorField {
    filter(field) {
        return field.store && field.type === "many2one";
    }
}

registry.category("fields").add("integration_partner_field", {
    ...fieldSelectorField,
    component: IntegrationPartnerField,
});

/** The value that a field must reach: chosen where the field's values are known. */
export class IntegrationTriggerValue extends Component {
    static template = "integration_core.TriggerValue";
    static components = { RecordSelector };
    static props = { ...standardFieldProps };

    setup() {
        this.fields = useService("field");
        this.names = useService("name");
        this.state = useState({ field: null, name: "" });
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((next) => this.load(next));
    }

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    get choices() {
        const { field } = this.state;
        if (field?.type === "selection") {
            return field.selection;
        }
        if (field?.type === "boolean") {
            return [
                ["True", _t("Yes")],
                ["False", _t("No")],
            ];
        }
        return null;
    }

    get relation() {
        return this.state.field?.type === "many2one" ? this.state.field.relation : null;
    }

    get inputType() {
        return { integer: "number", date: "date" }[this.state.field?.type] ?? "text";
    }

    get label() {
        const choice = this.choices?.find(([value]) => value === this.value);
        return choice ? choice[1] : this.state.name || this.value;
    }

    async load({ record, name }) {
        const { model_name: model, field_name: path, model_missing: missing } = record.data;
        let field = null;
        if (model && path && !missing) {
            const known = await this.fields.loadFields(model, { fieldNames: [path] });
            field = known[path] ?? null;
        }
        const id = parseInt(record.data[name]);
        this.state.name = "";
        if (field?.type === "many2one" && id) {
            const names = await this.names.loadDisplayNames(field.relation, [id]);
            this.state.name = typeof names[id] === "string" ? names[id] : "";
        }
        this.state.field = field;
    }

    update(value) {
        return this.props.record.update({ [this.props.name]: value || false });
    }
}

registry.category("fields").add("integration_trigger_value", {
    component: IntegrationTriggerValue,
    displayName: _t("Value of a field"),
    supportedTypes: ["char"],
    fieldDependencies: [
        { name: "model_name", type: "char" },
        { name: "field_name", type: "char" },
        { name: "model_missing", type: "boolean" },
    ],
});
