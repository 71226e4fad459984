//! A drawn dashboard becomes files, pictures and words.

use data_stack_charts::{Figure, Renderer, Size, Theme};
use data_stack_core::reply::Image;
use data_stack_core::{Ctx, NextAction, Reply, ResourceLink, Tool, ToolError, Warning, text};
use serde_json::{Value, json};

use super::types::{Input, Look, Output, Target, TileReport};
use super::{Drawn, RenderDashboard};
use crate::spec::Dashboard;
use crate::{compose, load};

/// Pictures in one answer.
const PICTURES: usize = 6;
/// Bytes of the summary.
pub(super) const SUMMARY: usize = 1_900;

/// What was drawn, as the call wants it.
pub(super) async fn finish(
    mut output: Output,
    drawn: Drawn,
    input: &Input,
    ctx: &Ctx,
    dashboard: &Dashboard,
    as_of: Option<&str>,
) -> Result<Reply<Output>, ToolError> {
    let summary = summary(&dashboard.title, &drawn.tiles, &output);
    output.tiles = drawn.tiles;
    let (links, images) = match input.target.unwrap_or_default() {
        Target::Html => {
            let html = compose::page(dashboard, drawn.pages, &output.parameters, as_of).html();
            (vec![ctx.ports.artifacts()?.put(&file_name(&dashboard.title, "html"), "text/html", html.as_bytes())?], Vec::new())
        }
        target => pictures(chosen(drawn.figures, input)?, target, input, ctx).await?,
    };
    output.files = links.iter().map(|link| link.path.clone()).collect();
    let mut reply = Reply::new(output, summary);
    for link in &links {
        reply.summary = format!("{}\nFile: {}", reply.summary, link.path);
    }
    reply.warnings = reply
        .data
        .findings
        .iter()
        .map(|finding| Warning { code: "lint".into(), message: format!("{}: {}", finding.path, finding.message) })
        .collect();
    (reply.links, reply.images) = (links, images);
    Ok(reply)
}

/// The figures that are drawn as pictures.
fn chosen(figures: Vec<Figure>, input: &Input) -> Result<Vec<Figure>, ToolError> {
    let titles: Vec<String> = figures.iter().map(|figure| figure.title.clone()).collect();
    let wanted = |figure: &Figure| input.tile.as_ref().is_none_or(|title| figure.title == *title);
    let found: Vec<Figure> = figures.into_iter().filter(wanted).take(PICTURES).collect();
    if found.is_empty() {
        let message = "no chart of the dashboard fits";
        return Err(ToolError::invalid("tile", message, "Name a chart by its title, or ask for `html`.").valid(titles));
    }
    Ok(found)
}

async fn pictures(figures: Vec<Figure>, target: Target, input: &Input, ctx: &Ctx) -> Result<(Vec<ResourceLink>, Vec<Image>), ToolError> {
    let size = Size { width: input.width.unwrap_or(800), height: input.height.unwrap_or(450), ..Size::default() };
    let theme = if input.theme == Some(Look::Dark) { Theme::Dark } else { Theme::Light };
    let control = ctx.control.clone();
    let work = move || {
        let one = |figure: Figure| {
            let picture = Renderer::shared().draw(&figure, size, theme, &control)?;
            let bytes = if target == Target::Png { picture.png(size.scale)? } else { picture.svg.into_bytes() };
            Ok((figure, bytes))
        };
        figures.into_iter().map(one).collect::<Result<Vec<_>, ToolError>>()
    };
    let drawn = tokio::task::spawn_blocking(work).await.map_err(|error| ToolError::internal(format!("drawing stopped: {error}")))??;
    let (ending, mime_type) = if target == Target::Png { ("png", "image/png") } else { ("svg", "image/svg+xml") };
    let mut links = Vec::new();
    let mut images = Vec::new();
    for (figure, bytes) in drawn {
        links.push(ctx.ports.artifacts()?.put(&file_name(&figure.title, ending), mime_type, &bytes)?);
        if target == Target::Png {
            images.push(Image { mime_type: mime_type.to_owned(), bytes, alt: figure.alt });
        }
    }
    Ok((links, images))
}

fn file_name(title: &str, ending: &str) -> String {
    let plain: String = title.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let plain = plain.trim_matches('-');
    format!("{}.{ending}", if plain.is_empty() { "dashboard" } else { plain })
}

fn summary(title: &str, tiles: &[TileReport], output: &Output) -> String {
    let mut words = format!("{title}: {} tiles.", tiles.len());
    for line in output.why.iter().chain(tiles.iter().map(|tile| &tile.alt)) {
        if words.len() + line.len() > SUMMARY - 400 {
            break;
        }
        words = format!("{words}\n{line}");
    }
    text::clean(&words, SUMMARY)
}

/// Keeps the specification, and says how it differs from what was there.
pub(super) fn keep(reply: &mut Reply<Output>, name: &str, dashboard: &Dashboard, ctx: &Ctx) -> Result<(), ToolError> {
    let store = ctx.ports.dashboards()?;
    if store.list()?.iter().any(|one| one.name == name) {
        // A file that cannot be read as a dashboard is replaced as a whole.
        let before = store.read(name).and_then(|text| load::of_yaml(&text, name)).map_or(Value::Null, |before| json!(before));
        load::changes(&before, &json!(dashboard), "dashboard", &mut reply.data.changes);
    }
    let stored = store.write(name, &load::to_yaml(dashboard)?)?;
    reply.summary = format!("{}\nSpecification: {}", reply.summary, stored.path);
    reply.data.stored = Some(stored);
    reply.next_actions.push(NextAction {
        tool: RenderDashboard::SPEC.name.into(),
        arguments: json!({ "dashboard": name }),
        why: "Renders it again with the data of then.".into(),
    });
    Ok(())
}
