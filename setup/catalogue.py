"""The catalogue of events and messages of addons, made from their contracts.

Read from the data files, so that it needs no Odoo: what stands there is what gets installed.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

_TAG = re.compile(r"<[^>]+>")
_HANDLER = re.compile(
    r'_name = "(integration\.handler\.\w+)".*?_description = "([^"]+)".*?_contract = "([^"]+)"',
    re.S,
)


@dataclass
class Contract:
    """A contract with its newest version."""

    code: str
    name: str
    description: str
    version: str = ""
    schema: dict = field(default_factory=dict)
    example: str = ""
    events: list["EventType"] = field(default_factory=list)
    handlers: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class EventType:
    """An entry of the catalogue of events."""

    code: str
    name: str
    description: str
    contract: str


def read(addons: Path, names: Iterable[str]) -> list[Contract]:
    """All contracts of some addons with their newest versions, events and handlers."""
    contracts: dict[str, Contract] = {}
    codes: dict[str, str] = {}
    events: list[tuple[str, EventType]] = []
    for addon in names:
        for path in sorted((addons / addon / "data").glob("*.xml")):
            for record in ElementTree.parse(path).getroot().iter("record"):
                _take(addon, record, contracts, codes, events)
        for path in sorted((addons / addon / "models").glob("*.py")):
            for _name, description, code in _HANDLER.findall(path.read_text()):
                if code in contracts:
                    contracts[code].handlers.append(description)
    for reference, event in events:
        contracts[codes[reference]].events.append(event)
    return sorted(contracts.values(), key=lambda one: one.code)


def _take(
    addon: str,
    record: ElementTree.Element,
    contracts: dict[str, Contract],
    codes: dict[str, str],
    events: list[tuple[str, EventType]],
) -> None:
    values = {one.get("name", ""): one for one in record.iter("field")}
    identifier = _qualified(addon, record.get("id", ""))
    match record.get("model"):
        case "integration.contract":
            code = _text(values["code"])
            codes[identifier] = code
            description = _text(values["description"]) if "description" in values else ""
            contracts[code] = Contract(code, _text(values["name"]), description)
        case "integration.contract.version":
            contract = contracts[codes[_qualified(addon, values["contract_id"].get("ref", ""))]]
            version = _text(values["version"])
            if _numbers(version) > _numbers(contract.version):
                contract.version = version
                contract.schema = json.loads(values["schema"].text or "{}")
                contract.example = (values["example"].text or "").strip()
        case "integration.event.type":
            reference = _qualified(addon, values["contract_id"].get("ref", ""))
            event = EventType(
                _text(values["code"]),
                _text(values["name"]),
                _text(values["description"]),
                reference,
            )
            events.append((reference, event))


def _qualified(addon: str, identifier: str) -> str:
    return identifier if "." in identifier else f"{addon}.{identifier}"


def _text(element: ElementTree.Element) -> str:
    text = "".join(element.itertext())
    return " ".join(_TAG.sub("", text).split())


def _numbers(version: str) -> Sequence[int]:
    return [int(part) for part in version.split(".")] if version else []


# -- markdown ------------------------------------------------------------------------------------


def render(contracts: Iterable[Contract]) -> str:
    """The catalogue as Markdown: a table of all, then each contract with an example."""
    contracts = list(contracts)
    out = [
        "### Events that Odoo tells",
        "",
        "| event | when | contract |",
        "|---|---|---|",
    ]
    events = sorted(
        ((event, contract) for contract in contracts for event in contract.events),
        key=lambda pair: pair[0].code,
    )
    out += [
        f"| `{event.code}` | {_cell(event.description or event.name)} | {_link(contract)} |"
        for event, contract in events
    ]
    out += ["", "### Messages that Odoo takes", "", "| message | what Odoo does | contract |"]
    out += ["|---|---|---|"]
    out += [
        f"| {_cell(contract.name)} | {_cell(handler)} | {_link(contract)} |"
        for contract in contracts
        for handler in contract.handlers
    ]
    out.append("")
    for contract in contracts:
        out += _section(contract)
    return "\n".join(out)


def _section(contract: Contract) -> list[str]:
    fields = [
        f"`{name}`" + ("" if name in contract.schema.get("required", ()) else " (optional)")
        for name in contract.schema.get("properties", {})
    ]
    return [
        f"### {contract.code} {contract.version}",
        "",
        contract.description,
        "",
        f"Fields: {', '.join(fields)}.",
        "",
        "```json",
        json.dumps(json.loads(contract.example), indent=2, ensure_ascii=False),
        "```",
        "",
    ]


def _link(contract: Contract) -> str:
    anchor = re.sub(r"[^\w -]", "", f"{contract.code} {contract.version}".lower()).replace(" ", "-")
    return f"[{contract.code} {contract.version}](#{anchor})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
