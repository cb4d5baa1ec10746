//! Ladders as SVG: one file, no script, nothing fetched; light and dark as the reader has it.
use super::{Arrow, Item, Ladder, Weight, pause, seconds};
use crate::flow::Direction;
use crate::markup::Markup;

const WIDTH: i64 = 760;
/// Where the rails stand.
const LEFT: i64 = 110;
const RIGHT: i64 = 740;
const MIDDLE: i64 = (LEFT + RIGHT) / 2;
/// Height of an arrow's row, and how far down an arrow goes: time passes on the way.
const ROW: i64 = 30;
const SLOPE: i64 = 8;
/// Height of a row of words.
const WORDS: i64 = 18;
const HEAD: i64 = 64;

/// The style of drawings, of the class `ladder` alone: for a page that holds them, too.
pub const STYLE: &str = "\
.ladder{--ink:#1b1f24;--dim:#57606a;--paper:#fff;--line:#8c959f;--note:#0a5a8a;--odd:#7a4d00;--bad:#b3131b}\
@media (prefers-color-scheme:dark){.ladder{--ink:#e6edf3;--dim:#9aa4af;--paper:#0d1117;--line:#6e7681;\
--note:#79c0ff;--odd:#e3b341;--bad:#ff8182}}\
.ladder text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:var(--ink);text-anchor:middle}\
.ladder .paper{fill:var(--paper)}.ladder .rail{stroke:var(--line);stroke-width:1.5}\
.ladder .arrow{stroke:var(--ink);stroke-width:1.5;fill:none}.ladder .tip{fill:var(--ink)}\
.ladder .time{text-anchor:end;fill:var(--dim)}.ladder .state{fill:var(--dim);font-size:11px}\
.ladder .end{text-anchor:end}.ladder .start{text-anchor:start}.ladder .name{font-weight:bold}\
.ladder .quiet{fill:var(--dim)}.ladder .note text{fill:var(--note)}.ladder .odd text{fill:var(--odd)}\
.ladder .bad text{fill:var(--bad)}.ladder .odd .arrow{stroke:var(--odd)}.ladder .bad .arrow{stroke:var(--bad)}\
.ladder .odd .tip{fill:var(--odd)}.ladder .bad .tip{fill:var(--bad)}.ladder .bad .arrow{stroke-dasharray:6 3}";

/// Between two drawings in one document.
const APART: i64 = 24;

/// The drawing of ladders, one below the other: a whole SVG document.
pub fn svg<'a>(ladders: impl IntoIterator<Item = &'a Ladder>) -> String {
    let ladders: Vec<&Ladder> = ladders.into_iter().collect();
    let mut markup = Markup::new();
    let one = match ladders.as_slice() {
        [ladder] => Some(*ladder),
        _ => None,
    };
    let all: i64 = ladders.iter().map(|ladder| tall(ladder) + APART).sum();
    let height = one.map_or((all - APART).max(APART), tall);
    markup.open_svg("ladder", WIDTH, height, None);
    match one {
        Some(ladder) => title(&mut markup, ladder),
        None => markup.element("title", &[], format_args!("{} connections", ladders.len())),
    }
    markup.open("style", &[]);
    markup.raw(STYLE);
    markup.close();
    markup.newline();
    markup.empty("rect", &[("class", &"paper"), ("width", &"100%"), ("height", &"100%")]);
    let mut y = 0;
    for ladder in ladders {
        if one.is_none() {
            markup.open("g", &[("transform", &format_args!("translate(0 {y})"))]);
            title(&mut markup, ladder);
        }
        y += tall(ladder) + APART;
        body(&mut markup, ladder);
        if one.is_none() {
            markup.close();
        }
    }
    let mut document = markup.finish();
    document.push('\n');
    document
}

/// The drawing of a ladder as an element of a page that has the [`STYLE`].
pub fn embedded(ladder: &Ladder) -> String {
    let mut markup = Markup::new();
    markup.open_svg(
        "ladder",
        WIDTH,
        tall(ladder),
        Some(&format!("Sequence diagram of connection {}", ladder.conn())),
    );
    body(&mut markup, ladder);
    markup.finish()
}

fn title(markup: &mut Markup, ladder: &Ladder) {
    let text = format_args!("Connection {}: {} and {}", ladder.conn(), ladder.client(), ladder.server());
    markup.element("title", &[], text);
}

/// Height of the drawing of a ladder.
fn tall(ladder: &Ladder) -> i64 {
    HEAD + ladder.items().iter().map(height).sum::<i64>() + 2 * WORDS
}

/// Everything but the document around it.
fn body(markup: &mut Markup, ladder: &Ladder) {
    ends(markup, ladder, tall(ladder));
    let mut y = HEAD;
    for item in ladder.items() {
        draw(markup, item, y);
        y += self::height(item);
    }
    if ladder.left_out() > 0 {
        words(markup, y, "quiet", &format_args!("{} more lines", ladder.left_out()));
    }
}

fn ends(markup: &mut Markup, ladder: &Ladder, height: i64) {
    let ends = [(LEFT, "start", "client", ladder.client()), (RIGHT, "end", "server", ladder.server())];
    for (x, anchor, name, end) in ends {
        let x_text = if x == LEFT { LEFT - 6 } else { RIGHT + 6 };
        let class = format!("{anchor} name");
        markup.element("text", &[("x", &x_text), ("y", &24), ("class", &class)], name);
        markup.element("text", &[("x", &x_text), ("y", &42), ("class", &anchor)], end);
        let (y1, y2) = (HEAD - 12, height - 8);
        markup.empty("line", &[("class", &"rail"), ("x1", &x), ("x2", &x), ("y1", &y1), ("y2", &y2)]);
    }
    markup.newline();
}

/// Height of an item.
fn height(item: &Item) -> i64 {
    match item {
        Item::Arrow(arrow) => {
            let rows = arrow.marks.len() + usize::from(arrow.states.is_some());
            ROW + WORDS * i64::try_from(rows).unwrap_or(0)
        }
        Item::Fold(_) | Item::Pause(_) => WORDS + 6,
    }
}

fn draw(markup: &mut Markup, item: &Item, y: i64) {
    match item {
        Item::Arrow(arrow) => self::arrow(markup, arrow, y),
        Item::Fold(fold) => words(markup, y, "quiet", &format_args!("… {} …", fold.label())),
        Item::Pause(ns) => words(markup, y, "quiet", &format_args!("{} later", pause(*ns))),
    }
    markup.newline();
}

fn words(markup: &mut Markup, y: i64, class: &str, text: &dyn std::fmt::Display) {
    let y = y + WORDS - 4;
    markup.element("text", &[("x", &MIDDLE), ("y", &y), ("class", &class)], text);
}

fn arrow(markup: &mut Markup, arrow: &Arrow, y: i64) {
    let class = arrow.weight().map_or("plain", Weight::name);
    markup.open("g", &[("class", &class), ("data-packet", &arrow.packet)]);
    markup.element("title", &[], format_args!("packet {}", arrow.packet));
    let (x1, x2, back) = match arrow.direction {
        Direction::C2s => (LEFT, RIGHT, -9),
        Direction::S2c => (RIGHT, LEFT, 9),
    };
    let (y1, y2) = (y + 14, y + 14 + SLOPE);
    markup.element("text", &[("x", &(LEFT - 8)), ("y", &(y + 18)), ("class", &"time")], seconds(arrow.at_ns));
    markup.element("text", &[("x", &MIDDLE), ("y", &(y + 12))], arrow.label());
    markup.empty("line", &[("class", &"arrow"), ("x1", &x1), ("y1", &y1), ("x2", &(x2 + back)), ("y2", &y2)]);
    let tip = format!("M{x2} {y2} l{back} -5 v10 z");
    markup.empty("path", &[("class", &"tip"), ("d", &tip)]);
    let mut at = y + ROW - 4;
    for mark in &arrow.marks {
        markup.open("g", &[("class", &mark.weight.name())]);
        words(markup, at, "", &mark.text);
        markup.close();
        at += WORDS;
    }
    if let Some((client, server)) = arrow.states {
        let y = at + WORDS - 4;
        markup.element(
            "text",
            &[("x", &(LEFT + 6)), ("y", &y), ("class", &"state start")],
            client.rfc_name(),
        );
        markup.element("text", &[("x", &(RIGHT - 6)), ("y", &y), ("class", &"state end")], server.rfc_name());
    }
    markup.close();
}
