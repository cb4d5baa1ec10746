//! Filters in the kernel and, where it takes none, here: with the same verdicts.
use super::*;
use synack::LinkType;
use synack::bpf::{Program, RawInsn};
use synack::capture::FilterMode;
use synack::sys::inject::Injector;

fn op(code: u16, jt: u8, jf: u8, k: u32) -> RawInsn {
    RawInsn { code, jt, jf, k }
}

/// Accepts packets whose byte at this offset is even.
fn even(at: u32) -> Vec<RawInsn> {
    vec![op(0x30, 0, 0, at), op(0x45, 0, 1, 1), op(0x06, 0, 0, 0), op(0x06, 0, 0, 262_144)]
}

/// The last byte of a [`frame`], counted from its start.
const LAST: u32 = 14 + 20 + 8 + 3;

/// The same program made too long for the kernel by instructions that do nothing.
fn too_long(program: &[RawInsn]) -> Program {
    let mut insns = vec![op(0x00, 0, 0, 0); 5000];
    insns.extend_from_slice(program);
    Program::for_user_space(insns).expect("valid")
}

fn kernel(program: Vec<RawInsn>) -> Program {
    Program::new(program).expect("valid")
}

fn send(numbers: std::ops::Range<u32>) {
    let out = Injector::open("v0").expect("injector");
    numbers.for_each(|number| out.send(&frame(number)).expect("sent"));
}

#[test]
fn a_filter_in_the_kernel_keeps_the_rest_out_of_the_ring() {
    in_namespace("live::filters::a_filter_in_the_kernel_keeps_the_rest_out_of_the_ring", || {
        veth();
        let program = kernel(even(LAST));
        let mut capture = Capture::builder("v0").filter(&program).open().expect("capture");
        assert_eq!(capture.filter_mode(), FilterMode::Kernel);
        send(0..100);
        let seen = drain(&mut capture, number);
        assert_eq!(seen, (0..100).step_by(2).collect::<Vec<_>>());
        let stats = capture.stats().expect("statistics");
        assert_eq!((stats.received, stats.filtered), (50, 0));
    });
}

#[test]
fn a_filter_the_kernel_refuses_runs_here_with_the_same_verdicts() {
    in_namespace("live::filters::a_filter_the_kernel_refuses_runs_here_with_the_same_verdicts", || {
        veth();
        let program = too_long(&even(LAST));
        let mut capture = Capture::builder("v0").filter(&program).open().expect("capture");
        assert_eq!(capture.filter_mode(), FilterMode::UserSpace);
        send(0..100);
        let seen = drain(&mut capture, number);
        assert_eq!(seen, (0..100).step_by(2).collect::<Vec<_>>());
        let stats = capture.stats().expect("statistics");
        assert_conserved(&stats);
        assert_eq!((stats.received, stats.filtered), (100, 50));
    });
}

#[test]
fn a_new_filter_holds_from_its_call_on() {
    in_namespace("live::filters::a_new_filter_holds_from_its_call_on", || {
        veth();
        let mut capture = Capture::builder("v0").open().expect("capture");
        for (round, program) in
            [kernel(even(LAST)), too_long(&even(LAST)), kernel(even(LAST))].iter().enumerate()
        {
            send(0..30);
            capture.set_filter(program).expect("attached");
            send(0..100);
            let seen: Vec<u32> = (0..50).map(|_| one(&mut capture, number)).collect();
            assert_eq!(seen, (0..100).step_by(2).collect::<Vec<_>>(), "round {round}");
        }
        assert!(drain(&mut capture, number).is_empty());
        let stats = capture.stats().expect("statistics");
        assert_conserved(&stats);
        assert_eq!(stats.delivered, 150);
        // What came before each call: 30, 15, 30 of which the filter here had refused none yet;
        // and the 50 odd ones that the second filter refused.
        assert_eq!(stats.filtered, 30 + 15 + 50 + 30);
        assert_eq!(stats.dropped, 0);
    });
}

#[test]
fn a_stopped_capture_stays_stopped_when_its_filter_changes() {
    in_namespace("live::filters::a_stopped_capture_stays_stopped_when_its_filter_changes", || {
        veth();
        let mut capture = Capture::builder("v0").open().expect("capture");
        capture.stop();
        capture.set_filter(&kernel(even(LAST))).expect("attached");
        send(0..10);
        assert_eq!(capture.advance(None).expect("capture"), Step::End);
    });
}

#[test]
fn a_filter_for_a_cooked_header_runs_in_the_kernel_without_it() {
    in_namespace("live::filters::a_filter_for_a_cooked_header_runs_in_the_kernel_without_it", || {
        veth();
        // Outgoing (4 at offset 10 of the cooked header), and the payload's last byte even.
        let mut program = vec![op(0x30, 0, 0, 10), op(0x15, 0, 2, 4)];
        program.extend(even(LAST - 14 + 20));
        let programs =
            [(kernel(program.clone()), FilterMode::Kernel), (too_long(&program), FilterMode::UserSpace)];
        for (program, mode) in programs {
            let mut capture = Capture::builder("any").filter(&program).open().expect("capture");
            assert_eq!(capture.filter_mode(), mode);
            send(0..40);
            let seen = drain(&mut capture, number);
            assert_eq!(seen, (0..40).step_by(2).collect::<Vec<_>>());
        }
        // The hardware address is in the header but not where the kernel could look.
        let address = kernel(vec![op(0x30, 0, 0, 12), op(0x06, 0, 0, 1)]);
        let capture = Capture::builder("any").filter(&address).open().expect("capture");
        assert_eq!(capture.filter_mode(), FilterMode::UserSpace);
    });
}

#[test]
fn the_raw_engine_filters_in_the_kernel_and_here() {
    in_namespace("live::filters::the_raw_engine_filters_in_the_kernel_and_here", || {
        // The last byte of the sequence number.
        for program in [kernel(even(27)), too_long(&even(27))] {
            let mut capture = RawCapture::builder("lo").filter(&program).open().expect("capture");
            let sender = accounting::TcpSender::new();
            (0..100).for_each(|number| sender.send(number));
            let seen = drain(&mut capture, accounting::sequence);
            assert_eq!(seen, (0..100).step_by(2).collect::<Vec<_>>());
            assert_conserved(&capture.stats().expect("statistics"));
        }
    });
}

#[test]
fn the_link_type_to_compile_for_is_known_before_opening() {
    let any = Capture::builder("any").resolve_link_type().expect("any is there");
    assert_eq!(any, LinkType::LINUX_SLL2);
    let first = Capture::builder("any").link_type(LinkType::LINUX_SLL);
    assert_eq!(first.resolve_link_type().expect("a choice"), LinkType::LINUX_SLL);
    assert!(Capture::builder("any").link_type(LinkType::RAW).resolve_link_type().is_err());
}
