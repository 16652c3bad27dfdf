import { registry } from "@web/core/registry";
import { everythingIsReadable, groundOf, luminance } from "./looks";

const screens = () => [
    everythingIsReadable("The overview", ".o_im_overview .o_im_card:contains('Tour orders')"),
    {
        content: "Open the interface",
        trigger: ".o_im_card:contains('Tour orders') .o_im_card_name",
        run: "click",
    },
    {
        content: "Its charts are drawn",
        trigger: ".o_im_interface [data-chart='age'] canvas",
    },
    everythingIsReadable("The page of an interface", ".o_im_interface .o_im_marks"),
];

registry.category("web_tour.tours").add("integration_monitoring_light", { steps: screens });

registry.category("web_tour.tours").add("integration_monitoring_dark", {
    steps: () => [
        {
            content: "It is dark indeed",
            trigger: ".o_im_overview .o_im_body",
            run() {
                const ground = luminance(groundOf(this.anchor));
                if (ground > 0.1) {
                    throw new Error(`The ground is light: ${ground}`);
                }
            },
        },
        ...screens(),
    ],
});
