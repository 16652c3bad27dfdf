import { onWillStart, useEffect } from "@odoo/owl";

/** Compare when the widget is shown, and again when its form goes on to another record.
 *
 * The widget remembers the record that it has compared as `known`.
 */
export function useComparison(widget, compare) {
    onWillStart(compare);
    useEffect(
        (id) => {
            if (id !== widget.known) {
                compare();
            }
        },
        () => [widget.props.record.resId]
    );
}
