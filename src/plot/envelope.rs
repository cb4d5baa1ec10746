//! Values that go up and down more often than a drawing has columns: drawn one by one they would be a
//! block, so what is drawn is the least and the greatest of each column.
use super::figure::{Series, Shape};

/// A column: where it is, and the least and the greatest value in it.
pub(super) type Column = (i64, i64, i64);

/// The envelope of a series in columns that `place` gives for its times; `None` where every turn has
/// room, and of what is no steps.
pub(super) fn envelope(series: &Series, place: impl Fn(i64) -> i64) -> Option<Vec<Column>> {
    if series.shape != Shape::Steps {
        return None;
    }
    let mut columns: Vec<Column> = Vec::new();
    let mut last: Option<i64> = None;
    let (mut turns, mut rose) = (0_usize, None);
    for (at, value, _) in &series.points {
        let (x, value) = (place(*at), *value);
        if let Some(last) = last.filter(|last| *last != value) {
            let rises = value > last;
            turns += usize::from(rose.replace(rises).is_some_and(|rose| rose != rises));
        }
        match columns.last_mut() {
            // A clock that went back: time does not.
            Some((column, least, most)) if *column >= x => {
                (*least, *most) = ((*least).min(value), (*most).max(value));
            }
            _ => {
                // What was holds until here: where columns lie between, it is all that they have.
                let held = last.unwrap_or(value);
                if columns.last().is_some_and(|(column, ..)| column + 1 < x) {
                    columns.extend(columns.last().map(|(column, ..)| (column + 1, held, held)));
                }
                columns.push((x, held.min(value), held.max(value)));
            }
        }
        last = Some(value);
    }
    (turns > columns.len()).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(points: &[(i64, i64)]) -> Series {
        let points = points.iter().map(|(at, value)| (*at, *value, *value)).collect();
        Series { name: "some", shape: Shape::Steps, points }
    }

    #[test]
    fn what_has_room_is_drawn_as_it_is() {
        assert_eq!(envelope(&steps(&[]), |at| at), None);
        assert_eq!(envelope(&steps(&[(0, 1), (1, 5), (2, 1), (3, 5)]), |at| at), None);
        // However dense: what only rises is a line.
        let rising: Vec<(i64, i64)> = (0..1000).map(|n| (n, n)).collect();
        assert_eq!(envelope(&steps(&rising), |at| at / 100), None);
    }

    #[test]
    fn a_column_has_the_least_and_the_most_of_it() {
        let teeth: Vec<(i64, i64)> = (0..40).map(|n| (n, if n % 2 == 0 { n } else { 100 })).collect();
        let columns = envelope(&steps(&teeth), |at| at / 10).unwrap();
        assert_eq!(columns, [(0, 0, 100), (1, 10, 100), (2, 20, 100), (3, 30, 100)]);
    }

    #[test]
    fn what_holds_fills_the_columns_between() {
        let mut teeth: Vec<(i64, i64)> = (0..40).map(|n| (0, n % 2 * 10)).collect();
        teeth.push((90, 3));
        let columns = envelope(&steps(&teeth), |at| at / 10).unwrap();
        assert_eq!(columns, [(0, 0, 10), (1, 10, 10), (9, 3, 10)]);
    }
}
