import { waitFor } from "@odoo/hoot-dom";
import { stepUtils } from "@web_tour/tour_utils";

// Steps that tours of the suite share. A step waits until its trigger is there: where two screens look
// alike, a step in between names what only the second one has.

const OVERVIEW = ".o_menu_sections [data-menu-xmlid='integration_core.menu_overview']";
const MONITORING = ".o_menu_sections [data-menu-xmlid='integration_monitoring.menu_monitoring']";
const CARDS = "[data-menu-xmlid='integration_monitoring.menu_cards']";

/** Opens the cards of the interfaces. Where monitoring is installed, they stand in its menu. */
export const openCards = () => ({
    content: "Open the cards of the interfaces",
    trigger: `${OVERVIEW}, ${MONITORING}`,
    async run({ click }) {
        if (document.querySelector(OVERVIEW)) {
            await click(OVERVIEW);
        } else {
            await click(MONITORING);
            await click(await waitFor(CARDS, { visible: true, timeout: 5000 }));
        }
    },
});

export const openApp = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "Open the Integrations app",
        trigger: ".o_app[data-menu-xmlid='integration_core.menu_root']",
        run: "click",
    },
    openCards(),
    {
        content: "The overview shows interfaces as cards",
        trigger: ".o_integration_overview .o_kanban_record",
    },
];

/** Opens an entry of the menu bar, and waits for the screen of that name. */
export const openMenu = (name, title) => [
    {
        content: `Open ${title}`,
        trigger: `.o_menu_sections [data-menu-xmlid='integration_core.${name}']`,
        run: "click",
    },
    inScreen(title),
];

/** The same for an entry below a heading of the menu bar. */
export const openSubmenu = (heading, name, title) => [
    {
        content: `Open the menu of ${title}`,
        trigger: `.o_menu_sections [data-menu-xmlid='integration_core.${heading}']`,
        run: "click",
    },
    {
        content: `Open ${title}`,
        trigger: `.dropdown-item[data-menu-xmlid='integration_core.${name}']`,
        run: "click",
    },
    inScreen(title),
];

export const inScreen = (title) => ({
    content: `${title} is open`,
    trigger: `.o_breadcrumb .o_last_breadcrumb_item:contains('${title}')`,
});

export const openNew = () => [
    {
        content: "Make a new one",
        trigger: ".o_list_button_add",
        run: "click",
    },
    {
        content: "An empty form",
        trigger: ".o_form_view .o_form_editable",
    },
];

export const press = (name, content) => ({
    content,
    trigger: `.o_form_statusbar button[name='${name}']:enabled`,
    run: "click",
});

export const confirm = () => ({
    content: "Confirm",
    trigger: ".modal-footer button.btn-primary",
    run: "click",
});

export const reaches = (state) => ({
    content: `It is ${state}`,
    trigger: `.o_statusbar_status button[data-value='${state}'].o_arrow_button_current`,
});

/**
 * Chooses a record in a field of a form that searches while one types.
 *
 * The list of proposals closes when the form takes over an answer of the server to an earlier change.
 * A person types once more then, and so does this. Panels of our own have no such answers to wait
 * for: there, the list has to stay open the first time.
 */
export const choose = (field, text, typed = text) => {
    const input = `.o_field_widget[name='${field}'] input`;
    // Not the entry that would create another one of that name.
    const proposal = `.o_field_widget[name='${field}'] .o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option) .dropdown-item:contains('${text}')`;
    return {
        content: `Choose “${text}”`,
        trigger: input,
        timeout: 30000,
        async run({ edit, click }) {
            for (let attempt = 1; ; attempt++) {
                await edit(typed, input);
                try {
                    await click(await waitFor(proposal, { visible: true, timeout: 5000 }));
                    return;
                } catch (error) {
                    if (attempt === 4) {
                        throw error;
                    }
                }
            }
        },
    };
};

/** Gives a reason in the dialog that asks for one. */
export const giveReason = (text) => [
    {
        content: "Say why",
        trigger: ".modal .o_field_widget[name='reason'] textarea",
        run: `edit ${text}`,
    },
    {
        content: "Confirm",
        trigger: ".modal footer button[name='action_confirm']",
        run: "click",
    },
    {
        content: "The dialog is closed",
        trigger: "body:not(:has(.modal))",
    },
];

/** Replaces the text of a code field, which the form takes over when the editor is left. */
export const writeCode = (field, text) => ({
    content: `Write the ${field}`,
    trigger: `.o_field_widget[name='${field}'] .ace_editor`,
    run() {
        const editor = window.ace.edit(this.anchor);
        editor.focus();
        editor.setValue(text, 1);
    },
});
