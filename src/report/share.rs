//! Who gets the room of a page: an even share for each connection, and what comes first within it.

/// Segments at the beginning of a connection, and at its end, that come before all others.
pub(super) const ENDS: usize = 4;

/// Shares out room for `total`: nobody gets more than wanted, and who wants more than an even share gets
/// as much as everybody else who does, to within one; what is left over goes to the first.
pub(super) fn shares(wants: &[usize], total: usize) -> Vec<usize> {
    let mut sorted = wants.to_vec();
    sorted.sort_unstable();
    let (mut left, mut level) = (total, 0);
    let mut hungry = sorted.len();
    for want in sorted {
        let each = left / hungry;
        if want > each {
            level = each;
            break;
        }
        left -= want;
        level = want;
        hungry -= 1;
    }
    let given: usize = wants.iter().map(|want| (*want).min(level)).sum();
    let mut over = total.saturating_sub(given);
    let one = |want: &usize| {
        let more = usize::from(*want > level && over > 0);
        over -= more;
        (*want).min(level) + more
    };
    wants.iter().map(one).collect()
}

/// Which of the segments of a connection are kept where there is room for `room`, in their order: true for
/// those. `of_note`: whether something is to be said of it. First come the beginning and the end, then
/// what is of note, then the rest; of each of these what is nearer to the beginning or to the end.
pub(super) fn choice(of_note: &[bool], room: usize) -> Vec<bool> {
    let all = of_note.len();
    let mut order: Vec<usize> = (0..all).collect();
    order.sort_by_key(|at| {
        let from_end = (*at).min(all - 1 - at);
        let class = match of_note.get(*at) {
            _ if from_end < ENDS => 0,
            Some(true) => 1,
            _ => 2,
        };
        (class, from_end)
    });
    let mut chosen = vec![false; all];
    for at in order.into_iter().take(room) {
        chosen[at] = true;
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_shared_evenly() {
        for (wants, total, given) in [
            (&[][..], 5, &[][..]),
            (&[3, 4], 10, &[3, 4]),
            (&[100, 4, 100], 10, &[4, 3, 3]),
            (&[100, 1, 100], 10, &[5, 1, 4]),
            (&[5, 5, 5], 0, &[0, 0, 0]),
            (&[5, 5, 5], 2, &[1, 1, 0]),
            (&[0, 9, 0], 4, &[0, 4, 0]),
        ] {
            assert_eq!(shares(wants, total), given, "{wants:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_room_is_wasted_and_nobody_is_robbed(wants in proptest::collection::vec(0..50_usize, 0..20), total in 0..400_usize) {
            let given = shares(&wants, total);
            let (all, sum) = (wants.iter().sum::<usize>(), given.iter().sum::<usize>());
            assert_eq!(sum, all.min(total));
            let most = given.iter().max().copied().unwrap_or(0);
            for (want, given) in wants.iter().zip(&given) {
                assert!(given <= want);
                // Who got less than another got all, but for one.
                assert!(given == want || given + 1 >= most);
            }
        }
    }

    #[test]
    fn ends_come_first_then_what_is_of_note() {
        let mut of_note = [false; 30];
        (of_note[12], of_note[20]) = (true, true);
        let kept = |room| -> Vec<usize> {
            let chosen = choice(&of_note, room);
            chosen.iter().enumerate().filter(|(_, is)| **is).map(|(at, _)| at).collect()
        };
        assert_eq!(kept(2), [0, 29]);
        assert_eq!(kept(8), [0, 1, 2, 3, 26, 27, 28, 29]);
        assert_eq!(kept(9), [0, 1, 2, 3, 20, 26, 27, 28, 29]);
        assert_eq!(kept(11), [0, 1, 2, 3, 4, 12, 20, 26, 27, 28, 29]);
        assert_eq!(kept(40).len(), 30);
        assert_eq!(choice(&[], 3), [] as [bool; 0]);
    }
}
