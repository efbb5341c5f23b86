"""Numbers in paths."""

from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.routing import IntegerConverter, Map


class IdConverter(IntegerConverter):
    """A number that fits into the databases' ids; any other is not found."""

    def __init__(self, map: Map) -> None:  # noqa: A002  werkzeug's name
        super().__init__(map, min=1, max=(1 << 63) - 1)


def know_ids(state: BlueprintSetupState) -> None:
    """Let the routes that a blueprint adds after this say `<id:thread_id>`."""
    state.app.url_map.converters["id"] = IdConverter
