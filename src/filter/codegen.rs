//! From the graph to a program: puts the blocks in a row and turns successors into distances.
use super::ir::{BlockId, Graph, NOWHERE, op, stmt};
use crate::bpf::RawInsn;

/// The furthest that a conditional jump reaches.
const REACH: u32 = 255;

/// Lays the blocks out so that every jump goes forward: a block comes before both its successors, and the
/// one taken when its test holds comes before the other where possible.
pub(super) fn emit(graph: &Graph) -> Vec<RawInsn> {
    // The program grows backwards: what a block jumps to is already in place, and its distance from the end
    // of the program no longer changes.
    let mut program: Vec<RawInsn> = Vec::with_capacity(graph.stmts.len() + graph.blocks.len());
    let mut from_end = vec![0_u32; graph.blocks.len()];
    for id in order(graph) {
        let block = graph.blocks[id as usize];
        if !block.is_return() {
            let behind = program.len() as u32;
            let distance = |target: BlockId| behind - from_end[target as usize];
            let (jt, jf) = (distance(block.jt), distance(block.jf));
            // A far target is reached through an unconditional jump right behind the test; each of those
            // makes everything one further away.
            let mut extra = 0;
            let (mut far_t, mut far_f) = (false, false);
            loop {
                let before = extra;
                (far_t, far_f) = (far_t || jt + extra > REACH, far_f || jf + extra > REACH);
                extra = u32::from(far_t) + u32::from(far_f);
                if extra == before {
                    break;
                }
            }
            let mut test = stmt(block.code, block.k);
            test.jf = if far_f { u8::from(far_t) } else { (jf + extra) as u8 };
            test.jt = if far_t { 0 } else { (jt + extra) as u8 };
            if far_f {
                program.push(stmt(op::JA, jf));
            }
            if far_t {
                program.push(stmt(op::JA, jt + u32::from(far_f)));
            }
            program.push(test);
        } else {
            program.push(stmt(block.code, block.k));
        }
        emit_body(graph.body(id), &mut program);
        from_end[id as usize] = program.len() as u32;
    }
    program.reverse();
    program
}

/// Appends statements, the last one first.
fn emit_body(body: &[RawInsn], program: &mut Vec<RawInsn>) {
    let start = program.len();
    for (position, stmt) in body.iter().enumerate().filter(|(_, stmt)| stmt.code != op::GONE) {
        let mut stmt = *stmt;
        if op::class(stmt.code) == op::CLASS_JMP && stmt.code != op::JA {
            // A jump inside a block. As in libpcap 1.10.3, the statements that are gone before it are
            // still counted, so that it misses its target by their number.
            let gone = (position - (program.len() - start)) as u8;
            stmt.jt = stmt.jt.saturating_add(gone);
            stmt.jf = stmt.jf.saturating_add(gone);
        }
        program.push(stmt);
    }
    program[start..].reverse();
}

/// The reachable blocks, each after its successors: first those of the failing side.
fn order(graph: &Graph) -> Vec<BlockId> {
    let mut order = Vec::with_capacity(graph.blocks.len());
    let mut seen = vec![false; graph.blocks.len()];
    // Depth-first without recursion: `Done` marks come back when everything below is in place.
    enum Visit {
        Enter(BlockId),
        Done(BlockId),
    }
    let mut stack = vec![Visit::Enter(graph.root)];
    while let Some(visit) = stack.pop() {
        match visit {
            Visit::Done(id) => order.push(id),
            Visit::Enter(id) => {
                if id == NOWHERE || core::mem::replace(&mut seen[id as usize], true) {
                    continue;
                }
                let block = &graph.blocks[id as usize];
                stack.extend([Visit::Done(id), Visit::Enter(block.jt), Visit::Enter(block.jf)]);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::Program;

    /// Tests for the first byte being 1, 2, … `count`: each failing test goes to the next.
    fn any_of(count: u32) -> Graph {
        let mut graph = Graph::default();
        let mut whole = None;
        for k in 1..=count {
            let start = graph.stmts.len();
            graph.stmts.push(stmt(op::LD_B_ABS, 0));
            let test = graph.test(start, op::JEQ_K, k);
            whole = Some(match whole {
                Some(before) => graph.or(before, test),
                None => test,
            });
        }
        graph.finish(whole.unwrap(), 7);
        graph
    }

    #[test]
    fn jumps_reach_their_targets_near_and_far() {
        for count in [1, 2, 125, 126, 127, 128, 129, 130, 255] {
            let graph = any_of(count);
            let program = Program::new(emit(&graph)).unwrap();
            for byte in 0..=255_u8 {
                let expected = if (1..=count).contains(&u32::from(byte)) { 7 } else { 0 };
                assert_eq!(program.run(&[byte], 1), expected, "{byte} of {count}");
            }
        }
    }

    #[test]
    fn far_targets_cost_a_jump_each() {
        assert_eq!(emit(&any_of(128)).len(), 128 * 2 + 2);
        assert_eq!(emit(&any_of(129)).len(), 129 * 2 + 2 + 1);
    }

    #[test]
    fn both_sides_of_a_test_may_be_far() {
        let mut graph = any_of(200);
        let (accept, reject) = (200, 201);
        let last = graph.blocks.len() as u32;
        graph.blocks.push(crate::filter::ir::Block {
            first: 0,
            count: 1,
            code: op::JGT_K,
            k: 100,
            jt: accept,
            jf: reject,
        });
        // The root must still lead through the chain, so that the returns are far away.
        graph.blocks[0].jf = last;
        graph.blocks[last as usize].jf = 1;
        let program = Program::new(emit(&graph)).unwrap();
        assert_eq!([0, 1, 50, 101, 255].map(|byte| program.run(&[byte], 1)), [0, 7, 7, 7, 7]);
    }
}
