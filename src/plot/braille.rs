//! Figures in braille: two by four dots a character.
use super::envelope::{Column, envelope};
use super::figure::{Figure, Shape, Unit};

/// Columns of the numbers at the left.
const NUMBERS: usize = 10;

/// The drawing of a figure in so many columns and rows of characters, and its legend.
pub fn braille(figure: &Figure, width: usize, height: usize) -> String {
    let columns = width.clamp(24, 200) - NUMBERS;
    let rows = height.clamp(4, 60);
    let mut dots = Dots { columns, rows, cells: vec![0; columns * rows] };
    let (right, top) = (columns * 2 - 1, rows * 4 - 1);
    let x = |at: i64| along(at, figure.duration_ns, right);
    let y = |value: i64| along(value, figure.most, top);
    for series in &figure.series {
        if let Some(columns) = envelope(series, |at| x(at) as i64) {
            outline(&mut dots, &columns, y);
            continue;
        }
        let mut last: Option<(usize, usize)> = None;
        for (at, low, high) in &series.points {
            let (x, low, high) = (x(*at), y(*low), y(*high));
            match (series.shape, last) {
                (Shape::Steps, Some((from, level))) => {
                    (from..=x).for_each(|x| dots.set(x, level));
                    (level.min(low)..=level.max(low)).for_each(|y| dots.set(x, y));
                }
                _ => (low..=high.max(low)).for_each(|y| dots.set(x, y)),
            }
            last = Some((x, low));
        }
    }
    let mut out = format!("{}\n", figure.title);
    for row in 0..rows {
        let value = if row == 0 {
            figure.unit.show(figure.most)
        } else if row + 1 == rows {
            figure.unit.show(0)
        } else {
            String::new()
        };
        out.push_str(&format!("{value:>9} "));
        out.extend(dots.line(row));
        out.truncate(out.trim_end_matches('\u{2800}').len());
        out.push('\n');
    }
    let end = Unit::Nanoseconds.show(figure.duration_ns);
    out.push_str(&format!("{:NUMBERS$}0{end:>rest$}\n", "", rest = columns - 1));
    out
}

/// The greatest and the least values, a line each.
fn outline(dots: &mut Dots, columns: &[Column], y: impl Fn(i64) -> usize) {
    for edge in [|column: &Column| column.2, |column: &Column| column.1] {
        let mut last: Option<(usize, usize)> = None;
        for column in columns {
            let (x, to) = (usize::try_from(column.0).unwrap_or(0), y(edge(column)));
            let (from, level) = last.unwrap_or((x, to));
            (from..x).for_each(|x| dots.set(x, level));
            (level.min(to)..=level.max(to)).for_each(|y| dots.set(x, y));
            last = Some((x, to));
        }
    }
}

/// A value between 0 and `most` as a dot between 0 and `last`.
fn along(value: i64, most: i64, last: usize) -> usize {
    let last = i128::try_from(last).unwrap_or(0);
    let at = i128::from(value.clamp(0, most)) * last / i128::from(most.max(1));
    usize::try_from(at).unwrap_or(0)
}

/// Characters of dots.
struct Dots {
    columns: usize,
    rows: usize,
    cells: Vec<u8>,
}

impl Dots {
    /// Sets a dot; 0, 0 is at the left and below.
    fn set(&mut self, x: usize, y: usize) {
        /// The bits of Unicode's braille patterns, from above: left and right.
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let Some(down) = (self.rows * 4 - 1).checked_sub(y) else { return };
        let bit = BITS[down % 4][x % 2];
        if let Some(cell) = self.cells.get_mut(down / 4 * self.columns + x / 2) {
            *cell |= bit;
        }
    }

    fn line(&self, row: usize) -> impl Iterator<Item = char> {
        let cells = self.cells.get(row * self.columns..(row + 1) * self.columns).unwrap_or_default();
        cells.iter().filter_map(|cell| char::from_u32(0x2800 + u32::from(*cell)))
    }
}
