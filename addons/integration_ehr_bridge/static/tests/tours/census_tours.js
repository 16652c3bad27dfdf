import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

/** Something that another person, or the feed, does meanwhile. */
const call = (model, method, ...args) =>
    rpc(`/web/dataset/call_kw/${model}/${method}`, { model, method, args, kwargs: {} });

const openMenu = (name) => [
    {
        content: "Open the menu",
        trigger: ".o_menu_sections button[data-menu-xmlid='integration_ehr_bridge.menu_census_patients']",
        run: "click",
    },
    {
        content: "Choose the screen",
        trigger: `.dropdown-item[data-menu-xmlid='integration_ehr_bridge.${name}']`,
        run: "click",
    },
];

const sayWhy = (reason) => [
    {
        content: "Why",
        trigger: ".modal .o_field_widget[name='reason'] input",
        run: `edit ${reason}`,
    },
    {
        content: "Enter it",
        trigger: ".modal button[name='action_enter']",
        run: "click",
    },
];

registry.category("web_tour.tours").add("integration_ehr_bridge_census", {
    steps: () => [
        {
            content: "The feed is silent, and what to do meanwhile",
            trigger: ".o_ehr_feed_notice:contains('Census feed'):contains('Call the desk')",
        },
        {
            content: "A bed of the ward with its visit",
            trigger: ".o_kanban_group:contains('W4') .o_ehr_bed_occupied:contains('V-1')",
        },
        {
            content: "It is called otherwise by somebody else",
            trigger: ".o_kanban_group:contains('W4') .o_ehr_bed_occupied:contains('V-1')",
            run: async () => {
                const domain = [["bed", "=", "2"], ["point_of_care", "=", "W4"]];
                const found = await call("ehr.location", "search", domain);
                await call("ehr.location", "write", found, { name: "Window" });
            },
        },
        {
            content: "That is seen without a click",
            trigger: ".o_kanban_group:contains('W4') .o_ehr_bed_occupied:contains('Window')",
            timeout: 30000,
        },
        {
            content: "A bed that was left",
            trigger: ".o_kanban_group:contains('W4') .o_ehr_bed_dirty",
        },
        ...openMenu("menu_ehr_housekeeping"),
        {
            content: "Begin to clean it",
            trigger: ".o_kanban_group .o_kanban_record button[name='action_start']",
            run: "click",
        },
        {
            content: "It is clean",
            trigger:
                ".o_kanban_record:has(.o_field_many2one_avatar_user) button[name='action_done']",
            run: "click",
        },
        {
            content: "Nothing is left to do",
            trigger: ".o_kanban_view:not(:has(.o_kanban_record button[name='action_done']))",
        },
        ...openMenu("menu_ehr_encounter"),
        {
            content: "Admit somebody by hand",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Where",
            trigger: ".o_field_widget[name='location_id'] input",
            run: "edit W4 / 401 / 1",
        },
        {
            content: "In the bed that was cleaned",
            trigger: ".o-autocomplete--dropdown-item:contains('W4 / 401 / 1')",
            run: "click",
        },
        {
            content: "Why",
            trigger: ".o_field_widget[name='hand_reason'] input",
            run: "edit feed down since 7:40",
        },
        {
            content: "Admit",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "The patient is there, and the visit waits for its number",
            trigger: ".o_form_view .alert:contains('without a visit number')",
        },
        {
            content: "Look at the history",
            trigger: ".o_notebook a.nav-link:contains('History')",
            run: "click",
        },
        {
            content: "The history has it",
            trigger: ".o_field_widget[name='move_ids'] .o_data_row:contains('feed down since 7:40')",
        },
        {
            content: "Something happens",
            trigger: "button[name='action_ask_hand_event']",
            run: "click",
        },
        {
            content: "A discharge",
            trigger: ".modal .o_field_widget[name='kind'] input[data-value='discharge']",
            run: "click",
        },
        {
            content: "Why",
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit feed still down",
        },
        {
            content: "Enter it",
            trigger: ".modal button[name='action_enter']",
            run: "click",
        },
        {
            content: "Discharged",
            trigger: ".o_form_view .o_statusbar_status .o_arrow_button_current:contains('Discharged')",
        },
        ...openMenu("menu_ehr_bed"),
        {
            content: "The bed is to be cleaned again",
            trigger: ".o_kanban_group:contains('W4') .o_ehr_bed_dirty",
        },
        {
            content: "Its lamp is broken",
            trigger: ".o_kanban_record:has(.o_ehr_bed_dirty)",
            run: "hover && click .o_kanban_record:has(.o_ehr_bed_dirty) .o_dropdown_kanban button",
        },
        {
            content: "Nobody is to have it",
            trigger: ".o-dropdown--menu .dropdown-item:contains('Close')",
            run: "click",
        },
        ...sayWhy("lamp broken"),
        {
            content: "It is closed, and somebody opens it",
            trigger: ".o_kanban_group:contains('W4') .o_ehr_bed_closed",
            run: "click",
        },
        {
            content: "Who closed it, and why",
            trigger: ".o_form_view .o_notebook a.nav-link:contains('Said by hand')",
            run: "click",
        },
        {
            content: "It stays with the bed",
            trigger: ".o_field_widget[name='bed_entry_ids'] .o_data_row:contains('lamp broken')",
        },
        {
            content: "The lamp is mended",
            trigger: "button[name='action_ask_free']",
            run: "click",
        },
        ...sayWhy("lamp mended, and clean"),
        {
            content: "It is free",
            trigger: ".o_form_view:not(:has(button[name='action_ask_free'])) .o_field_widget[name='bed_state']:contains('Free')",
        },
        {
            content: "That stays with the bed, too",
            trigger: ".o_field_widget[name='bed_entry_ids'] .o_data_row:contains('lamp mended')",
        },
    ],
});
