//! How large the schema's answers about itself are: its lists are not in pages, and nest.

use juniper::meta::MetaType;

/// The lists of an introspection that can be nested without end.
const ENDLESS: [&str; 4] = ["fields", "interfaces", "possibleTypes", "inputFields"];

/// About how many entries each list has. The product over nested lists is what counts: the schema has more types than
/// this with fewer fields each.
const SIZES: [(&str, &str, u64); 9] = [
    ("__Schema", "types", 100),
    ("__Schema", "directives", 6),
    ("__Type", "fields", 20),
    ("__Type", "inputFields", 10),
    ("__Type", "enumValues", 10),
    ("__Type", "possibleTypes", 4),
    ("__Type", "interfaces", 2),
    ("__Field", "args", 5),
    ("__Directive", "args", 2),
];

/// One for so many fields of an introspection: they come from memory.
pub(super) const SHARE: u64 = 10;

/// Whether a root field asks the schema about itself.
pub(super) fn is_root(field: &str) -> bool {
    matches!(field, "__schema" | "__type")
}

/// Whether a field is one of the lists that can be nested without end.
pub(super) fn is_endless(parent: &MetaType, field: &str) -> bool {
    name(parent).starts_with("__") && ENDLESS.contains(&field)
}

/// About how many entries a list has; `None` for what is none.
pub(super) fn size(parent: &MetaType, field: &str) -> Option<u64> {
    let parent = name(parent);
    let known = SIZES.iter().find(|(of, list, _)| *of == parent && *list == field);
    known.map(|(_, _, size)| *size)
}

fn name(of: &MetaType) -> &str {
    of.name().map_or("", AsRef::as_ref)
}
