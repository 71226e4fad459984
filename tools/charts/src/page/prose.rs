//! Markdown as elements that a page may show: no raw HTML, no pictures from elsewhere.

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::{Value, json};

/// Markdown as the nodes of [`Block::Prose`](super::Block::Prose). HTML in it is shown as text.
pub fn prose(markdown: &str) -> Vec<Value> {
    let mut open: Vec<(Value, Vec<Value>)> = vec![(Value::Null, Vec::new())];
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(tag) => open.push((element(&tag), Vec::new())),
            Event::End(_) => close(&mut open),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => push(&mut open, json!(text.as_ref())),
            Event::Code(text) => push(&mut open, json!({ "tag": "code", "children": [text.as_ref()] })),
            Event::SoftBreak => push(&mut open, json!(" ")),
            Event::HardBreak => push(&mut open, json!({ "tag": "br" })),
            Event::Rule => push(&mut open, json!({ "tag": "hr" })),
            _ => {}
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|(_, children)| children).unwrap_or_default()
}

fn push(open: &mut [(Value, Vec<Value>)], node: Value) {
    if let Some((_, children)) = open.last_mut() {
        children.push(node);
    }
}

fn close(open: &mut Vec<(Value, Vec<Value>)>) {
    if let Some((mut node, children)) = open.pop() {
        node["children"] = children.into();
        push(open, node);
    }
}

/// The element of a tag; headings begin at the level below a tile's own.
fn element(tag: &Tag<'_>) -> Value {
    let name = match tag {
        Tag::Paragraph => "p",
        Tag::Heading { level, .. } => return json!({ "tag": format!("h{}", (*level as u8 + 1).clamp(2, 4)) }),
        Tag::BlockQuote(_) => "blockquote",
        Tag::CodeBlock(_) => "pre",
        Tag::List(Some(_)) => "ol",
        Tag::List(None) => "ul",
        Tag::Item => "li",
        Tag::Emphasis => "em",
        Tag::Strong => "strong",
        Tag::Strikethrough => "del",
        Tag::Table(_) => "table",
        Tag::TableHead | Tag::TableRow => "tr",
        Tag::TableCell => "td",
        Tag::Link { dest_url, .. } => return json!({ "tag": "a", "href": dest_url.as_ref() }),
        _ => "span",
    };
    json!({ "tag": name })
}

#[cfg(test)]
mod tests {
    use super::prose;
    use serde_json::json;

    #[test]
    fn markup_stays_text_and_text_keeps_its_form() {
        let nodes = prose("# Sales\n\n**bold** <img src=x onerror=alert(1)> and [here](https://a.example)");
        let expected = json!([
            { "tag": "h2", "children": ["Sales"] },
            { "tag": "p", "children": [
                { "tag": "strong", "children": ["bold"] }, " ", "<img src=x onerror=alert(1)>", " and ",
                { "tag": "a", "href": "https://a.example", "children": ["here"] },
            ] },
        ]);
        assert_eq!(json!(nodes), expected);
    }
}
