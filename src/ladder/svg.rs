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

const STYLE: &str = "\
svg{--ink:#1b1f24;--dim:#57606a;--paper:#fff;--line:#8c959f;--note:#0a5a8a;--odd:#7a4d00;--bad:#b3131b}\
@media (prefers-color-scheme:dark){svg{--ink:#e6edf3;--dim:#9aa4af;--paper:#0d1117;--line:#6e7681;\
--note:#79c0ff;--odd:#e3b341;--bad:#ff8182}}\
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:var(--ink);text-anchor:middle}\
.paper{fill:var(--paper)}.rail{stroke:var(--line);stroke-width:1.5}\
.arrow{stroke:var(--ink);stroke-width:1.5;fill:none}.tip{fill:var(--ink)}\
.time{text-anchor:end;fill:var(--dim)}.state{fill:var(--dim);font-size:11px}\
.end{text-anchor:end}.start{text-anchor:start}.name{font-weight:bold}.quiet{fill:var(--dim)}\
.note text{fill:var(--note)}.odd text{fill:var(--odd)}.bad text{fill:var(--bad)}\
.odd .arrow{stroke:var(--odd)}.bad .arrow{stroke:var(--bad)}.odd .tip{fill:var(--odd)}.bad .tip{fill:var(--bad)}\
.bad .arrow{stroke-dasharray:6 3}";

/// The drawing of a ladder: a whole SVG document.
pub fn svg(ladder: &Ladder) -> String {
    let height = HEAD + ladder.items().iter().map(height).sum::<i64>() + 2 * WORDS;
    let mut markup = Markup::new();
    markup.open(
        "svg",
        &[
            ("xmlns", &"http://www.w3.org/2000/svg"),
            ("viewBox", &format_args!("0 0 {WIDTH} {height}")),
            ("width", &WIDTH),
            ("height", &height),
            ("role", &"img"),
            ("aria-labelledby", &"title"),
        ],
    );
    markup.element(
        "title",
        &[("id", &"title")],
        format_args!("Connection {}: {} and {}", ladder.conn(), ladder.client(), ladder.server()),
    );
    markup.open("style", &[]);
    markup.raw(STYLE);
    markup.close();
    markup.newline();
    markup.empty("rect", &[("class", &"paper"), ("width", &"100%"), ("height", &"100%")]);
    ends(&mut markup, ladder, height);
    let mut y = HEAD;
    for item in ladder.items() {
        draw(&mut markup, item, y);
        y += self::height(item);
    }
    if ladder.left_out() > 0 {
        words(&mut markup, y, "quiet", &format_args!("{} more lines", ladder.left_out()));
    }
    let mut document = markup.finish();
    document.push('\n');
    document
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
    markup.open("g", &[("class", &class)]);
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
