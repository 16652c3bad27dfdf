"""What the addons ship and people rely on, with its state, as it stands in a database."""

from tests.harness import Database

#: Models whose records are of use only in a certain state.
_TABLES = {
    "integration.contract.version": "integration_contract_version",
    "integration.mapping": "integration_mapping",
    "integration.routing": "integration_routing",
    "integration.value.map.line": "integration_value_map_line",
}
_STATES = """
    SELECT d.module || '.' || d.name AS name, coalesce(r.state, 'missing') AS state
      FROM ir_model_data d LEFT JOIN {table} r ON r.id = d.res_id
     WHERE d.model = %s AND d.module LIKE 'integration\\_%%'
"""
# Lines of shipped value maps have no name of their own.
_LINES = """
    SELECT concat_ws(' ', d.module || '.' || d.name, l.source, '->', l.target) AS name, l.state
      FROM ir_model_data d JOIN integration_value_map_line l ON l.map_id = d.res_id
     WHERE d.model = 'integration.value.map' AND d.module LIKE 'integration\\_%'
"""


def states(database: Database) -> dict[str, str]:
    """State of each shipped mapping, routing, version of a contract and line of a value map."""
    rows = database.sql(_LINES)
    for model, table in _TABLES.items():
        rows += database.sql(_STATES.format(table=table), [model])
    return {row["name"]: row["state"] for row in rows}
