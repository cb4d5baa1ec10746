//! Figures as SVG: no script, nothing fetched; light and dark as the reader has it.
use std::fmt::Write as _;

use super::envelope::{Column, envelope};
use super::figure::{Figure, Series, Shape, Unit};
use crate::markup::Markup;

const WIDTH: i64 = 760;
const HEIGHT: i64 = 380;
const LEFT: i64 = 90;
const RIGHT: i64 = 740;
const TOP: i64 = 44;
const BOTTOM: i64 = 310;

/// The style of drawings, of the class `plot` alone: for a page that holds them, too.
pub const STYLE: &str = "\
.plot{--ink:#1b1f24;--dim:#57606a;--paper:#fff;--s0:#0a5a8a;--s1:#b3131b;--s2:#2a7a2f;--s3:#8c6d1f;--s4:#7b3fa0}\
@media (prefers-color-scheme:dark){.plot{--ink:#e6edf3;--dim:#9aa4af;--paper:#0d1117;--s0:#79c0ff;\
--s1:#ff8182;--s2:#7ee787;--s3:#e3b341;--s4:#d2a8ff}}\
.plot text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:var(--ink)}\
.plot .paper{fill:var(--paper)}.plot .axis{stroke:var(--dim)}.plot .tick{fill:var(--dim)}\
.plot .end{text-anchor:end}.plot .middle{text-anchor:middle}.plot .title{font-weight:bold;font-size:14px}\
.plot .s0{color:var(--s0)}.plot .s1{color:var(--s1)}.plot .s2{color:var(--s2)}\
.plot .s3{color:var(--s3);stroke-dasharray:5 3}.plot .s4{color:var(--s4)}\
.plot path{fill:none;stroke:currentColor;stroke-width:1.5}.plot .band{fill:currentColor;fill-opacity:.25;stroke-width:1}\
.plot .dots{stroke-width:4;stroke-linecap:round}.plot .s1.strokes{stroke-width:4}";

/// Between two drawings in one document.
const APART: i64 = 24;

/// The drawing of figures, one below the other, each under its name: a whole SVG document.
pub fn svg<'a>(figures: impl IntoIterator<Item = &'a Figure>) -> String {
    let figures: Vec<&Figure> = figures.into_iter().collect();
    let count = i64::try_from(figures.len()).unwrap_or(i64::MAX).max(1);
    let mut markup = Markup::new();
    markup.open_svg("plot", WIDTH, count.saturating_mul(HEIGHT + APART) - APART, None);
    match figures.as_slice() {
        [figure] => markup.element("title", &[], &figure.title),
        _ => markup.element("title", &[], format_args!("{} graphs", figures.len())),
    }
    markup.open("style", &[]);
    markup.raw(STYLE);
    markup.close();
    markup.newline();
    markup.empty("rect", &[("class", &"paper"), ("width", &"100%"), ("height", &"100%")]);
    let mut y = 0;
    for figure in figures {
        if count > 1 {
            markup.open("g", &[("transform", &format_args!("translate(0 {y})"))]);
        }
        body(&mut markup, figure);
        if count > 1 {
            markup.close();
        }
        y += HEIGHT + APART;
    }
    let mut document = markup.finish();
    document.push('\n');
    document
}

/// The drawing of a figure as an element of a page that has the [`STYLE`].
pub fn embedded(figure: &Figure) -> String {
    let mut markup = Markup::new();
    markup.open_svg("plot", WIDTH, HEIGHT, Some(&figure.title));
    body(&mut markup, figure);
    markup.finish()
}

/// Everything but the document around it.
fn body(markup: &mut Markup, figure: &Figure) {
    markup.element("text", &[("class", &"title"), ("x", &LEFT), ("y", &24)], &figure.title);
    axes(markup, figure);
    let mut names = Vec::new();
    for (n, series) in figure.series.iter().enumerate().filter(|(_, series)| !series.points.is_empty()) {
        let dense = envelope(series, |at| place(at, figure.duration_ns, LEFT, RIGHT));
        let (shape, d) = match (series.shape, dense) {
            (_, Some(columns)) => ("band", band(figure, &columns)),
            (Shape::Strokes, _) => ("strokes", path(figure, series)),
            (Shape::Steps, _) => ("steps", path(figure, series)),
            (Shape::Dots, _) => ("dots", path(figure, series)),
        };
        markup.empty("path", &[("class", &format_args!("s{n} {shape}")), ("d", &d)]);
        markup.newline();
        names.push((
            n,
            if shape == "band" { format!("{}, least to most", series.name) } else { series.name.to_owned() },
        ));
    }
    legend(markup, &names);
}

/// A value between 0 and `most` as a place between two others.
fn place(value: i64, most: i64, from: i64, to: i64) -> i64 {
    let along = i128::from(value.clamp(0, most)) * i128::from(to - from) / i128::from(most.max(1));
    from + i64::try_from(along).unwrap_or(0)
}

fn path(figure: &Figure, series: &Series) -> String {
    let x = |at| place(at, figure.duration_ns, LEFT, RIGHT);
    let y = |value| place(value, figure.most, BOTTOM, TOP);
    let mut d = String::new();
    let mut last = None;
    for (n, (at, low, high)) in series.points.iter().enumerate() {
        let point = (x(*at), y(*low), y(*high));
        // What falls on the same place is drawn once.
        if last.replace(point) == Some(point) {
            continue;
        }
        let (x, low, high) = point;
        // Writing to a string cannot fail.
        let _ = match series.shape {
            Shape::Strokes => write!(d, "M{x} {low}V{}", if high == low { low - 1 } else { high }),
            Shape::Dots => write!(d, "M{x} {low}h0"),
            Shape::Steps if n == 0 => write!(d, "M{x} {low}"),
            Shape::Steps => write!(d, "H{x}V{low}"),
        };
    }
    d
}

/// The area between the least and the greatest values: along the top, and back along the bottom.
fn band(figure: &Figure, columns: &[Column]) -> String {
    let y = |value| place(value, figure.most, BOTTOM, TOP);
    let mut d = String::new();
    // Writing to a string cannot fail.
    for (n, (x, _, most)) in columns.iter().enumerate() {
        let _ = if n == 0 { write!(d, "M{x} {}", y(*most)) } else { write!(d, "H{x}V{}", y(*most)) };
    }
    for (x, least, _) in columns.iter().rev() {
        let _ = write!(d, "V{}H{x}", y(*least));
    }
    d.push('Z');
    d
}

fn axes(markup: &mut Markup, figure: &Figure) {
    markup.empty("path", &[("class", &"axis"), ("d", &format_args!("M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"))]);
    for quarter in 0..=4 {
        let y = BOTTOM + (TOP - BOTTOM) * quarter / 4;
        let value = i64::try_from(i128::from(figure.most) * i128::from(quarter) / 4).unwrap_or(0);
        let class = "tick end";
        markup.element(
            "text",
            &[("class", &class), ("x", &(LEFT - 8)), ("y", &(y + 4))],
            figure.unit.show(value),
        );
        let x = LEFT + (RIGHT - LEFT) * quarter / 4;
        let at = i64::try_from(i128::from(figure.duration_ns) * i128::from(quarter) / 4).unwrap_or(0);
        markup.element(
            "text",
            &[
                ("class", &if quarter == 4 { "tick end" } else { "tick middle" }),
                ("x", &x),
                ("y", &(BOTTOM + 20)),
            ],
            Unit::Nanoseconds.show(at),
        );
    }
    markup.newline();
}

/// What each colour stands for.
fn legend(markup: &mut Markup, names: &[(usize, String)]) {
    let mut x = LEFT;
    for (n, name) in names {
        let y = BOTTOM + 48;
        markup.empty("path", &[("class", &format_args!("s{n}")), ("d", &format_args!("M{x} {}h16", y - 4))]);
        markup.element("text", &[("x", &(x + 22)), ("y", &y)], name);
        x += 46 + 8 * i64::try_from(name.len()).unwrap_or(0);
    }
}
