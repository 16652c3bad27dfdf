"""Finding Odoo 19: a tree that is already there, Debian's package, or a clone.

Odoo is not on PyPI. Debian's unstable suite carries the whole Community edition as the package
``odoo-19``; it is unpacked below our own folder and never installed, so that neither root
nor Debian unstable is needed.
"""

import shutil
from pathlib import Path

from setup import packages
from setup.console import SetupError, is_root, run, step
from setup.settings import Settings

SERIES = "19.0"
_PACKAGE = "odoo-19"
_CLONE = "https://github.com/odoo/odoo.git"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# The package reaches fonts and scripts through relative links into these packages.
_COMPANIONS = (
    "fonts-dejavu-core",
    "fonts-glyphicons-halflings",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "gsfonts",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
# Odoo uses the class names of Font Awesome 4.7; unstable has version 7, which lost them.
_FONT_AWESOME = ("fonts-font-awesome", "bookworm")
# Not in the package, yet asked for by mail's assets: without the file every browser tour
# ends on a console error. An empty one is enough, nothing calls it.
_MISSING_SCRIPT = Path("addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js")


def provide(settings: Settings) -> Path:
    """Return the folder that contains the ``odoo`` package, fetching it first if need be.

    :raises SetupError: ``ODOO_DIR`` is not Odoo 19, or Odoo cannot be fetched
    """
    if settings.odoo_dir:
        return _checked(settings.odoo_dir)
    target = settings.home / "odoo"
    unpacked = target / "usr/lib/python3/dist-packages"
    if unpacked.is_dir():
        return unpacked
    if target.is_dir():
        return _checked(target)
    # Made under another name and renamed when complete: an interrupted run leaves
    # nothing that the next one could mistake for Odoo.
    partial = settings.home / "odoo.partial"
    shutil.rmtree(partial, ignore_errors=True)
    mirror = _debian_mirror()
    if mirror:
        with step(f"Fetching Odoo {SERIES} (Debian package, 135 MB)"):
            _unpack_package(mirror, settings.home / "apt", partial)
        partial.rename(target)
        return unpacked
    _clone(partial)
    partial.rename(target)
    return target


def addons_paths(tree: Path) -> list[Path]:
    """Return the addons folders that a tree keeps outside its ``odoo`` package.

    A clone keeps most addons beside ``odoo/``; the Debian package has all of them inside.
    """
    beside = tree / "addons"
    return [beside] if (beside / "web" / "__manifest__.py").is_file() else []


def own_addons_paths(tree: Path) -> list[Path]:
    """Return all folders of Odoo's own addons."""
    return [tree / "odoo" / "addons", *addons_paths(tree)]


def _checked(tree: Path) -> Path:
    release = tree / "odoo" / "release.py"
    if not release.is_file():
        raise SetupError(f"{tree} holds no Odoo: {release} does not exist. Correct ODOO_DIR.")
    if "version_info = (19, 0," not in release.read_text(encoding="utf-8"):
        raise SetupError(f"{tree} is not Odoo {SERIES}: see version_info in {release}.")
    return tree


def _debian_mirror() -> str | None:
    """Return the address of the machine's own Debian mirror, or None on another system."""
    if not (packages.has("apt-get") and packages.has("dpkg-deb") and _KEYRING.is_file()):
        return None
    form = "$(ORIGIN)|$(LABEL)|$(REPO_URI)"
    for line in run(["apt-get", "indextargets", "--format", form]).splitlines():
        origin, label, address = line.split("|", 2)
        # The label tells the archive from its security updates, which have no unstable suite.
        if (origin, label) == ("Debian", "Debian"):
            return address
    # Before its first `apt-get update` a machine knows no origin, only addresses.
    if is_root():
        run(["apt-get", "update", "-q"])
        for line in run(["apt-get", "indextargets", "--format", form]).splitlines():
            origin, label, address = line.split("|", 2)
            if (origin, label) == ("Debian", "Debian"):
                return address
    return None


def _unpack_package(mirror: str, state: Path, target: Path) -> None:
    """Download and unpack the packages with an apt state of our own below ``state``."""
    apt = _private_apt(mirror, state)
    run(["apt-get", *apt, "update", "-q"])
    wanted = [f"{name}/sid" for name in (_PACKAGE, *_COMPANIONS)] + ["/".join(_FONT_AWESOME)]
    downloads = state / "downloads"
    shutil.rmtree(downloads, ignore_errors=True)
    downloads.mkdir()
    run(["apt-get", *apt, "download", *wanted], cwd=downloads)
    for archive in sorted(downloads.glob("*.deb")):
        run(["dpkg-deb", "-x", archive, target])
    shutil.rmtree(downloads)
    script = target / "usr/lib/python3/dist-packages/odoo" / _MISSING_SCRIPT
    script.parent.mkdir(parents=True, exist_ok=True)
    script.touch()


def _private_apt(mirror: str, state: Path) -> list[str]:
    """Return apt options for lists, cache and sources that leave the system's apt alone."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    sources = state / "sources.list"
    sources.write_text(
        "".join(f"deb [signed-by={_KEYRING}] {mirror} {s} main\n" for s in ("sid", "bookworm"))
    )
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::Lists": state / "lists",
        "Dir::Cache": state / "cache",
        # Root's apt would download as `_apt`, who may not be able to enter our folder.
        "APT::Sandbox::User": "root",
    }
    return [part for key, value in options.items() for part in ("-o", f"{key}={value}")]


def _clone(target: Path) -> None:
    if not packages.has("git"):
        packages.install("git", "to clone Odoo")
    try:
        with step(f"Cloning Odoo {SERIES} (about 1 GB)"):
            run(["git", "clone", "--quiet", "--depth=1", f"--branch={SERIES}", _CLONE, target])
    except SetupError as error:
        raise SetupError(
            f"Odoo {SERIES} could not be fetched. If you have it already, say where:"
            f" ODOO_DIR=/path/to/odoo make …\n{error}"
        ) from error
