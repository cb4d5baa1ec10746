//! Jump threading: an edge after which a later test's outcome is known need not go through that test.
use super::super::ir::{BlockId, op};
use super::Optimizer;
use super::dominator::{Below, Tree};
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
    /// Class by class the edges that stand above something, in the order of the dominator tree's numbers.
    members: Vec<Member>,
    starts: Vec<u32>,
    /// Where the next member of each class goes.
    next: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Member {
    edge: Edge,
    /// The blocks that can be reached through this edge only.
    below: Below,
    /// The next higher one of its class in the tree.
    above: u32,
}

const NONE: u32 = u32::MAX;

/// More facts than this about one value are not compared.
const MAX_CONTRADICTIONS: usize = 64;

impl Classes {
    /// The edges of the class of `like` that every way through `edge` takes, the lowest in the tree first.
    fn known_by<'a>(&'a self, tree: &'a Tree, like: Edge, edge: Edge) -> impl Iterator<Item = Edge> + 'a {
        let class = self.of[like as usize];
        let itself = (self.of[edge as usize] == class).then_some(edge);
        let above = self.above(class, tree.number(edge / 2));
        let some = |member: u32| self.members.get(member as usize);
        let others = core::iter::successors(some(above), move |member| some(member.above));
        itself.into_iter().chain(others.map(|member| member.edge))
    }

    /// The lowest member of a class through which every way to a block goes, the block given by its number.
    fn above(&self, class: u32, number: u32) -> u32 {
        let [start, end] = [0, 1].map(|next| self.starts[class as usize + next] as usize);
        let members = &self.members[start..end];
        let until = members.partition_point(|member| member.below.first <= number);
        let mut candidate = if until == 0 { NONE } else { (start + until - 1) as u32 };
        while let Some(member) = self.members.get(candidate as usize) {
            if member.below.contains(number) {
                break;
            }
            candidate = member.above;
        }
        candidate
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
        // On a way that no packet takes, what is known may contradict itself: the value is 5, and it is 6.
        // libpcap then believes the lowest-numbered edge whose conclusion does not conflict.
        let mut steps = 0;
        let (mut equal, mut different): (Option<Edge>, Option<Edge>) = (None, None);
        for known in self.classes.known_by(&self.tree, child * 2, edge).take(MAX_CONTRADICTIONS) {
            steps += 1;
            let same = self.operand[(known / 2) as usize] == self.operand[child as usize];
            let lowest = if same { &mut equal } else { &mut different };
            *lowest = Some(lowest.map_or(known, |lowest| lowest.min(known)));
        }
        self.work += 5 + steps / 4;
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
        classes.numbers.reset(self.flow.order.len());
        classes.of.clear();
        classes.of.resize(self.graph.blocks.len() * 2, 0);
        // The first classes are "equals a constant" for each value. Then come pairs, for tests that hold and
        // for tests that fail.
        let values = self.values.count() + 1;
        for &id in &self.flow.order[self.flow.returns..] {
            let block = &self.graph.blocks[id as usize];
            let value = self.at_end[id as usize * self.stride + A];
            let operand = self.operand[id as usize];
            let pair = values + classes.numbers.number(u32::from(block.code), value, operand) * 2;
            classes.of[id as usize * 2] = if block.code == op::JEQ_K { value } else { pair };
            classes.of[id as usize * 2 + 1] = pair + 1;
        }
        let count = (values + classes.numbers.count() * 2 + 2) as usize;
        // A counting sort by class of the edges in tree order.
        classes.starts.clear();
        classes.starts.resize(count + 1, 0);
        let mut members = 0;
        for (edge, _) in self.tree.lone_edges() {
            classes.starts[classes.of[edge as usize] as usize + 1] += 1;
            members += 1;
        }
        let mut sum = 0;
        for start in &mut classes.starts {
            sum += *start;
            *start = sum;
        }
        classes.next.clone_from(&classes.starts);
        let nowhere = Member { edge: 0, below: Below { first: 0, last: 0 }, above: NONE };
        classes.members.clear();
        classes.members.resize(members, nowhere);
        for (edge, below) in self.tree.lone_edges() {
            let class = classes.of[edge as usize] as usize;
            let slot = classes.next[class];
            classes.next[class] += 1;
            // Who stands above in the class: as the numbers are those of a walk through the tree, the one
            // before does, or something above it, or nothing.
            let mut above = if slot == classes.starts[class] { NONE } else { slot - 1 };
            while let Some(member) = classes.members.get(above as usize) {
                if member.below.contains(below.first) {
                    break;
                }
                above = member.above;
            }
            classes.members[slot as usize] = Member { edge, below, above };
        }
    }
}
