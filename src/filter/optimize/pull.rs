//! Brings tests of one value together: in a row of alternatives, or of conditions, a test of the value that
//! is already loaded is made before those that have to load another.
use super::super::ir::{BlockId, NOWHERE};
use super::Optimizer;
use super::flow::A;

/// How many steps along rows a round may take at most: looking to the end of a row of thousands for each of
/// its tests would cost time that grows with the square.
const STEPS: usize = 1_000_000;

/// Where in the graph a block is reached from.
#[derive(Clone, Copy)]
struct Link {
    block: BlockId,
    side: Side,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Holds,
    Fails,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
        }
    }
}

impl Optimizer<'_> {
    /// Looks at every block as the start of a row.
    pub(super) fn pull_up(&mut self) {
        let tests = self.flow.returns..self.flow.order.len();
        // Every test gets its share, or the first ones, where they bring the whole row in order, all they need.
        let share = STEPS / tests.len().max(1);
        let mut left = STEPS;
        for position in 0..tests.len() {
            // From the bottom up. But where rows are put in order at one go, from the top down, so that few
            // rows begin inside of others.
            let position = if self.rows_at_once { tests.end - 1 - position } else { tests.start + position };
            let id = self.flow.order[position];
            // Alternatives share where they lead when they hold, conditions where they lead when they fail.
            for shared in [Side::Holds, Side::Fails] {
                if !self.rows_at_once {
                    left = share;
                }
                let before = left;
                self.pull(id, shared, &mut left);
                self.work += (before - left) / 4;
            }
        }
    }

    fn next(&self, Link { block, side }: Link) -> BlockId {
        let block = &self.graph.blocks[block as usize];
        if side == Side::Holds { block.jt } else { block.jf }
    }

    fn redirect(&mut self, Link { block, side }: Link, target: BlockId) {
        let block = &mut self.graph.blocks[block as usize];
        *(if side == Side::Holds { &mut block.jt } else { &mut block.jf }) = target;
    }

    /// `shared` is the side on which the tests of a row lead to the same place; `left` counts the steps.
    fn pull(&mut self, id: BlockId, shared: Side, left: &mut usize) {
        let onward = shared.other();
        let Some((&first, others)) = self.flow.edges_into(id).split_first() else { return };
        let loaded = self.value(first / 2, A);
        if others.iter().any(|&edge| self.value(edge / 2, A) != loaded) {
            return;
        }
        let leads_here = self.graph.blocks[(first / 2) as usize].jt == id;
        let side = if leads_here { Side::Holds } else { Side::Fails };
        let mut different = Link { block: first / 2, side };
        // The first test in the row of another value than the one loaded,
        let mut at_top = true;
        loop {
            let Some(test) = self.in_row(different, id, shared, left) else { return };
            if self.value(test, A) != loaded {
                break;
            }
            different = Link { block: test, side: onward };
            at_top = false;
        }
        // and after that the first of the value loaded.
        let mut same = Link { block: self.next(different), side: onward };
        loop {
            let pulled = loop {
                let Some(test) = self.in_row(same, id, shared, left) else { return };
                if self.value(test, A) == loaded {
                    break test;
                }
                same = Link { block: test, side: onward };
            };
            // It is taken out where it is and put in before the other.
            let rest = Link { block: pulled, side: onward };
            let after = self.next(rest);
            self.redirect(same, after);
            let before = self.next(different);
            self.redirect(rest, before);
            if at_top {
                for position in 0..self.flow.edges_into(id).len() {
                    let block = self.flow.edges_into(id)[position] / 2;
                    let leads_here = self.graph.blocks[block as usize].jt == id;
                    let side = if leads_here { Side::Holds } else { Side::Fails };
                    self.redirect(Link { block, side }, pulled);
                }
            } else {
                self.redirect(different, pulled);
            }
            self.changed.branch();
            if !self.rows_at_once {
                return;
            }
            (different, at_top) = (rest, false);
        }
    }

    /// The test that a link leads to, if it is one of the row that starts with `start`.
    fn in_row(&self, link: Link, start: BlockId, shared: Side, left: &mut usize) -> Option<BlockId> {
        *left = left.checked_sub(1)?;
        let test = self.next(link);
        if test == NOWHERE {
            return None;
        }
        let same_place =
            self.next(Link { block: test, side: shared }) == self.next(Link { block: start, side: shared });
        (same_place && self.tree.dominates(start, test)).then_some(test)
    }
}
