//! Stopping: everything the socket had received before it is still given.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use synack::sys::inject::Injector;

#[test]
fn a_thousand_stops_right_after_traffic_lose_nothing() {
    in_namespace("live::stop::a_thousand_stops_right_after_traffic_lose_nothing", || {
        const CABLES: u32 = 8;
        const ROUNDS: u32 = 125;
        let race = |cable: u32| {
            let name = format!("a{cable}");
            let out = Injector::open(&name).expect("injector");
            for round in 0..ROUNDS {
                // Blocks that close soon and late: closed and open ones at the stop.
                let timeout = Duration::from_millis(if round % 8 == 0 { 50 } else { 1 });
                let mut capture =
                    Capture::builder(&name).buffer_size(1 << 20).timeout(timeout).open().expect("capture");
                let count = (round * 37 + cable) % 101;
                for number in 0..count {
                    // On its way out a frame passes the socket before this call returns.
                    out.send(&frame(number)).expect("sent");
                }
                let seen = drain(&mut capture, number);
                assert_eq!(seen, (0..count).collect::<Vec<_>>());
                let stats = capture.stats().expect("statistics");
                assert_eq!((stats.received, stats.dropped), (u64::from(count), 0));
            }
        };
        for cable in 0..CABLES {
            ip(&format!("link add a{cable} type veth peer name b{cable}"));
            for end in ["a", "b"] {
                ip(&format!("link set {end}{cable} addrgenmode none"));
                ip(&format!("link set {end}{cable} up"));
            }
        }
        for cable in 0..CABLES {
            wait_until_running(&[&format!("a{cable}")]);
        }
        thread::scope(|scope| {
            for cable in 0..CABLES {
                scope.spawn(move || race(cable));
            }
        });
    });
}

#[test]
fn a_stop_in_full_traffic_leaves_no_gap_and_adds_up() {
    in_namespace("live::stop::a_stop_in_full_traffic_leaves_no_gap_and_adds_up", || {
        veth();
        for round in 0..20u32 {
            let mut capture = Capture::builder("v0").buffer_size(8 << 20).open().expect("capture");
            let handle = capture.stop_handle();
            let done = Arc::new(AtomicBool::new(false));
            let sending = thread::spawn({
                let done = Arc::clone(&done);
                move || {
                    let out = Injector::open("v0").expect("injector");
                    for number in 0.. {
                        out.send(&frame(number)).expect("sent");
                        if done.load(Ordering::Relaxed) {
                            break;
                        }
                        if number == 200 + 50 * round {
                            handle.stop();
                        }
                    }
                }
            });
            let mut seen = Vec::new();
            while let Some(packet) = capture.next_packet().expect("capture") {
                seen.push(number(packet));
            }
            done.store(true, Ordering::Relaxed);
            sending.join().expect("sender");
            let stats = capture.stats().expect("statistics");
            assert_conserved(&stats);
            assert_eq!(stats.dropped, 0);
            let want: Vec<u32> = (0..=200 + 50 * round).collect();
            assert_eq!(seen, want);
        }
    });
}

#[test]
fn a_stop_from_elsewhere_wakes_a_waiting_capture() {
    in_namespace("live::stop::a_stop_from_elsewhere_wakes_a_waiting_capture", || {
        let mut ring = Capture::builder("lo").open().expect("capture");
        let mut raw = RawCapture::builder("lo").open().expect("capture");
        let handles = [ring.stop_handle(), raw.stop_handle()];
        let waiting = [
            thread::spawn(move || ring.next_packet().expect("capture").is_none()),
            thread::spawn(move || raw.next_packet().expect("capture").is_none()),
        ];
        for handle in &handles {
            handle.stop();
            handle.stop();
        }
        for thread in waiting {
            assert!(thread.join().expect("a capture ended"));
        }
    });
}

#[test]
fn a_signal_ends_a_wait_with_idle() {
    in_namespace("live::stop::a_signal_ends_a_wait_with_idle", || {
        use nix::sys::signal::{Signal, kill};
        let flag = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&flag)).expect("a handler");
        let mut ring = Capture::builder("lo").open().expect("capture");
        let mut raw = RawCapture::builder("any").open().expect("capture");
        let captures: [&mut dyn Live; 2] = [&mut ring, &mut raw];
        for capture in captures {
            let done = Arc::new(AtomicBool::new(false));
            let calling = thread::spawn({
                let done = Arc::clone(&done);
                move || {
                    // Until one of them falls into the wait.
                    while !done.load(Ordering::Relaxed) {
                        kill(nix::unistd::getpid(), Signal::SIGUSR1).expect("kill");
                        thread::yield_now();
                    }
                }
            });
            assert_eq!(capture.advance(None).expect("capture"), Step::Idle);
            done.store(true, Ordering::Relaxed);
            calling.join().expect("caller");
            assert!(flag.swap(false, Ordering::Relaxed));
        }
    });
}

#[test]
fn a_stopped_raw_capture_gives_what_was_queued() {
    in_namespace("live::stop::a_stopped_raw_capture_gives_what_was_queued", || {
        let mut raw = RawCapture::builder("lo").open().expect("capture");
        let sender = accounting::TcpSender::new();
        for number in 0..500 {
            sender.send(number);
        }
        let seen = drain(&mut raw, accounting::sequence);
        assert_eq!(seen, (0..500).collect::<Vec<_>>());
        assert_eq!(raw.advance(None).expect("capture"), Step::End);
    });
}
