//! Where something stands in a dashboard's file.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// The line and column, both from 1, of what a path such as `tiles[2].x` names, or of what would hold it.
pub(crate) fn place(text: &str, path: &str) -> Option<(u64, u64)> {
    let mut node: Node = serde_saphyr::from_str(text).ok()?;
    for step in path.split(['.', '[']).map(|step| step.trim_end_matches(']')) {
        let Some(next) = node.value.step(step) else { break };
        node = next;
    }
    Some((node.referenced.line(), node.referenced.column()))
}

type Node = Spanned<Content>;

/// A document with the places of its parts.
enum Content {
    Fields(Vec<(String, Node)>),
    Items(Vec<Node>),
    Other,
}

impl Content {
    fn step(self, name: &str) -> Option<Node> {
        match self {
            Self::Fields(fields) => fields.into_iter().find(|(key, _)| key == name).map(|(_, node)| node),
            Self::Items(items) => items.into_iter().nth(name.parse().ok()?),
            Self::Other => None,
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

/// Every scalar is only passed over.
macro_rules! scalars {
    ($($visit:ident: $kind:ty),*) => {
        $(fn $visit<E>(self, _: $kind) -> Result<Content, E> { Ok(Content::Other) })*
    };
}

impl<'de> Visitor<'de> for Reader {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a dashboard")
    }

    scalars!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut found = Vec::new();
        while let Some(item) = items.next_element()? {
            found.push(item);
        }
        Ok(Content::Items(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Content, A::Error> {
        let mut found = Vec::new();
        while let Some(key) = fields.next_key::<String>()? {
            found.push((key, fields.next_value()?));
        }
        Ok(Content::Fields(found))
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_path_leads_to_its_line_and_column() {
        let text = "title: Sales\ntiles:\n  - type: bar\n    x: county\n    options: {yAxis: {min: 5}}\n";
        assert_eq!(place(text, "title"), Some((1, 8)));
        assert_eq!(place(text, "tiles[0].x"), Some((4, 8)));
        assert_eq!(place(text, "tiles[0].options.yAxis.min"), Some((5, 28)));
        assert_eq!(place(text, "tiles[0].y").map(|(line, _)| line), Some(3));
        assert_eq!(place("a: [", "a"), None);
    }
}
