//! Jump threading: an edge after which a later test's outcome is known need not go through that test.
use super::super::ir::{BlockId, op};
use super::Optimizer;
use super::dominator::Tree;
use super::flow::{A, Edge};
use super::value::Numbering;

/// Edges sorted by what they say. Two edges are of one class if they say the same about the same value: that
/// it is 5, that it is not greater than 7, …; the succeeding sides of all "equals a constant" tests of one
/// value are one class too, whatever the constants.
#[derive(Default)]
pub(super) struct Classes {
    numbers: Numbering,
    /// For each edge its class.
    of: Vec<u32>,
    /// The edges of all classes, class by class, and in each in the order of the dominator tree's numbers.
    members: Vec<Edge>,
    starts: Vec<u32>,
    /// For each member the next higher one of its class in the tree.
    above: Vec<u32>,
}

const NONE: u32 = u32::MAX;

/// More facts than this about one value are not compared.
const MAX_CONTRADICTIONS: usize = 64;

impl Classes {
    /// The edges of the class of `like` that every way through `edge` takes, the lowest in the tree first.
    fn known_by<'a>(&'a self, tree: &'a Tree, like: Edge, edge: Edge) -> impl Iterator<Item = Edge> + 'a {
        let class = self.of[like as usize] as usize;
        let [start, end] = [0, 1].map(|next| self.starts[class + next] as usize);
        let node = tree.edge(edge);
        let number = tree.first[node as usize];
        let members = &self.members[start..end];
        let until = members.partition_point(|&member| tree.first[tree.edge(member) as usize] <= number);
        let mut candidate = if until == 0 { NONE } else { (start + until - 1) as u32 };
        while candidate != NONE && !tree.dominates(tree.edge(self.members[candidate as usize]), node) {
            candidate = self.above[candidate as usize];
        }
        let some = |candidate| Some(candidate).filter(|&candidate| candidate != NONE);
        core::iter::successors(some(candidate), move |&candidate| some(self.above[candidate as usize]))
            .map(|candidate| self.members[candidate as usize])
    }
}

impl Optimizer<'_> {
    /// Threads every edge as far as it goes, from the bottom up.
    pub(super) fn thread_edges(&mut self) {
        self.classify();
        for position in self.flow.returns..self.flow.order.len() {
            let id = self.flow.order[position];
            self.thread(id, 0);
            self.thread(id, 1);
        }
    }

    fn target(&self, id: BlockId, side: u32) -> BlockId {
        let block = &self.graph.blocks[id as usize];
        if side == 0 { block.jt } else { block.jf }
    }

    fn lead(&mut self, id: BlockId, side: u32, target: BlockId) {
        let block = &mut self.graph.blocks[id as usize];
        *(if side == 0 { &mut block.jt } else { &mut block.jf }) = target;
    }

    fn thread(&mut self, id: BlockId, side: u32) {
        let next = self.graph.blocks[self.target(id, side) as usize];
        if next.is_return() {
            return;
        }
        if next.jt == next.jf && !self.conflict(id, next.jt) {
            self.changed.code();
            self.lead(id, side, next.jt);
        }
        while let Some(target) = self.known_outcome(id, side) {
            self.changed.branch();
            self.lead(id, side, target);
        }
    }

    /// Where the edge's next test is known to lead.
    fn known_outcome(&mut self, id: BlockId, side: u32) -> Option<BlockId> {
        let edge = id * 2 + side;
        let child = self.target(id, side);
        let block = self.graph.blocks[child as usize];
        // Long rows of known tests, each edge walking along all of them, are where the budget goes.
        if block.is_return() || self.work > self.budget {
            return None;
        }
        self.work += 5;
        // On a way that no packet takes, what is known may contradict itself: the value is 5, and it is 6.
        // libpcap then believes the lowest-numbered edge whose conclusion does not conflict.
        let (mut equal, mut different): (Option<Edge>, Option<Edge>) = (None, None);
        for known in self.classes.known_by(&self.tree, child * 2, edge).take(MAX_CONTRADICTIONS) {
            self.work += 1;
            let same = self.operand[(known / 2) as usize] == self.operand[child as usize];
            let lowest = if same { &mut equal } else { &mut different };
            *lowest = Some(lowest.map_or(known, |lowest| lowest.min(known)));
        }
        let [mut first, mut second] = [equal.zip(Some(block.jt)), different.zip(Some(block.jf))];
        if let (Some((holds, _)), Some((fails, _))) = (first, second)
            && fails < holds
        {
            (first, second) = (second, first);
        }
        let fails = self.classes.known_by(&self.tree, child * 2 + 1, edge).next().map(|_| block.jf);
        let targets = [first.map(|(_, target)| target), second.map(|(_, target)| target), fails];
        targets.into_iter().flatten().find(|&target| !self.conflict(id, target))
    }

    /// Sorts the edges into classes.
    fn classify(&mut self) {
        let classes = &mut self.classes;
        classes.numbers.reset(self.flow.order.len() * 2);
        classes.of.clear();
        classes.of.resize(self.graph.blocks.len() * 2, 0);
        let mut highest = 0;
        for &id in &self.flow.order[self.flow.returns..] {
            let block = &self.graph.blocks[id as usize];
            let value = self.at_end[id as usize * self.stride + A];
            let operand = self.operand[id as usize];
            let (holds, fails) = (u32::from(block.code) * 2, u32::from(block.code) * 2 + 1);
            let said = if block.code == op::JEQ_K { 0 } else { operand };
            let holds = classes.numbers.number(holds, value, said);
            let fails = classes.numbers.number(fails, value, operand);
            highest = highest.max(holds).max(fails);
            classes.of[id as usize * 2] = holds;
            classes.of[id as usize * 2 + 1] = fails;
        }
        // A counting sort by class of the edges in tree order.
        classes.starts.clear();
        classes.starts.resize(highest as usize + 2, 0);
        let by_number = self.tree.edges_by_number();
        for &edge in by_number {
            classes.starts[classes.of[edge as usize] as usize + 1] += 1;
        }
        for class in 1..classes.starts.len() {
            classes.starts[class] += classes.starts[class - 1];
        }
        classes.members.clear();
        classes.members.resize(by_number.len(), 0);
        let mut next = classes.starts.clone();
        for &edge in by_number {
            let slot = &mut next[classes.of[edge as usize] as usize];
            classes.members[*slot as usize] = edge;
            *slot += 1;
        }
        // Within a class, who stands above whom: as the numbers are those of a walk through the tree, the
        // one before is above, or something above it is, or nothing.
        classes.above.clear();
        for class in classes.starts.windows(2) {
            for member in class[0]..class[1] {
                let node = self.tree.edge(classes.members[member as usize]);
                let mut above = if member == class[0] { NONE } else { member - 1 };
                while above != NONE {
                    let other = self.tree.edge(classes.members[above as usize]);
                    if self.tree.dominates(other, node) {
                        break;
                    }
                    above = classes.above[above as usize];
                }
                classes.above.push(above);
            }
        }
    }
}
