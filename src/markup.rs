//! SVG and HTML that is well-formed by construction: elements close in order, and text and
//! attributes are escaped, so that nothing from the wire becomes markup.
use std::fmt::{self, Display, Write as _};

/// A document that grows.
///
/// ```
/// use synack::markup::Markup;
///
/// let mut markup = Markup::new();
/// markup.open("g", &[("class", &"arrow")]);
/// markup.element("text", &[("x", &12)], "<script> & \u{202e}co");
/// markup.close();
/// assert_eq!(markup.finish(), "<g class=\"arrow\"><text x=\"12\">&lt;script&gt; &amp; \\u{202e}co</text></g>");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Markup {
    out: String,
    open: Vec<&'static str>,
}

/// An attribute: its name and value.
pub type Attribute<'a> = (&'static str, &'a dyn Display);

impl Markup {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    fn start(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.text(value);
            self.out.push('"');
        }
    }

    /// Opens an element.
    pub fn open(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.start(name, attributes);
        self.out.push('>');
        self.open.push(name);
    }

    /// Opens a drawing of its size, as an image that screen readers call by `label`.
    pub(crate) fn open_svg(&mut self, class: &str, width: i64, height: i64, label: Option<&str>) {
        let view = format!("0 0 {width} {height}");
        let mut attributes: Vec<Attribute<'_>> = vec![
            ("xmlns", &"http://www.w3.org/2000/svg"),
            ("class", &class),
            ("viewBox", &view),
            ("width", &width),
            ("height", &height),
            ("role", &"img"),
        ];
        attributes.extend(label.as_ref().map(|label| ("aria-label", label as &dyn Display)));
        self.open("svg", &attributes);
    }

    /// Closes the element opened last.
    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    /// An element without content, as SVG writes it.
    pub fn empty(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.start(name, attributes);
        self.out.push_str("/>");
    }

    /// An element that HTML knows as one without content (`br`, `meta`, `input`).
    pub fn void(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.start(name, attributes);
        self.out.push('>');
    }

    /// An element with nothing but text in it.
    pub fn element(&mut self, name: &'static str, attributes: &[Attribute<'_>], text: impl Display) {
        self.open(name, attributes);
        self.text(text);
        self.close();
    }

    /// Text, escaped.
    pub fn text(&mut self, text: impl Display) {
        // Writing to a string cannot fail.
        let _ = write!(Escaped(&mut self.out), "{text}");
    }

    /// Markup of our own, such as a style sheet: never anything that comes from outside.
    pub fn raw(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    /// A line's end, for people who read the source.
    pub fn newline(&mut self) {
        self.out.push('\n');
    }

    /// Closes what is open and gives the document.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }
}

/// Whether a character could act where text is shown: controls, and those that turn its direction
/// or hide (Unicode's bidirectional controls, zero-width characters, separators).
pub(crate) const fn acts(c: char) -> bool {
    c.is_ascii_control()
        || matches!(c,
            '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c if acts(c) => self.0.extend(c.escape_unicode()),
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_leaves_text_or_attribute() {
        for c in (0..0x3000).chain(0xfe00..=0xffff).chain(0xe_0000..0xe_0100).filter_map(char::from_u32) {
            let mut markup = Markup::new();
            markup.element("a", &[("b", &c)], c);
            let all = markup.finish();
            let inside = all.strip_prefix("<a b=\"").and_then(|rest| rest.strip_suffix("</a>")).unwrap();
            let (value, text) = inside.split_once("\">").unwrap();
            assert_eq!(value, text);
            assert!(!text.contains(['<', '>', '"', '\'']) && !text.contains(acts), "{all:?}");
            assert!(!text.contains('&') || text.ends_with(';'), "{all:?}");
        }
    }

    #[test]
    fn what_is_open_is_closed() {
        let mut markup = Markup::new();
        markup.open("a", &[]);
        markup.open("b", &[]);
        markup.empty("c", &[]);
        assert_eq!(markup.finish(), "<a><b><c/></b></a>");
        let mut markup = Markup::new();
        markup.close();
        assert_eq!(markup.finish(), "");
    }
}
