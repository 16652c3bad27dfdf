import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const chooseEvent = () => [
    {
        // What was typed elsewhere is taken over first, which draws the form anew.
        content: "Go where events are chosen",
        trigger: ".o_integration_filter_try input",
        run: "click",
    },
    {
        content: "Choose an event",
        trigger: ".o_integration_filter_try input",
        run: "edit Country",
    },
    {
        content: "A recent one",
        trigger: ".o_integration_filter_try .dropdown-item:contains('Country got its phone code')",
        run: "click",
    },
];

const tryIt = () => ({
    content: "Try the filter",
    trigger: ".o_integration_filter_run:enabled",
    run: "click",
});

registry.category("web_tour.tours").add("integration_core_try_filter", {
    steps: () => [
        {
            content: "Only some events",
            trigger: ".o_field_widget[name='event_filter'] textarea",
            run: "edit data.key == 'Zedland'",
        },
        ...chooseEvent(),
        tryIt(),
        {
            content: "This one would be sent, and its content is shown",
            trigger: ".o_integration_filter_try .alert-success",
        },
        {
            content: "What the filter saw",
            trigger: ".o_integration_filter_try pre:contains('Zedland')",
        },
        {
            content: "Another condition",
            trigger: ".o_field_widget[name='event_filter'] textarea",
            run: "edit data.key == 'Other'",
        },
        tryIt(),
        {
            content: "It would be left out",
            trigger: ".o_integration_filter_try .alert-info",
        },
        {
            content: "A mistake",
            trigger: ".o_field_widget[name='event_filter'] textarea",
            run: "edit country == 'Other'",
        },
        tryIt(),
        {
            content: "It is explained",
            trigger: ".o_integration_filter_try .alert-danger:contains('begin with data')",
        },
        {
            content: "The first one it is",
            trigger: ".o_field_widget[name='event_filter'] textarea",
            run: "edit data.key == 'Zedland'",
        },
        ...stepUtils.saveForm(),
    ],
});

registry.category("web_tour.tours").add("integration_core_catalogue", {
    steps: () => [
        {
            content: "The page for subscribers",
            trigger: ".o_notebook a[name='catalogue']",
            run: "click",
        },
        {
            content: "The schema",
            trigger: ".o_field_widget[name='catalogue_schema']:contains('required')",
        },
        {
            content: "Who takes it",
            trigger: ".o_field_widget[name='interface_ids'] .o_data_row:contains('Outbound')",
        },
    ],
});
