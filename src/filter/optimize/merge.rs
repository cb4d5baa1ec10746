//! One block instead of several equal ones, and a root that decides something.
use super::super::ir::{Block, BlockId, Graph, NOWHERE, index, op};
use super::flow::Flow;
use crate::bpf::RawInsn;

/// Merges blocks that do the same and lead to the same places, from the bottom up: blocks that lead to merged
/// blocks become equal themselves.
pub(super) fn merge_equal(graph: &mut Graph) {
    let mut flow = Flow::default();
    flow.levels(graph);
    let slots = (flow.order.len() * 2).next_power_of_two();
    let mut table = vec![NOWHERE; slots];
    let mut instead = vec![NOWHERE; graph.blocks.len()];
    for &id in &flow.order {
        let mut block = graph.blocks[id as usize];
        if !block.is_return() {
            block.jt = instead[block.jt as usize];
            block.jf = instead[block.jf as usize];
            graph.blocks[id as usize] = block;
        }
        let mut slot = hash(&block, graph.body(id)) as usize & (slots - 1);
        loop {
            let other = table[slot];
            if other == NOWHERE {
                table[slot] = id;
                instead[id as usize] = id;
                break;
            }
            if equal(graph, id, other) {
                instead[id as usize] = other;
                break;
            }
            slot = (slot + 1) & (slots - 1);
        }
    }
}

fn left(body: &[RawInsn]) -> impl Iterator<Item = (u16, u32)> + '_ {
    body.iter().filter(|stmt| stmt.code != op::GONE).map(|stmt| (stmt.code, stmt.k))
}

fn equal(graph: &Graph, a: BlockId, b: BlockId) -> bool {
    let end = |id: BlockId| {
        let Block { code, k, jt, jf, .. } = graph.blocks[id as usize];
        (code, k, jt, jf)
    };
    end(a) == end(b) && left(graph.body(a)).eq(left(graph.body(b)))
}

fn hash(block: &Block, body: &[RawInsn]) -> u64 {
    let mut hash = 0_u64;
    let mut mix = |a: u32, b: u32| {
        let word = u64::from(a) << 32 | u64::from(b);
        hash = (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    };
    mix(u32::from(block.code), block.k);
    mix(block.jt, block.jf);
    for (code, k) in left(body) {
        mix(u32::from(code), k);
    }
    hash ^ hash >> 32
}

/// Moves the root down over blocks that lead to one place only. What they compute still runs, but not before
/// a return.
pub(super) fn drop_root(graph: &mut Graph) {
    let old = graph.root;
    let mut root = old;
    loop {
        let block = &graph.blocks[root as usize];
        if block.is_return() || block.jt != block.jf {
            break;
        }
        root = block.jt;
    }
    graph.root = root;
    if graph.blocks[root as usize].is_return() {
        graph.blocks[root as usize].count = 0;
    } else if root != old {
        let first = graph.body(old).to_vec();
        graph.prepend(root, &first);
    }
    debug_assert!(index(graph.stmts.len()) < u32::MAX);
}
