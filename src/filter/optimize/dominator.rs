//! The dominator tree: above a node stand the blocks and edges that every way to it takes.
//!
//! Nodes are the blocks, then their edges: node `count + edge` is that edge. An edge hangs below its block,
//! a block below the lowest common ancestor of the edges into it.
use super::super::ir::{BlockId, Graph};
use super::flow::Edge;

/// A node of the tree.
pub(super) type NodeId = u32;

const NONE: NodeId = u32::MAX;

#[derive(Default)]
pub(super) struct Tree {
    count: u32,
    parent: Vec<NodeId>,
    depth: Vec<u32>,
    /// An ancestor some way up, so that climbing takes logarithmic time (Myers' skew-binary jumps).
    jump: Vec<NodeId>,
    /// Below a node are exactly the nodes with numbers from its own up to `last`.
    pub(super) first: Vec<u32>,
    pub(super) last: Vec<u32>,
    /// The nodes from the top down, parents first.
    top_down: Vec<NodeId>,
    by_number: Vec<Edge>,
}

impl Tree {
    /// The node of an edge.
    pub(super) fn edge(&self, edge: Edge) -> NodeId {
        self.count + edge
    }

    /// Computes the tree for the graph as it is. `down`: the reachable blocks, each before its successors.
    pub(super) fn grow(&mut self, graph: &Graph, down: &[BlockId]) {
        self.count = graph.blocks.len() as u32;
        let nodes = graph.blocks.len() * 3;
        for (field, value) in [(&mut self.parent, NONE), (&mut self.jump, NONE), (&mut self.depth, 0)] {
            field.clear();
            field.resize(nodes, value);
        }
        self.top_down.clear();
        self.jump[graph.root as usize] = graph.root;
        for &id in down {
            // All edges into the block are in place by now, and so its parent is.
            self.top_down.push(id);
            if self.parent[id as usize] != NONE {
                self.hang(id);
            }
            let block = &graph.blocks[id as usize];
            if block.is_return() {
                continue;
            }
            for (edge, target) in [(id * 2, block.jt), (id * 2 + 1, block.jf)] {
                let node = self.edge(edge);
                self.parent[node as usize] = id;
                self.hang(node);
                self.top_down.push(node);
                let known = self.parent[target as usize];
                self.parent[target as usize] = if known == NONE { node } else { self.common(known, node) };
            }
        }
        self.number(nodes);
    }

    /// Sets what follows from the parent.
    fn hang(&mut self, node: NodeId) {
        let parent = self.parent[node as usize];
        self.depth[node as usize] = self.depth[parent as usize] + 1;
        let jump = self.jump[parent as usize];
        let further = self.jump[jump as usize];
        let depth = |node: NodeId| self.depth[node as usize];
        let equal_steps = depth(parent) - depth(jump) == depth(jump) - depth(further);
        self.jump[node as usize] = if equal_steps { further } else { parent };
    }

    /// The lowest common ancestor.
    fn common(&self, mut a: NodeId, mut b: NodeId) -> NodeId {
        if self.depth[a as usize] < self.depth[b as usize] {
            (a, b) = (b, a);
        }
        let level = self.depth[b as usize];
        while self.depth[a as usize] > level {
            let jump = self.jump[a as usize];
            a = if self.depth[jump as usize] >= level { jump } else { self.parent[a as usize] };
        }
        while a != b {
            // Nodes of equal depth have jumps of equal length.
            let (jump_a, jump_b) = (self.jump[a as usize], self.jump[b as usize]);
            (a, b) = if jump_a == jump_b {
                (self.parent[a as usize], self.parent[b as usize])
            } else {
                (jump_a, jump_b)
            };
        }
        a
    }

    /// Numbers the nodes so that every subtree is an interval.
    fn number(&mut self, nodes: usize) {
        // `last` first counts the subtree; `jump` is not needed any more and becomes the next free number.
        self.last.clear();
        self.last.resize(nodes, 1);
        self.first.clear();
        self.first.resize(nodes, 0);
        for &node in self.top_down.iter().rev() {
            if let Some(parent) = self.last_parent(node) {
                self.last[parent as usize] += self.last[node as usize];
            }
        }
        for &node in &self.top_down {
            let first = match self.last_parent(node) {
                Some(parent) => {
                    let next = self.jump[parent as usize];
                    self.jump[parent as usize] += self.last[node as usize];
                    next
                }
                None => 0,
            };
            self.first[node as usize] = first;
            self.jump[node as usize] = first + 1;
            self.last[node as usize] = first + self.last[node as usize] - 1;
        }
        // The edges by number: a counting sort of distinct numbers.
        let mut at = vec![NONE; self.top_down.len()];
        for &node in &self.top_down {
            at[self.first[node as usize] as usize] = node;
        }
        self.by_number.clear();
        self.by_number.extend(at.iter().filter_map(|node| node.checked_sub(self.count)));
    }

    fn last_parent(&self, node: NodeId) -> Option<NodeId> {
        Some(self.parent[node as usize]).filter(|&parent| parent != NONE)
    }

    /// Every way to `node` comes through `above`.
    pub(super) fn dominates(&self, above: NodeId, node: NodeId) -> bool {
        let number = self.first[node as usize];
        (self.first[above as usize]..=self.last[above as usize]).contains(&number)
    }

    /// The reachable edges in the order of their numbers.
    pub(super) fn edges_by_number(&self) -> &[Edge] {
        &self.by_number
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
        assert!(tree.dominates(tree.edge(0), 1) && !tree.dominates(tree.edge(0), 2));
        assert!(tree.dominates(tree.edge(7), 5), "only the failing side of block 3 leads to 5");
        assert!(!tree.dominates(tree.edge(6), 5));
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
