//! Value numbering: two computations get the same number only if they give the same value.
use super::super::ir::{BlockId, op};
use super::Optimizer;
use super::flow::{A, SCRATCH, X};
use crate::bpf::RawInsn;

/// The number of a value that nothing is known about.
pub(super) const UNKNOWN: u32 = 0;

/// A computation: an opcode and the numbers, or the constant, that it works on.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Computation {
    code: u32,
    left: u32,
    right: u32,
}

/// Hands out numbers from 1 on, in a hash table with open addressing.
#[derive(Default)]
pub(super) struct Numbering {
    slots: Vec<u32>,
    known: Vec<Computation>,
}

impl Numbering {
    /// Forgets everything; `expect` is about how many numbers will be needed.
    pub(super) fn reset(&mut self, expect: usize) {
        let slots = (expect * 2).next_power_of_two().max(64).max(self.slots.len());
        self.slots.clear();
        self.slots.resize(slots, UNKNOWN);
        self.known.clear();
    }

    /// The number of a computation.
    pub(super) fn number(&mut self, code: u32, left: u32, right: u32) -> u32 {
        if self.known.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let wanted = Computation { code, left, right };
        let mut slot = self.slot(wanted);
        loop {
            match self.slots[slot] {
                UNKNOWN => {
                    self.known.push(wanted);
                    let number = self.known.len() as u32;
                    self.slots[slot] = number;
                    return number;
                }
                number if self.known[number as usize - 1] == wanted => return number,
                _ => slot = (slot + 1) & (self.slots.len() - 1),
            }
        }
    }

    fn slot(&self, Computation { code, left, right }: Computation) -> usize {
        let mixed = u64::from(code)
            .wrapping_add(u64::from(left).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_add(u64::from(right).wrapping_mul(0xc2b2_ae3d_27d4_eb4f));
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 32) as usize & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        let slots = self.slots.len().max(32) * 2;
        self.slots.clear();
        self.slots.resize(slots, UNKNOWN);
        for number in 1..=self.known.len() {
            let mut slot = self.slot(self.known[number - 1]);
            while self.slots[slot] != UNKNOWN {
                slot = (slot + 1) & (slots - 1);
            }
            self.slots[slot] = number as u32;
        }
    }

    /// How many numbers were handed out, which is the highest of them.
    pub(super) fn count(&self) -> u32 {
        self.known.len() as u32
    }

    /// The number of a constant.
    pub(super) fn constant(&mut self, k: u32) -> u32 {
        self.number(u32::from(op::LD_IMM), k, 0)
    }

    /// The constant behind a number, if it is one.
    pub(super) fn as_constant(&self, number: u32) -> Option<u32> {
        let computation = self.known.get((number as usize).checked_sub(1)?)?;
        (computation.code == u32::from(op::LD_IMM)).then_some(computation.left)
    }
}

/// The values of all atoms, somewhere in a block.
pub(super) type State = [u32; SCRATCH + 16];

impl Optimizer<'_> {
    /// Numbers the values in all blocks, from the root down, and simplifies each block on the way.
    pub(super) fn number_values(&mut self, statements: bool) {
        const NOT_REACHED: u32 = u32::MAX;
        let stride = self.stride;
        // What comes into a block is what all ways to it agree on.
        for &id in &self.flow.down {
            self.at_start[id as usize * stride] = NOT_REACHED;
        }
        let root = self.graph.root as usize * stride;
        self.at_start[root..root + stride].fill(UNKNOWN);
        for position in 0..self.flow.down.len() {
            let id = self.flow.down[position];
            // The branches may change below; the values go where the round found them leading.
            let before = self.graph.blocks[id as usize];
            if before.is_return() {
                // Nothing runs behind a return, so what it holds does not matter.
                continue;
            }
            let own = id as usize * stride..(id as usize + 1) * stride;
            if !self.is_settled(id) {
                let mut state: State = [UNKNOWN; SCRATCH + 16];
                copy(&mut state[..stride], &self.at_start[own.clone()]);
                self.simplify(id, &mut state, statements);
                copy(&mut self.at_end[own.clone()], &state[..stride]);
            }
            let outgoing = &self.at_end[own];
            for next in [before.jt, before.jf] {
                let incoming = &mut self.at_start[next as usize * stride..][..stride];
                if incoming[0] == NOT_REACHED {
                    copy(incoming, outgoing);
                } else {
                    for (known, value) in incoming.iter_mut().zip(outgoing) {
                        if *known != *value {
                            *known = UNKNOWN;
                        }
                    }
                }
            }
        }
    }

    /// Whether the block was gone through before, as it is and with the same values, and was left alone.
    fn is_settled(&self, id: BlockId) -> bool {
        let block = &self.graph.blocks[id as usize];
        let own = id as usize * self.stride..(id as usize + 1) * self.stride;
        self.settled[id as usize] == Some((block.jt, block.jf, self.flow.out_use[id as usize]))
            && equal(&self.settled_start[own.clone()], &self.at_start[own])
    }

    /// Goes through one block with the values that come in, and leaves those that go out.
    fn simplify(&mut self, id: BlockId, state: &mut State, statements: bool) {
        let before = self.graph.blocks[id as usize];
        let (first, count) = (before.first as usize, before.count as usize);
        let (a, x) = (state[A], state[X]);
        self.body_before.clear();
        self.body_before.extend_from_slice(&self.graph.stmts[first..first + count]);
        for at in first..first + count {
            let mut stmt = self.graph.stmts[at];
            self.step(&mut stmt, state, statements);
            self.graph.stmts[at] = stmt;
        }
        let idle = statements
            && self.flow.out_use[id as usize] == 0
            && a != UNKNOWN
            && x != UNKNOWN
            && (a, x) == (state[A], state[X]);
        if idle {
            // What is loaded here was there before and is not needed later.
            if count != 0 {
                self.graph.blocks[id as usize].count = 0;
                self.changed.code();
            }
        } else {
            self.peephole(id, state);
            self.dead_stores(id);
        }
        let block = self.graph.blocks[id as usize];
        self.operand[id as usize] = if block.code & op::SRC_X == 0 { block.k } else { state[X] };
        if block == before && self.graph.stmts[first..first + count] == *self.body_before {
            let own = id as usize * self.stride..(id as usize + 1) * self.stride;
            self.settled[id as usize] = Some((block.jt, block.jf, self.flow.out_use[id as usize]));
            copy(&mut self.settled_start[own.clone()], &self.at_start[own]);
        } else {
            self.settled[id as usize] = None;
            self.flow.changed(id);
        }
    }

    /// What one statement does to the values. With `alter`, the statement itself becomes simpler.
    fn step(&mut self, stmt: &mut RawInsn, state: &mut State, alter: bool) {
        let code = u32::from(stmt.code);
        match op::class(stmt.code) {
            _ if stmt.code == op::GONE => {}
            op::CLASS_LD => {
                let mut value = match stmt.code {
                    op::LD_IMM => self.values.constant(stmt.k),
                    op::LD_LEN => self.values.number(code, 0, 0),
                    op::LD_MEM => state[SCRATCH + stmt.k as usize],
                    op::LD_W_IND | op::LD_H_IND | op::LD_B_IND => self.values.number(code, stmt.k, state[X]),
                    _ => self.values.number(code, stmt.k, 0),
                };
                if alter && op::mode(stmt.code) == op::MODE_IND {
                    if let Some(x) = self.values.as_constant(state[X]) {
                        stmt.code = stmt.code & !op::MODE_IND | op::LD_W_ABS;
                        stmt.k = stmt.k.wrapping_add(x);
                        value = self.values.number(u32::from(stmt.code), stmt.k, 0);
                        self.changed.code();
                    }
                } else if alter
                    && stmt.code == op::LD_MEM
                    && let Some(k) = self.values.as_constant(value)
                {
                    (stmt.code, stmt.k) = (op::LD_IMM, k);
                    self.changed.code();
                }
                set(stmt, &mut state[A], value, alter);
            }
            op::CLASS_LDX => {
                let value = match stmt.code {
                    op::LDX_IMM => self.values.constant(stmt.k),
                    op::LDX_MEM => state[SCRATCH + stmt.k as usize],
                    _ => self.values.number(code, stmt.k, 0),
                };
                if alter
                    && stmt.code == op::LDX_MEM
                    && let Some(k) = self.values.as_constant(value)
                {
                    (stmt.code, stmt.k) = (op::LDX_IMM, k);
                    self.changed.code();
                }
                set(stmt, &mut state[X], value, alter);
            }
            op::CLASS_ST => {
                let value = state[A];
                set(stmt, &mut state[SCRATCH + stmt.k as usize], value, alter);
            }
            op::CLASS_STX => {
                let value = state[X];
                set(stmt, &mut state[SCRATCH + stmt.k as usize], value, alter);
            }
            op::CLASS_ALU => self.arithmetic(stmt, state, alter),
            _ if stmt.code == op::TAX => {
                let value = state[A];
                set(stmt, &mut state[X], value, alter);
            }
            _ if stmt.code == op::TXA => {
                let value = state[X];
                set(stmt, &mut state[A], value, alter);
            }
            // Jumps inside a block: what lies behind them is taken as one straight line.
            _ => {}
        }
    }
}

/// `to = from`, for states: most programs use A and X only, too little for a call.
fn copy(to: &mut [u32], from: &[u32]) {
    match (to, from) {
        ([to_a, to_x], [a, x]) => (*to_a, *to_x) = (*a, *x),
        (to, from) => to.copy_from_slice(from),
    }
}

/// `one == other`, for states.
fn equal(one: &[u32], other: &[u32]) -> bool {
    match (one, other) {
        ([a, x], [other_a, other_x]) => a == other_a && x == other_x,
        _ => one == other,
    }
}

/// Gives an atom a value; a statement that would not change it is not needed.
pub(super) fn set(stmt: &mut RawInsn, atom: &mut u32, value: u32, alter: bool) {
    if alter && value != UNKNOWN && *atom == value {
        stmt.code = op::GONE;
    } else {
        *atom = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_computations_have_equal_numbers() {
        let mut values = Numbering::default();
        values.reset(0);
        let five = values.constant(5);
        let load = values.number(0x30, 12, 0);
        assert_ne!(five, load);
        for k in 0..1000 {
            values.number(0x28, k, 0);
        }
        assert_eq!(values.constant(5), five);
        assert_eq!(values.number(0x30, 12, 0), load);
        assert_ne!(values.number(0x30, 12, 1), load);
        assert_eq!(values.as_constant(five), Some(5));
        assert_eq!(values.as_constant(load), None);
        assert_eq!(values.as_constant(UNKNOWN), None);
    }
}
