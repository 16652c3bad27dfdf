import { onMounted, onWillStart, onWillUnmount, status, useComponent, useState } from "@odoo/owl";
import { useBus, useService } from "@web/core/utils/hooks";
import { KeepLast } from "@web/core/utils/concurrency";

const CHANNEL = "integration.overview";
const SECONDS = 30;

/**
 * Data of a screen that stays up to date.
 *
 * It is loaded at the start, whenever the server says that something has changed, every 30 seconds
 * while the page is seen, and when it is seen again. What fails is tried again: the screen goes on
 * showing what it has, and says that it is old.
 *
 * @param {() => Promise<object>} load asks the server; quietly, unless it is the first time
 * @returns {{data: object|null, lost: boolean, reload: () => Promise<void>}}
 */
export function useLive(load) {
    const component = useComponent();
    const bus = useService("bus_service");
    const keepLast = new KeepLast();
    const live = useState({ data: null, lost: false, reload });
    let timer;

    async function reload() {
        try {
            const data = await keepLast.add(load());
            if (status(component) !== "destroyed") {
                Object.assign(live, { data, lost: false });
            }
        } catch (error) {
            if (!live.data) {
                throw error;
            }
            live.lost = true;
        }
    }

    const look = () => {
        if (!document.hidden) {
            reload();
        }
    };

    onWillStart(reload);
    onMounted(() => {
        bus.addChannel(CHANNEL);
        bus.subscribe(`${CHANNEL}/changed`, look);
        document.addEventListener("visibilitychange", look);
        timer = setInterval(look, SECONDS * 1000);
    });
    onWillUnmount(() => {
        clearInterval(timer);
        document.removeEventListener("visibilitychange", look);
        bus.unsubscribe(`${CHANNEL}/changed`, look);
        bus.deleteChannel(CHANNEL);
    });
    useBus(bus, "BUS:RECONNECT", look);
    return live;
}
