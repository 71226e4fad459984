//! SVG to PNG, with the bundled font: the same picture on every machine.

use std::sync::{Arc, OnceLock};

use data_stack_core::{Code, ToolError};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use ttf_parser::Face;

/// DejaVu Sans: Latin, Greek, Cyrillic, Arabic, Hebrew and many signs.
const FONT: &[u8] = include_bytes!("../../vendor/dejavu/DejaVuSans.ttf");
/// The font's family.
const FAMILY: &str = "DejaVu Sans";
/// Most pixels of a picture.
const PIXELS: f32 = 64e6;

/// How wide a line of text is at a size, both in pixels.
pub(super) fn width(text: &str, size: f64) -> f64 {
    static FACE: OnceLock<Option<Face<'static>>> = OnceLock::new();
    let Some(face) = FACE.get_or_init(|| Face::parse(FONT, 0).ok()) else { return text.chars().count() as f64 * size * 0.6 };
    let units = f64::from(face.units_per_em());
    let advance = |c: char| face.glyph_index(c).and_then(|glyph| face.glyph_hor_advance(glyph)).map_or(0.6 * units, f64::from);
    text.chars().map(advance).sum::<f64>() / units * size
}

/// What stands in an SVG and the bundled font cannot write, such as Chinese characters or emoji: some of it, empty for nothing. An
/// open font with all of Unicode has more bytes than everything else of this program.
pub fn unwritable(svg: &str) -> String {
    let Ok(face) = Face::parse(FONT, 0) else { return String::new() };
    let missing: std::collections::BTreeSet<char> =
        svg.chars().filter(|c| !c.is_ascii() && !c.is_control() && !is_mark(*c) && face.glyph_index(*c).is_none()).collect();
    missing.into_iter().take(12).collect()
}

/// Joiners and directions, which have no shape of their own.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn fonts() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let load = || {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(FONT.to_vec());
        fonts.set_sans_serif_family(FAMILY);
        fonts.set_serif_family(FAMILY);
        fonts.set_monospace_family(FAMILY);
        Arc::new(fonts)
    };
    Arc::clone(FONTS.get_or_init(load))
}

/// The picture as PNG, with so many pixels for each unit.
pub(super) fn png(svg: &str, scale: f32) -> Result<Vec<u8>, ToolError> {
    let broken = |error: String| ToolError::internal(format!("the picture cannot be painted: {error}"));
    let options = Options { fontdb: fonts(), font_family: FAMILY.to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| broken(error.to_string()))?;
    let size = tree.size();
    let (width, height) = ((size.width() * scale).round(), (size.height() * scale).round());
    if !(1.0..=PIXELS).contains(&(width * height)) {
        let message = format!("a picture of {width} × {height} pixels is too large");
        return Err(ToolError::new(Code::Limit, message, "Ask for a smaller size or scale."));
    }
    let mut pixels = Pixmap::new(width as u32, height as u32).ok_or_else(|| broken("no memory for its pixels".into()))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| broken(error.to_string()))
}
