"""What a question costs at Shopify, in points: an object 1, a connection 2 and its size times what one node costs, a
mutation 10. Shopify's own sum is lower for connections, so what passes here passes there."""

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

_MUTATION = 10
_FREE = ("__typename", "pageInfo", "userErrors", "orderCancelUserErrors")


class _Count:
    """Adds up one document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> None:
        self._schema, self._variables = schema, variables
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }

    def of(self, selections: SelectionSetNode | None, parent: Any) -> int:
        """The points of what is selected in `parent`."""
        points = 0
        for one in selections.selections if selections else ():
            if isinstance(one, FieldNode):
                points += self._field(one, parent)
                continue
            fragment = self._fragments[one.name.value] if isinstance(one, FragmentSpreadNode) else one
            named = fragment.type_condition
            points += self.of(
                fragment.selection_set, self._schema.type_map[named.name.value] if named else parent
            )
        return points

    def _field(self, node: FieldNode, parent: Any) -> int:
        name = node.name.value
        kind = None if name in _FREE else get_named_type(parent.fields[name].type)
        if kind is None or is_leaf_type(kind):
            return 0
        words = {word.name.value: self._value(word.value) for word in node.arguments or ()}
        inside = self.of(node.selection_set, kind)
        if parent is self._schema.mutation_type:
            return _MUTATION + inside
        if kind.name.endswith("Connection"):
            return 2 + words["first"] * inside
        size: int = words.get("first", len(words["ids"]) if "ids" in words else 1)
        return size * (1 + inside)

    def _value(self, node: Any) -> Any:
        if isinstance(node, VariableNode):
            return self._variables.get(node.name.value)
        return int(node.value) if isinstance(node, IntValueNode) else None


def cost(schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> int:
    """The points of a document with one operation."""
    [operation] = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    root = schema.query_type if operation.operation.value == "query" else schema.mutation_type
    return _Count(schema, document, variables).of(operation.selection_set, root)
