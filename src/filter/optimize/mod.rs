//! Makes the graph smaller, and no packet's verdict different from what libpcap's optimiser makes it.
//!
//! Two loops run to a fixed point, the first over the branches, the second over the statements:
//!
//! | file | what it does |
//! | --- | --- |
//! | `flow` | levels, predecessors, what is used later |
//! | `dominator` | which edges every way to a block takes |
//! | `value` | numbers every value computed, so that equal numbers mean equal values |
//! | `local` | within a block: constants, shorter forms, dead stores |
//! | `thread` | an edge that makes a later test's outcome known skips that test |
//! | `pull` | brings tests of the same value together |
//! | `merge` | one block instead of equal ones; drops what leads nowhere else |
//!
//! Which loads run, and in which order, decides about packets too short for them. What is done here, and in
//! which order, is therefore libpcap's to the step: an optimiser that did better would answer differently.
//! The data structures are not: where libpcap keeps a bit set per edge, this keeps a dominator tree. For
//! expressions of hundreds of terms rounds are saved, and on thousands a budget of work ends the loops early.
mod dominator;
mod flow;
mod local;
mod merge;
mod pull;
mod thread;
mod value;

use super::ir::{BlockId, Graph, NOWHERE};
use super::{Error, ErrorKind};
use crate::bpf::RawInsn;
use dominator::Tree;
use flow::{Atoms, Flow};
use thread::Classes;
use value::Numbering;

/// How much the loops may do, in units of about 10 ns.
const BUDGET: usize = 5_500_000;

/// What a round costs for each block, whatever it finds.
const BLOCK_COST: usize = 28;

/// From so many blocks on, rows of tests are put in order at one go instead of one test a round. Else the
/// budget ends the rounds long before the rows are in order. But in one of some thousand programs the order
/// comes out otherwise than libpcap's, so smaller graphs, for which the budget suffices, are not done so.
const MANY_BLOCKS: usize = 2_000;

/// So many rounds in a row may do nothing but move branches: two rules can go on undoing each other's work.
const MAX_BRANCH_ROUNDS: u32 = 100;

/// Optimises the graph in place.
///
/// # Errors
/// When a constant turns out to be divided by zero or shifted too far.
pub(super) fn optimize(graph: &mut Graph) -> Result<(), Error> {
    compact(graph);
    let rows_at_once = graph.blocks.len() > MANY_BLOCKS;
    let flow = Flow::new(graph);
    let stride = flow.atoms();
    let mut values = Numbering::default();
    values.reset(graph.stmts.len() + graph.blocks.len());
    let mut optimizer = Optimizer {
        classes: Classes::default(),
        values,
        at_start: vec![0; graph.blocks.len() * stride],
        at_end: vec![0; graph.blocks.len() * stride],
        settled: vec![None; graph.blocks.len()],
        settled_start: vec![0; graph.blocks.len() * stride],
        body_before: Vec::new(),
        operand: vec![0; graph.blocks.len()],
        graph,
        flow,
        tree: Tree::default(),
        stride,
        changed: Changed::default(),
        work: 0,
        budget: BUDGET,
        rows_at_once,
        fault: None,
    };
    optimizer.run(false, BUDGET / 3 * 2);
    optimizer.run(true, BUDGET);
    if let Some(message) = optimizer.fault {
        return Err(Error::new(ErrorKind::Value, message, None));
    }
    merge::merge_equal(graph);
    merge::drop_root(graph);
    Ok(())
}

/// What a round changed.
#[derive(Debug, Clone, Copy, Default)]
struct Changed {
    /// Anything at all: another round is needed.
    anything: bool,
    /// Something other than where a branch leads.
    more_than_branches: bool,
}

impl Changed {
    fn branch(&mut self) {
        self.anything = true;
    }

    fn code(&mut self) {
        self.anything = true;
        self.more_than_branches = true;
    }
}

struct Optimizer<'g> {
    graph: &'g mut Graph,
    flow: Flow,
    tree: Tree,
    values: Numbering,
    /// The number of atoms that the program uses.
    stride: usize,
    /// For each block and atom the number of the value it has at the start of the block; 0 is unknown.
    at_start: Vec<u32>,
    /// The same at the end of the block.
    at_end: Vec<u32>,
    /// For each block that was left as it is when last gone through: its branches and what was used later.
    settled: Vec<Option<(BlockId, BlockId, Atoms)>>,
    /// What came into each of those blocks.
    settled_start: Vec<u32>,
    /// The statements of the block being simplified, as they were.
    body_before: Vec<RawInsn>,
    classes: Classes,
    /// For each block what its test compares with: the constant, or the number of X's value.
    operand: Vec<u32>,
    changed: Changed,
    work: usize,
    /// When the loop that runs has to stop.
    budget: usize,
    /// Rows of tests are put in order at one go, see [`MANY_BLOCKS`].
    rows_at_once: bool,
    /// The first error found.
    fault: Option<&'static str>,
}

impl Optimizer<'_> {
    /// Rounds to the fixed point. `statements`: whether statements may change, or only branches.
    fn run(&mut self, statements: bool, budget: usize) {
        let mut branch_rounds = 0;
        self.budget = budget;
        self.settled.fill(None);
        while self.work + self.graph.blocks.len() * BLOCK_COST < budget {
            self.changed = Changed::default();
            self.flow.levels(self.graph);
            self.flow.uses(self.graph);
            if !statements {
                self.tree.grow(self.graph, &self.flow.down);
            }
            self.work += self.flow.order.len() * BLOCK_COST;
            self.number_values(statements);
            if !statements {
                self.thread_edges();
                self.flow.predecessors(self.graph);
                self.pull_up();
            }
            if !self.changed.anything || self.fault.is_some() {
                return;
            }
            if self.changed.more_than_branches {
                branch_rounds = 0;
            } else {
                branch_rounds += 1;
                if branch_rounds >= MAX_BRANCH_ROUNDS {
                    return;
                }
            }
        }
    }

    /// The number of the value that an atom has at the end of a block.
    fn value(&self, id: BlockId, atom: usize) -> u32 {
        self.at_end[id as usize * self.stride + atom]
    }

    /// Whether some value used behind `target` would be another if `from` went there directly.
    fn conflict(&self, from: BlockId, target: BlockId) -> bool {
        let mut used = self.flow.out_use[target as usize];
        while used != 0 {
            let atom = used.trailing_zeros() as usize;
            if self.value(from, atom) != self.value(target, atom) {
                return true;
            }
            used &= used - 1;
        }
        false
    }
}

/// Leaves only the reachable blocks, numbered in the order in which they are first reached.
fn compact(graph: &mut Graph) {
    let mut number = vec![NOWHERE; graph.blocks.len()];
    let mut blocks = Vec::with_capacity(graph.blocks.len());
    let mut stack = vec![graph.root];
    while let Some(id) = stack.pop() {
        if id == NOWHERE || number[id as usize] != NOWHERE {
            continue;
        }
        let block = graph.blocks[id as usize];
        number[id as usize] = blocks.len() as BlockId;
        blocks.push(block);
        stack.extend([block.jf, block.jt]);
    }
    for block in &mut blocks {
        for next in [&mut block.jt, &mut block.jf] {
            if *next != NOWHERE {
                *next = number[*next as usize];
            }
        }
    }
    graph.root = 0;
    graph.blocks = blocks;
}
