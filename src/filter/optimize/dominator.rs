//! The dominator tree: above a block stand the blocks that every way to it takes.
//!
//! Edges need no nodes of their own. An edge that is the only one into its target stands above whatever the
//! target stands above; any other edge stands above itself only.
use super::super::ir::{BlockId, Graph};
use super::flow::Edge;

const NONE: BlockId = u32::MAX;

#[derive(Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    by_number: Vec<BlockId>,
}

#[derive(Clone, Copy)]
struct Node {
    parent: BlockId,
    depth: u32,
    /// An ancestor some way up, so that climbing takes logarithmic time (Myers' skew-binary jumps).
    jump: BlockId,
    /// The edge into the block, if it is the only one; else [`NONE`] or [`MANY`].
    entry: Edge,
    below: Below,
}

/// More than one edge leads into the block.
const MANY: Edge = u32::MAX - 1;

/// The blocks below a block, and itself: those with numbers from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Below {
    pub(super) first: u32,
    pub(super) last: u32,
}

impl Below {
    pub(super) fn contains(self, number: u32) -> bool {
        self.first <= number && number <= self.last
    }
}

impl Tree {
    fn node(&self, id: BlockId) -> &Node {
        &self.nodes[id as usize]
    }

    /// Computes the tree for the graph as it is. `down`: the reachable blocks, each before its successors.
    pub(super) fn grow(&mut self, graph: &Graph, down: &[BlockId]) {
        let below = Below { first: 0, last: 0 };
        let unknown = Node { parent: NONE, depth: 0, jump: NONE, entry: NONE, below };
        self.nodes.clear();
        self.nodes.resize(graph.blocks.len(), unknown);
        self.nodes[graph.root as usize].jump = graph.root;
        for &id in down {
            // All edges into the block are known by now, and so its parent is.
            let parent = self.node(id).parent;
            if parent != NONE {
                self.hang(id, parent);
            }
            let block = &graph.blocks[id as usize];
            if block.is_return() {
                continue;
            }
            for (edge, target) in [(id * 2, block.jt), (id * 2 + 1, block.jf)] {
                let known = self.node(target).parent;
                let (parent, entry) = if known == NONE { (id, edge) } else { (self.common(known, id), MANY) };
                let target = &mut self.nodes[target as usize];
                (target.parent, target.entry) = (parent, entry);
            }
        }
        self.number_all(down);
    }

    /// Sets what follows from the parent.
    fn hang(&mut self, id: BlockId, parent: BlockId) {
        let Node { depth, jump, .. } = *self.node(parent);
        let Node { depth: jump_depth, jump: further, .. } = *self.node(jump);
        let equal_steps = depth - jump_depth == jump_depth - self.node(further).depth;
        let node = &mut self.nodes[id as usize];
        node.depth = depth + 1;
        node.jump = if equal_steps { further } else { parent };
    }

    /// The lowest common ancestor.
    fn common(&self, mut a: BlockId, mut b: BlockId) -> BlockId {
        if self.node(a).depth < self.node(b).depth {
            (a, b) = (b, a);
        }
        let level = self.node(b).depth;
        while self.node(a).depth > level {
            let Node { jump, parent, .. } = *self.node(a);
            a = if self.node(jump).depth >= level { jump } else { parent };
        }
        while a != b {
            // Blocks of equal depth have jumps of equal length.
            let (one, other) = (self.node(a), self.node(b));
            (a, b) = if one.jump == other.jump { (one.parent, other.parent) } else { (one.jump, other.jump) };
        }
        a
    }

    /// Numbers the blocks so that every subtree is an interval.
    fn number_all(&mut self, down: &[BlockId]) {
        // `last` first counts the subtree; `jump` is not needed any more and becomes the next free number.
        for &id in down.iter().rev() {
            let node = &mut self.nodes[id as usize];
            node.below.last += 1;
            let (parent, size) = (node.parent, node.below.last);
            if parent != NONE {
                self.nodes[parent as usize].below.last += size;
            }
        }
        self.by_number.clear();
        self.by_number.resize(down.len(), NONE);
        for &id in down {
            let Node { parent, below: Below { last: size, .. }, .. } = *self.node(id);
            let first = match self.nodes.get_mut(parent as usize) {
                Some(parent) => {
                    let next = parent.jump;
                    parent.jump += size;
                    next
                }
                None => 0,
            };
            let node = &mut self.nodes[id as usize];
            node.below = Below { first, last: first + size - 1 };
            node.jump = first + 1;
            self.by_number[first as usize] = id;
        }
    }

    /// The number of a block: that of the walk through the tree from the top.
    pub(super) fn number(&self, id: BlockId) -> u32 {
        self.node(id).below.first
    }

    /// Every way to `block` comes through `above`.
    pub(super) fn dominates(&self, above: BlockId, block: BlockId) -> bool {
        self.node(above).below.contains(self.number(block))
    }

    /// The edges that every way to some block takes, in the order of the numbers of those blocks.
    pub(super) fn lone_edges(&self) -> impl Iterator<Item = (Edge, Below)> + '_ {
        let lone = |&id: &BlockId| {
            let Node { entry, below, .. } = *self.node(id);
            (entry < MANY).then_some((entry, below))
        };
        self.by_number.iter().filter_map(lone)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::ir::{Block, op};
    use super::*;

    /// Blocks 0 … n−1 with the given successors; a block without is a return.
    fn graph(successors: &[Option<(u32, u32)>]) -> Graph {
        let blocks = successors.iter().map(|next| {
            let (jt, jf) = next.unwrap_or((u32::MAX, u32::MAX));
            let code = if next.is_some() { op::JEQ_K } else { op::RET_K };
            Block { first: 0, count: 0, code, k: 0, jt, jf }
        });
        Graph { stmts: Vec::new(), blocks: blocks.collect(), root: 0 }
    }

    #[test]
    fn a_diamond_is_dominated_by_its_top_only() {
        // 0 → 1 | 2; both → 3; 3 → 4 | 5.
        let graph = graph(&[Some((1, 2)), Some((3, 4)), Some((3, 4)), Some((4, 5)), None, None]);
        let mut tree = Tree::default();
        tree.grow(&graph, &[0, 1, 2, 3, 4, 5]);
        assert!(tree.dominates(0, 3) && tree.dominates(0, 5) && tree.dominates(3, 5));
        assert!(!tree.dominates(1, 3) && !tree.dominates(2, 3) && !tree.dominates(3, 4));
        let mut edges: Vec<u32> = tree.lone_edges().map(|(edge, _)| edge).collect();
        edges.sort_unstable();
        assert_eq!(edges, [0, 1, 7], "blocks 3 and 4 are reached in several ways");
        let below = |wanted| tree.lone_edges().find(|&(edge, _)| edge == wanted).unwrap().1;
        assert!(below(0).contains(tree.number(1)) && !below(0).contains(tree.number(2)));
        assert!(below(7).contains(tree.number(5)) && !below(7).contains(tree.number(4)));
    }

    #[test]
    fn agrees_with_a_naive_search_on_random_graphs() {
        let mut seed = 1_u32;
        let mut random = move |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % below
        };
        for _ in 0..200 {
            let count = 3 + random(30);
            let successors: Vec<_> = (0..count)
                .map(|id| {
                    let left = count - id - 1;
                    (left > 0).then(|| (id + 1 + random(left), id + 1 + random(left)))
                })
                .collect();
            let graph = graph(&successors);
            // `without`: which blocks are reached when one block is taken out.
            let reached = |without: u32| {
                let mut seen = vec![false; count as usize];
                let mut stack = vec![0];
                while let Some(id) = stack.pop() {
                    if id == without || core::mem::replace(&mut seen[id as usize], true) {
                        continue;
                    }
                    stack.extend(successors[id as usize].iter().flat_map(|&(jt, jf)| [jt, jf]));
                }
                seen
            };
            let all = reached(u32::MAX);
            let down: Vec<u32> = (0..count).filter(|&id| all[id as usize]).collect();
            let mut tree = Tree::default();
            tree.grow(&graph, &down);
            for &above in &down {
                let without = reached(above);
                for &id in &down {
                    let expected = above == id || !without[id as usize];
                    assert_eq!(tree.dominates(above, id), expected, "{above} over {id} in {successors:?}");
                }
            }
        }
    }
}
