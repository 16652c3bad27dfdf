import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { registry } from "@web/core/registry";

/**
 * Sends the version that the form had loaded along with every save, so that
 * the server can refuse to overwrite what somebody else saved meanwhile.
 */
export class InterfaceFormController extends FormController {
    async onWillSaveRecord(record, changes) {
        if (record.resId && Object.keys(changes).length) {
            changes.lock_version = record.data.lock_version;
        }
        return super.onWillSaveRecord(...arguments);
    }
}

registry.category("views").add("integration_interface_form", {
    ...formView,
    Controller: InterfaceFormController,
});
