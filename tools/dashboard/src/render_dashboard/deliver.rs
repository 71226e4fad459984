//! A drawn dashboard becomes files, pictures and words.

use std::collections::BTreeMap;

use data_stack_charts::{Figure, Page, Renderer, Size, Theme, unwritable};
use data_stack_core::ports::dashboards::App;
use data_stack_core::reply::Image;
use data_stack_core::{Ctx, NextAction, Reply, Tool, ToolError, Warning, text};
use serde_json::{Value, json};

use super::RenderDashboard;
use super::draw::Drawn;
use super::types::{Input, Look, Output, Target, TileReport};
use crate::spec::Dashboard;
use crate::{compose, export, load};

/// Pictures in one answer.
const PICTURES: usize = 6;
/// Bytes of the summary.
pub(super) const SUMMARY: usize = 1_900;
/// Bytes of a page that an answer carries to an app.
const CARRIED: usize = 700_000;

/// What the files are made of, beside the tiles.
pub(super) struct Made<'a> {
    pub(super) dashboard: &'a Dashboard,
    /// The statements of the data sets.
    pub(super) sets: &'a BTreeMap<String, String>,
    pub(super) as_of: Option<&'a str>,
}

/// What was drawn, as the call wants it.
pub(super) async fn finish(output: Output, drawn: Drawn, input: &Input, ctx: &Ctx, made: &Made<'_>) -> Result<Reply<Output>, ToolError> {
    let summary = summary(&made.dashboard.title, &drawn.tiles, &output);
    let mut reply = Reply::new(Output { tiles: drawn.tiles.clone(), ..output }, summary);
    let target = input.target.unwrap_or_default();
    if let Some(app) = target.published() {
        publish(&mut reply, app, input, ctx, made)?;
    } else if matches!(target, Target::Html | Target::App) {
        let page = compose::page(made.dashboard, drawn.pages, &reply.data.parameters, made.as_of, &drawn.data);
        show(&mut reply, &page, target, ctx, made)?;
    } else {
        pictures(&mut reply, chosen(drawn.figures, input)?, target, input, ctx).await?;
    }
    reply.data.files.extend(reply.links.iter().map(|link| link.path.clone()));
    for file in &reply.data.files {
        reply.summary = format!("{}\nFile: {file}", reply.summary);
    }
    let lint = |finding: &crate::lint::Finding| Warning { code: "lint".into(), message: format!("{}: {}", finding.path, finding.message) };
    reply.warnings.extend(reply.data.findings.iter().map(lint));
    Ok(reply)
}

/// The page as a file, or carried to the client's app.
fn show(reply: &mut Reply<Output>, page: &Page, target: Target, ctx: &Ctx, made: &Made<'_>) -> Result<(), ToolError> {
    if target == Target::App {
        let mut content =
            serde_json::to_value(page).map_err(|error| ToolError::internal(format!("the page cannot be written: {error}")))?;
        if content.to_string().len() <= CARRIED {
            // What the app calls with other values.
            content["again"] = json!({ "spec": made.dashboard });
            reply.app = Some(content);
            return Ok(());
        }
        let message = "the page is too large for the client's app and was written as a file";
        reply.warnings.push(Warning { code: "too_large".into(), message: message.into() });
    }
    reply.links.push(ctx.ports.artifacts()?.put(&file_name(&page.title, "html"), "text/html", page.html().as_bytes())?);
    Ok(())
}

/// Pages of an app of the workspace.
fn publish(reply: &mut Reply<Output>, app: App, input: &Input, ctx: &Ctx, made: &Made<'_>) -> Result<(), ToolError> {
    let name = input.save_as.clone().or_else(|| input.dashboard.clone()).unwrap_or_else(|| slug(&made.dashboard.title, '_'));
    let source = export::Source { name: &name, dashboard: made.dashboard, sets: made.sets, values: &reply.data.parameters };
    let files = export::files(app, &source)?;
    reply.data.files = ctx.ports.dashboards()?.publish(app, &files)?;
    Ok(())
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

async fn pictures(reply: &mut Reply<Output>, figures: Vec<Figure>, target: Target, input: &Input, ctx: &Ctx) -> Result<(), ToolError> {
    let size = Size { width: input.width.unwrap_or(800), height: input.height.unwrap_or(450), ..Size::default() };
    let theme = if input.theme == Some(Look::Dark) { Theme::Dark } else { Theme::Light };
    let control = ctx.control.clone();
    let work = move || {
        let one = |figure: Figure| {
            let drawn = Renderer::shared().draw(&figure, size, theme, &control);
            let picture = drawn.map_err(|error| if error.field.as_deref() == Some("size") { error.at("width") } else { error })?;
            let missing = if target == Target::Png { unwritable(&picture.svg) } else { String::new() };
            let bytes = if target == Target::Png { picture.png(size.scale)? } else { picture.svg.into_bytes() };
            Ok((figure, bytes, missing))
        };
        figures.into_iter().map(one).collect::<Result<Vec<_>, ToolError>>()
    };
    let drawn = tokio::task::spawn_blocking(work).await.map_err(|error| ToolError::internal(format!("drawing stopped: {error}")))??;
    let (ending, mime_type) = if target == Target::Png { ("png", "image/png") } else { ("svg", "image/svg+xml") };
    for (figure, bytes, missing) in drawn {
        reply.links.push(ctx.ports.artifacts()?.put(&file_name(&figure.title, ending), mime_type, &bytes)?);
        if !missing.is_empty() {
            let message = format!("the picture's font has no {missing}: `html` and `svg` are shown with the reader's fonts, which may");
            reply.warnings.push(Warning { code: "font".into(), message });
        }
        if target == Target::Png {
            reply.images.push(Image { mime_type: mime_type.to_owned(), bytes, alt: figure.alt });
        }
    }
    Ok(())
}

/// A title as a plain name.
pub(crate) fn slug(title: &str, between: char) -> String {
    let plain: String = title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { between }).collect();
    let parts: Vec<&str> = plain.split(between).filter(|part| !part.is_empty()).collect();
    let plain = parts.join(&between.to_string());
    if plain.is_empty() { "dashboard".to_owned() } else { plain.chars().take(60).collect() }
}

fn file_name(title: &str, ending: &str) -> String {
    format!("{}.{ending}", slug(title, '-'))
}

/// How many tiles, in words.
pub(super) fn counted(tiles: usize) -> String {
    if tiles == 1 { "1 tile".to_owned() } else { format!("{tiles} tiles") }
}

fn summary(title: &str, tiles: &[TileReport], output: &Output) -> String {
    let mut words = format!("{title}: {}.", counted(tiles.len()));
    let poor = tiles.iter().flat_map(|tile| &tile.failed_checks);
    for line in poor.chain(&output.why).chain(tiles.iter().map(|tile| &tile.alt)) {
        if words.len() + line.len() > SUMMARY - 400 {
            break;
        }
        words = format!("{words}\n{line}");
    }
    text::clean(&words, SUMMARY)
}

/// How the dashboard differs from what is kept under the name.
pub(super) fn changes(name: &str, dashboard: &Dashboard, ctx: &Ctx) -> Result<Vec<String>, ToolError> {
    let store = ctx.ports.dashboards()?;
    let mut found = Vec::new();
    if store.list()?.iter().any(|one| one.name == name) {
        // A file that cannot be read as a dashboard is replaced as a whole.
        let before = store.read(name).and_then(|text| load::of_yaml(&text, name)).map_or(Value::Null, |before| json!(before));
        load::changes(&before, &json!(dashboard), "dashboard", &mut found);
    }
    Ok(found)
}

/// Keeps the specification.
pub(super) fn keep(reply: &mut Reply<Output>, name: &str, dashboard: &Dashboard, ctx: &Ctx) -> Result<(), ToolError> {
    let stored = ctx.ports.dashboards()?.write(name, &load::to_yaml(dashboard)?)?;
    reply.summary = format!("{}\nSpecification: {}", reply.summary, stored.path);
    reply.data.stored = Some(stored);
    reply.next_actions.push(NextAction {
        tool: RenderDashboard::SPEC.name.into(),
        arguments: json!({ "dashboard": name }),
        why: "Renders it again with the data of then.".into(),
    });
    Ok(())
}
