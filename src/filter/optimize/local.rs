//! What can be made simpler within one block.
use super::super::ir::{Block, BlockId, op};
use super::Optimizer;
use super::flow::{A, Atoms, SCRATCH, X, reads, sets, test_of};
use super::value::{State, set};
use crate::bpf::RawInsn;

/// The operation bits of arithmetic opcodes.
mod operation {
    pub(super) const ADD: u16 = 0x00;
    pub(super) const SUB: u16 = 0x10;
    pub(super) const MUL: u16 = 0x20;
    pub(super) const DIV: u16 = 0x30;
    pub(super) const OR: u16 = 0x40;
    pub(super) const AND: u16 = 0x50;
    pub(super) const LSH: u16 = 0x60;
    pub(super) const RSH: u16 = 0x70;
    pub(super) const MOD: u16 = 0x90;
    pub(super) const XOR: u16 = 0xa0;
}

impl Optimizer<'_> {
    /// Value numbering and constant folding of an arithmetic statement.
    pub(super) fn arithmetic(&mut self, stmt: &mut RawInsn, state: &mut State, alter: bool) {
        let known_a = self.values.as_constant(state[A]);
        if stmt.code == op::NEG {
            state[A] = match known_a.filter(|_| alter) {
                Some(a) => {
                    (stmt.code, stmt.k) = (op::LD_IMM, a.wrapping_neg());
                    self.values.constant(stmt.k)
                }
                None => self.values.number(u32::from(stmt.code), state[A], 0),
            };
            return;
        }
        if stmt.code & op::SRC_X == 0 {
            if alter && stmt.k == 0 && self.with_zero(stmt, state) {
                return;
            }
            if alter && let Some(a) = known_a {
                self.fold(stmt, a, stmt.k);
                state[A] = self.values.constant(stmt.k);
            } else {
                let k = self.values.constant(stmt.k);
                state[A] = self.values.number(u32::from(stmt.code), state[A], k);
            }
            return;
        }
        if alter && let Some(x) = self.values.as_constant(state[X]) {
            self.with_known_x(stmt, state, known_a, x);
            return;
        }
        if alter && known_a == Some(0) && self.zero_with_x(stmt, state) {
            return;
        }
        state[A] = self.values.number(u32::from(stmt.code), state[A], state[X]);
    }

    /// Arithmetic with X, which is a constant and becomes the statement's own.
    fn with_known_x(&mut self, stmt: &mut RawInsn, state: &mut State, known_a: Option<u32>, x: u32) {
        use operation::*;
        if let Some(a) = known_a {
            self.fold(stmt, a, x);
            state[A] = self.values.constant(stmt.k);
            return;
        }
        let operation = op::operation(stmt.code);
        (stmt.code, stmt.k) = (stmt.code & !op::SRC_X, x);
        if matches!(operation, LSH | RSH) && x > 31 {
            self.fault.get_or_insert("shift by more than 31 bits");
        }
        self.changed.code();
        let k = self.values.constant(x);
        state[A] = self.values.number(u32::from(stmt.code), state[A], k);
    }

    /// Arithmetic of zero with X. Whether that settled the statement.
    fn zero_with_x(&mut self, stmt: &mut RawInsn, state: &mut State) -> bool {
        use operation::*;
        let value = match op::operation(stmt.code) {
            ADD | OR | XOR => {
                stmt.code = op::TXA;
                state[X]
            }
            MUL | DIV | MOD | AND | LSH | RSH => {
                (stmt.code, stmt.k) = (op::LD_IMM, 0);
                self.values.constant(0)
            }
            _ => return false,
        };
        set(stmt, &mut state[A], value, true);
        true
    }

    /// Arithmetic with the constant zero. Whether that settled the statement.
    fn with_zero(&mut self, stmt: &mut RawInsn, state: &mut State) -> bool {
        use operation::*;
        match op::operation(stmt.code) {
            ADD | LSH | RSH | OR | XOR => stmt.code = op::GONE,
            MUL | AND => {
                stmt.code = op::LD_IMM;
                state[A] = self.values.constant(0);
            }
            DIV => _ = self.fault.get_or_insert("division by zero"),
            MOD => _ = self.fault.get_or_insert("modulus by zero"),
            _ => return false,
        }
        true
    }

    /// Two constants: the statement becomes the load of the result.
    fn fold(&mut self, stmt: &mut RawInsn, a: u32, b: u32) {
        use operation::*;
        let result = match op::operation(stmt.code) {
            ADD => a.wrapping_add(b),
            SUB => a.wrapping_sub(b),
            MUL => a.wrapping_mul(b),
            DIV => a.checked_div(b).unwrap_or_else(|| {
                self.fault.get_or_insert("division by zero");
                0
            }),
            MOD => a.checked_rem(b).unwrap_or_else(|| {
                self.fault.get_or_insert("modulus by zero");
                0
            }),
            OR => a | b,
            AND => a & b,
            XOR => a ^ b,
            LSH => a.checked_shl(b).unwrap_or(0),
            RSH => a.checked_shr(b).unwrap_or(0),
            _ => return,
        };
        (stmt.code, stmt.k) = (op::LD_IMM, result);
        self.changed.code();
    }

    /// Replaces pairs of statements, and a test with what comes right before it, by something shorter.
    pub(super) fn peephole(&mut self, id: BlockId, state: &State) {
        let mut block = self.graph.blocks[id as usize];
        if block.count == 0 {
            return;
        }
        let x_used = self.flow.out_use[id as usize] & (1 << X) != 0;
        let a_used = self.flow.out_use[id as usize] & (1 << A) != 0;
        let body = self.graph.body_mut(id);
        // The statement right before the test. libpcap takes the very first one where there is no pair,
        // even if that one is gone.
        let mut last = 0;
        let mut at = next_from(body, 0);
        while let Some(this) = at {
            let Some(next) = next_from(body, this + 1) else { break };
            last = next;
            at = Some(next);
            if shorten_pair(body, this, next) {
                self.changed.code();
            }
            if body[this].code == op::LD_IMM && !x_used && fold_index(body, this, next) {
                self.changed.code();
            }
        }
        if block.code == op::JEQ_K && !a_used {
            let mut before = body[last];
            self.shorten_test(&mut block, &mut before, state);
            self.graph.body_mut(id)[last] = before;
        }
        self.settle(&mut block, state);
        self.graph.blocks[id as usize] = block;
    }

    /// Takes the statement before a test for equality into the test, where nothing else reads A.
    fn shorten_test(&mut self, block: &mut Block, before: &mut RawInsn, state: &State) {
        match before.code {
            op::SUB_X => {
                if let Some(x) = self.values.as_constant(state[X]) {
                    block.k = block.k.wrapping_add(x);
                } else if block.k == 0 {
                    block.code = op::JEQ_X;
                } else {
                    return;
                }
            }
            op::SUB_K => block.k = block.k.wrapping_add(before.k),
            op::AND_K if block.k == 0 => {
                (block.code, block.k) = (op::JSET_K, before.k);
                (block.jt, block.jf) = (block.jf, block.jt);
            }
            _ => return,
        }
        before.code = op::GONE;
        self.changed.code();
    }

    /// A test whose outcome is known goes one way only.
    fn settle(&mut self, block: &mut Block, state: &State) {
        if block.code == op::JSET_K {
            if block.k == 0 {
                block.jt = block.jf;
            }
            // Not quite true: zero has no bit in common with anything. But so libpcap has it.
            if block.k == u32::MAX {
                block.jf = block.jt;
            }
        }
        if block.code & op::SRC_X != 0
            && let Some(x) = self.values.as_constant(state[X])
        {
            block.code &= !op::SRC_X;
            block.k = x;
        }
        if block.code & op::SRC_X == 0
            && let Some(a) = self.values.as_constant(state[A])
        {
            let holds = match block.code {
                op::JEQ_K => a == block.k,
                op::JGT_K => a > block.k,
                op::JGE_K => a >= block.k,
                _ => a & block.k != 0,
            };
            if block.jt != block.jf {
                self.changed.code();
            }
            if holds {
                block.jf = block.jt;
            } else {
                block.jt = block.jf;
            }
        }
    }

    /// Takes out statements whose result nothing reads.
    pub(super) fn dead_stores(&mut self, id: BlockId) {
        // The atoms that were set and not read since, and where.
        let mut unread: Atoms = 0;
        let mut set_at = [0_usize; SCRATCH + 16];
        let block = self.graph.blocks[id as usize];
        let out_use = self.flow.out_use[id as usize];
        let test = test_of(&block);
        let body = self.graph.body_mut(id);
        for at in 0..body.len() {
            let stmt = body[at];
            unread &= !reads(stmt);
            if let Some(atom) = sets(stmt) {
                if unread & (1 << atom) != 0 {
                    body[set_at[atom]].code = op::GONE;
                    self.changed.code();
                }
                unread |= 1 << atom;
                set_at[atom] = at;
            }
        }
        unread &= !(reads(test) | out_use);
        while unread != 0 {
            body[set_at[unread.trailing_zeros() as usize]].code = op::GONE;
            self.changed.code();
            unread &= unread - 1;
        }
    }
}

/// The first statement from `at` on that is not gone.
fn next_from(body: &[RawInsn], at: usize) -> Option<usize> {
    (at..body.len()).find(|&at| body[at].code != op::GONE)
}

fn is_indirect(code: u16) -> bool {
    op::class(code) == op::CLASS_LD && op::mode(code) == op::MODE_IND
}

/// Replaces what is stored only to be loaded, or loaded only to be moved. Whether it did.
fn shorten_pair(body: &mut [RawInsn], this: usize, next: usize) -> bool {
    let mut changed = false;
    if body[this].code == op::ST && body[next].code == op::LDX_MEM && body[this].k == body[next].k {
        body[next].code = op::TAX;
        changed = true;
    }
    if body[this].code == op::LD_IMM && body[next].code == op::TAX {
        body[this].code = op::LDX_IMM;
        body[next].code = op::TXA;
        changed = true;
    }
    changed
}

/// Puts a constant index that is added to a variable one into the load's own offset. Whether it did.
fn fold_index(body: &mut [RawInsn], this: usize, next: usize) -> bool {
    let add = if body[next].code == op::LDX_MSH { next_from(body, next + 1) } else { Some(next) };
    let Some(add) = add.filter(|&add| body[add].code == op::ADD_X) else { return false };
    let Some(tax) = next_from(body, add + 1).filter(|&tax| body[tax].code == op::TAX) else { return false };
    let Some(load) = next_from(body, tax + 1).filter(|&load| is_indirect(body[load].code)) else {
        return false;
    };
    body[load].k = body[load].k.wrapping_add(body[this].k);
    for gone in [this, add, tax] {
        body[gone].code = op::GONE;
    }
    true
}
