//! Captures in several files: none lost, none twice, none written through a planted link.
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use synack::savefile::{
    Calendar, Clock, FileEvent, HeldFolder, Ownership, PacketWriter, RotatingWriter, Rotation, Surroundings,
    pcap,
};
use synack::{LinkType, Packet, Timestamp};

use super::oracle::{Dir, each};

/// A clock that is set by hand.
#[derive(Clone, Default)]
pub(crate) struct Hand(Arc<Mutex<(Duration, i64)>>);

impl Hand {
    fn pass(&self, time: Duration) {
        self.0.lock().unwrap().0 += time;
    }

    /// The time of day goes by this many seconds more than it should.
    fn set_wall(&self, off: i64) {
        self.0.lock().unwrap().1 = off;
    }
}

impl Clock for Hand {
    fn monotonic(&self) -> Duration {
        self.0.lock().unwrap().0
    }
    fn wall(&self) -> Timestamp {
        let (since, off) = *self.0.lock().unwrap();
        Timestamp::new(1_000 + since.as_secs() as i64 + off, 0)
    }
}

/// Knows `%s`, and `%S` of a minute that has ten of them.
struct Seconds;
impl Calendar for Seconds {
    fn expand(&self, template: &str, time: Timestamp) -> String {
        template.replace("%s", &time.secs.to_string()).replace("%S", &(time.secs % 10).to_string())
    }
}

pub(crate) fn surroundings(dir: &Path, clock: Hand) -> Surroundings {
    Surroundings {
        folder: Box::new(HeldFolder::open(dir).unwrap()),
        ownership: Ownership::of_process().unwrap(),
        begin: Box::new(|file, path| {
            let options = pcap::PcapOptions::new(LinkType::ETHERNET);
            Ok(Box::new(pcap::PcapWriter::new(file, path.display().to_string(), options)?))
        }),
        conclude: None,
        calendar: Box::new(Seconds),
        clock: Box::new(clock),
    }
}

/// Writes a packet of this length that begins with its number.
fn write(writer: &mut RotatingWriter, number: u32, length: usize) -> Result<(), synack::Error> {
    let mut data = vec![0; length];
    data[..4].copy_from_slice(&number.to_be_bytes());
    writer.write(&Packet::new(LinkType::ETHERNET, &data))
}

/// The packets' numbers in a file.
fn numbers(path: &Path) -> Vec<u32> {
    let mut numbers = Vec::new();
    let error = each(&fs::read(path).unwrap(), |p| {
        numbers.push(u32::from_be_bytes(p.data[..4].try_into().unwrap()));
    });
    assert_eq!(error, None, "{}", path.display());
    numbers
}

fn events(writer: &mut RotatingWriter) -> Vec<FileEvent> {
    std::iter::from_fn(|| writer.next_event()).collect()
}

/// Names in a directory, sorted.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

#[test]
fn rotation_by_size_loses_nothing_and_hands_over_closed_files() {
    let dir = Dir::new();
    let rotation = Rotation { size: Some(10_000), ..Rotation::default() };
    let mut writer = RotatingWriter::new(rotation, "f", surroundings(dir.path(), Hand::default())).unwrap();
    let mut closed = Vec::new();
    let mut seen: Vec<u32> = Vec::new();
    for n in 0..3000 {
        write(&mut writer, n, 100).unwrap();
        for event in events(&mut writer) {
            let FileEvent::Closed(path) = event else { panic!("{event:?}") };
            // Complete at this moment, before anything else is written.
            seen.extend(numbers(&path));
            closed.push(path);
        }
    }
    writer.close().unwrap();
    assert_eq!(writer.written(), 3000);
    seen.extend(numbers(&dir.path().join(format!("f{}", closed.len()))));
    assert!(seen.into_iter().eq(0..3000));
    assert_eq!((closed[0].clone(), closed[1].clone()), (dir.path().join("f"), dir.path().join("f1")));
    // A file ends slightly above the limit, as with tcpdump.
    let length = fs::metadata(&closed[0]).unwrap().len();
    assert!((10_001..10_001 + 116).contains(&length), "{length}");
}

#[test]
fn names_are_used_again_in_turn() {
    let dir = Dir::new();
    let rotation = Rotation { size: Some(1000), files: Some(3), ..Rotation::default() };
    let mut writer = RotatingWriter::new(rotation, "f", surroundings(dir.path(), Hand::default())).unwrap();
    for n in 0..100 {
        write(&mut writer, n, 100).unwrap();
    }
    writer.close().unwrap();
    assert_eq!(names(dir.path()), ["f0", "f1", "f2"]);
    let mut last: Vec<u32> =
        names(dir.path()).iter().flat_map(|name| numbers(&dir.path().join(name))).collect();
    last.sort_unstable();
    assert!(last.iter().copied().eq(100 - last.len() as u32..100));
}

#[test]
fn an_idle_link_rotates_on_time() {
    let dir = Dir::new();
    let clock = Hand::default();
    let rotation = Rotation { every: Some(Duration::from_secs(2)), ..Rotation::default() };
    let mut writer = RotatingWriter::new(rotation, "g-%s", surroundings(dir.path(), clock.clone())).unwrap();
    write(&mut writer, 7, 60).unwrap();
    for _ in 0..7 {
        clock.pass(Duration::from_secs(1));
        writer.tick().unwrap();
    }
    assert_eq!(names(dir.path()), ["g-1000", "g-1002", "g-1004", "g-1006"]);
    assert_eq!(events(&mut writer).len(), 3);
    assert_eq!(numbers(&dir.path().join("g-1000")), [7]);
    assert_eq!(numbers(&dir.path().join("g-1002")), Vec::<u32>::new());
    assert_eq!(writer.deadline(), Some(Duration::from_secs(8)));
}

#[test]
fn what_was_in_files_that_are_written_over_is_counted() {
    let dir = Dir::new();
    let rotation = Rotation { size: Some(100), files: Some(2), ..Rotation::default() };
    let mut writer = RotatingWriter::new(rotation, "f", surroundings(dir.path(), Hand::default())).unwrap();
    // Two packets a file.
    for n in 0..9 {
        write(&mut writer, n, 60).unwrap();
        assert_eq!(writer.deleted(), u64::from((n / 2).saturating_sub(1)) * 2, "packet {n}");
    }
    writer.close().unwrap();
    assert_eq!(
        (names(dir.path()), writer.written(), writer.deleted()),
        (vec!["f0".into(), "f1".into()], 9, 6)
    );
    assert_eq!((numbers(&dir.path().join("f0")), numbers(&dir.path().join("f1"))), (vec![8], vec![6, 7]));
}

/// All packets in a directory, in order.
fn all_numbers(dir: &Path) -> Vec<u32> {
    let mut all: Vec<u32> = names(dir).iter().flat_map(|name| numbers(&dir.join(name))).collect();
    all.sort_unstable();
    all
}

#[test]
fn a_time_that_comes_again_destroys_nothing() {
    // The hour of ten seconds comes again and again.
    let dir = Dir::new();
    let clock = Hand::default();
    let rotation = Rotation { every: Some(Duration::from_secs(5)), ..Rotation::default() };
    let mut writer = RotatingWriter::new(rotation, "g-%S", surroundings(dir.path(), clock.clone())).unwrap();
    for n in 0..7 {
        write(&mut writer, n, 60).unwrap();
        clock.pass(Duration::from_secs(5));
        writer.tick().unwrap();
    }
    writer.close().unwrap();
    assert_eq!(names(dir.path()), ["g-0", "g-01", "g-02", "g-03", "g-5", "g-51", "g-52", "g-53"]);
    assert!(all_numbers(dir.path()).into_iter().eq(0..7));
    assert_eq!((writer.written(), writer.deleted()), (7, 0));
}

#[test]
fn a_clock_that_goes_anywhere_destroys_nothing() {
    let mut dice = super::craft::Dice(0x71e);
    for round in 0..60 {
        let dir = Dir::new();
        // Of an earlier run: to be written over.
        dir.file("g1003", b"old");
        let clock = Hand::default();
        let every = dice.roll(4) > 0;
        let rotation = Rotation {
            every: every.then(|| Duration::from_secs(1)),
            size: (dice.roll(2) == 0 || !every).then(|| dice.roll(400) as u64 + 1),
            ..Rotation::default()
        };
        // Numbers after the seconds are like other seconds: 100 and 1 is 1001.
        let template = ["g%s", "g%S", "g1%S", "g"][dice.roll(4)];
        let mut writer =
            RotatingWriter::new(rotation, template, surroundings(dir.path(), clock.clone())).unwrap();
        for n in 0..200 {
            write(&mut writer, n, 60 + dice.roll(100)).unwrap();
            if dice.roll(3) == 0 {
                clock.set_wall([0, 3, 90, 900][dice.roll(4)] - dice.roll(12) as i64);
                clock.pass(Duration::from_secs(1));
                writer.tick().unwrap();
            }
        }
        writer.close().unwrap();
        let old = dir.path().join("g1003");
        if fs::read(&old).is_ok_and(|bytes| bytes == b"old") {
            fs::remove_file(old).unwrap();
        }
        let kept = all_numbers(dir.path());
        assert!(
            kept.into_iter().eq(0..200),
            "round {round}: {template} {rotation:?} {:?}",
            names(dir.path())
        );
    }
}

#[test]
fn the_number_of_files_by_time_can_be_limited() {
    let dir = Dir::new();
    let clock = Hand::default();
    let rotation = Rotation { every: Some(Duration::from_secs(1)), files: Some(2), ..Rotation::default() };
    let mut writer = RotatingWriter::new(rotation, "g-%s", surroundings(dir.path(), clock.clone())).unwrap();
    for _ in 0..5 {
        clock.pass(Duration::from_secs(1));
        writer.tick().unwrap();
    }
    assert!(writer.is_finished());
    assert_eq!(names(dir.path()), ["g-1000", "g-1001"]);
    assert_eq!(events(&mut writer).pop(), Some(FileEvent::LimitReached(2)));
    assert!(write(&mut writer, 1, 60).is_err());
}

#[test]
fn a_link_planted_at_the_next_name_is_avoided_and_nothing_is_lost() {
    let dir = Dir::new();
    let secret = dir.file("secret", b"precious");
    let files = dir.path().join("files");
    fs::create_dir(&files).unwrap();
    symlink(&secret, files.join("f1")).unwrap();
    fs::hard_link(&secret, files.join("f2")).unwrap();
    fs::create_dir(files.join("f3")).unwrap();
    symlink("f4", files.join("f4")).unwrap();
    symlink(&secret, files.join("f4.1")).unwrap();
    // Whoever made it would read along.
    nix::unistd::mkfifo(&files.join("f5"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let rotation = Rotation { size: Some(1000), ..Rotation::default() };
    let mut writer = RotatingWriter::new(rotation, "f", surroundings(&files, Hand::default())).unwrap();
    for n in 0..54 {
        write(&mut writer, n, 100).unwrap();
    }
    writer.close().unwrap();
    assert_eq!(fs::read(&secret).unwrap(), b"precious");
    let made = ["f", "f1.1", "f2.1", "f3.1", "f4.2", "f5.1"];
    let all: Vec<u32> = made.iter().flat_map(|name| numbers(&files.join(name))).collect();
    assert!(all.into_iter().eq(0..54));
    let avoided: Vec<PathBuf> = events(&mut writer)
        .into_iter()
        .filter_map(|event| match event {
            FileEvent::Avoided(_, used) => Some(used),
            _ => None,
        })
        .collect();
    assert_eq!(avoided, ["f1.1", "f2.1", "f3.1", "f4.2", "f5.1"].map(|name| files.join(name)));
}

#[test]
fn the_first_file_is_not_made_under_another_name() {
    let dir = Dir::new();
    symlink("elsewhere", dir.path().join("f")).unwrap();
    let rotation = Rotation { size: Some(1000), ..Rotation::default() };
    let result = RotatingWriter::new(rotation, "f", surroundings(dir.path(), Hand::default()));
    assert!(result.err().unwrap().to_string().ends_with("it is a symbolic link"));
    assert_eq!(names(dir.path()), ["f"]);
}

#[test]
fn a_ring_keeps_the_newest_files() {
    let dir = Dir::new();
    let rotation = Rotation { size: Some(1000), ring: Some(3), ..Rotation::default() };
    let mut writer = RotatingWriter::new(rotation, "f", surroundings(dir.path(), Hand::default())).unwrap();
    for n in 0..95 {
        write(&mut writer, n, 100).unwrap();
        assert!(names(dir.path()).len() <= 3);
    }
    writer.close().unwrap();
    let kept: Vec<u32> =
        ["f8", "f9", "f10"].iter().flat_map(|name| numbers(&dir.path().join(name))).collect();
    assert_eq!(names(dir.path()), ["f10", "f8", "f9"]);
    assert_eq!(writer.written() - writer.deleted(), kept.len() as u64);
    assert!(kept.into_iter().eq(writer.deleted() as u32..95));
}
