//! Full disks, on small file systems of our own.
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use synack::savefile::{
    Compression, Ownership, PacketWriter, RotatingWriter, Rotation, Sink, create, pcap, pcapng,
};
use synack::{Error, LinkType, Packet};

use super::craft::Dice;
use super::oracle::{Dir, each};
use super::rotation::surroundings;
use crate::needs;

/// A file system in memory of so many KiB; unmounted with the value.
struct Small(Dir);

impl Small {
    fn mount(kib: usize) -> Option<Self> {
        let dir = Dir::new();
        let size = format!("size={kib}k");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output();
        let mounted = mount.is_ok_and(|output| output.status.success());
        needs::allowed("to mount a file system", mounted).then_some(Self(dir))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

fn readable(path: &Path) -> u64 {
    let mut packets = 0;
    let error = each(&fs::read(path).unwrap(), |_| packets += 1);
    assert_eq!(error, None, "{}", path.display());
    packets
}

type Make = fn(File) -> Result<Box<dyn PacketWriter>, Error>;

fn classic<S: Sink + 'static>(file: S) -> Result<Box<dyn PacketWriter>, Error> {
    Ok(Box::new(pcap::PcapWriter::new(file, "full", pcap::PcapOptions::new(LinkType::ETHERNET))?))
}

fn compressed(file: File, compression: Compression) -> Result<Box<dyn PacketWriter>, Error> {
    let options = pcap::PcapOptions::new(LinkType::ETHERNET);
    Ok(Box::new(pcap::PcapWriter::compressed(file, "full", options, compression)?))
}

const MAKERS: [(&str, Make); 5] = [
    ("pcap", classic::<File>),
    ("pcapng", |file| {
        Ok(Box::new(pcapng::PcapngWriter::new(file, "full", &pcapng::SectionOptions::default())?))
    }),
    ("pcap.gz", |file| compressed(file, Compression::Gzip)),
    ("pcap.zst", |file| compressed(file, Compression::Zstd)),
    ("pcap.lz4", |file| compressed(file, Compression::Lz4)),
];

#[test]
fn fifty_full_disks_leave_whole_files_and_true_counts() {
    let Some(small) = Small::mount(256) else { return };
    let mut dice = Dice(0xd15c);
    for round in 0..50 {
        let (name, make) = MAKERS[round % 5];
        // Something else takes a part of the disk, to a random byte.
        let taken = dice.roll(200 * 1024);
        fs::write(small.0.path().join("other"), vec![1; taken]).unwrap();
        let path = small.0.path().join("capture");
        let file = create(&path, &Ownership::of_process().unwrap()).unwrap();
        let mut writer = make(file).unwrap();
        let mut noise = vec![0; 1500];
        let (mut accepted, mut error) = (0u64, None);
        for _ in 0..20_000 {
            noise.fill_with(|| dice.roll(256) as u8);
            let length = 60 + dice.roll(1400);
            let result = writer.write(&Packet::new(LinkType::ETHERNET, &noise[..length]));
            let result = result.and_then(|()| if dice.roll(100) == 0 { writer.flush() } else { Ok(()) });
            accepted += 1;
            if let Err(e) = result {
                error = Some(e);
                break;
            }
        }
        let error = error.unwrap_or_else(|| panic!("{name}: the disk is never full"));
        assert_eq!(error.to_string(), "full: No space left on device");
        let written = writer.written();
        drop(writer);
        assert!(written < accepted);
        assert_eq!(readable(&path), written, "{name}, {taken} taken");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_ring_on_a_full_disk_makes_room_and_goes_on() {
    let Some(small) = Small::mount(256) else { return };
    let dir = small.0.path();
    let rotation = Rotation { size: Some(40_000), ring: Some(100), ..Rotation::default() };
    let mut writer = RotatingWriter::new(rotation, "f", surroundings(dir, Default::default())).unwrap();
    for n in 0..10_000u32 {
        let mut data = [0; 500];
        data[..4].copy_from_slice(&n.to_be_bytes());
        writer.write(&Packet::new(LinkType::ETHERNET, &data)).unwrap();
    }
    writer.close().unwrap();
    assert_eq!(writer.written(), 10_000);
    let kept: u64 = fs::read_dir(dir).unwrap().map(|entry| readable(&entry.unwrap().path())).sum();
    assert_eq!(kept, writer.written() - writer.deleted());
    assert!(kept > 300, "{kept}");
}

/// Somebody has each file open until a while after it was deleted: a reader, or who asks the disk
/// whether it keeps it.
#[test]
fn a_ring_on_a_full_disk_waits_for_the_room_of_what_it_deleted() {
    let Some(small) = Small::mount(256) else { return };
    let dir = small.0.path();
    let held: Arc<Mutex<Vec<File>>> = Arc::default();
    let mut around = surroundings(dir, Default::default());
    let (mut begin, holder) = (around.begin, Arc::clone(&held));
    around.begin = Box::new(move |file, path| {
        holder.lock().unwrap().push(file.try_clone().unwrap());
        begin(file, path)
    });
    let writing = AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while writing.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(3));
                held.lock().unwrap().retain(|file| file.metadata().unwrap().nlink() > 0);
            }
        });
        let rotation = Rotation { size: Some(40_000), ring: Some(100), ..Rotation::default() };
        let mut writer = RotatingWriter::new(rotation, "f", around).unwrap();
        let done = (0..4000_u32).try_for_each(|n| {
            let mut data = [0; 500];
            data[..4].copy_from_slice(&n.to_be_bytes());
            writer.write(&Packet::new(LinkType::ETHERNET, &data))
        });
        let done = done.and_then(|()| writer.close());
        writing.store(false, Ordering::Relaxed);
        done.unwrap();
        let kept = writer.written() - writer.deleted();
        assert!(kept > 300, "{kept}: none is deleted in vain");
    });
}

#[test]
fn a_device_that_is_always_full_is_an_error_at_once() {
    let file = create(Path::new("/dev/full"), &Ownership::of_process().unwrap()).unwrap();
    let error = classic(file).err().unwrap();
    assert_eq!(error.to_string(), "full: No space left on device");
}

/// A disk that takes so many bytes, the last of them in a short write, and then nothing any more:
/// no write, no cut, for ever.
#[derive(Clone)]
struct Dying(Arc<Mutex<(Vec<u8>, usize)>>);

impl Dying {
    /// Of `wanted` bytes those it takes.
    fn take(&self, wanted: usize) -> io::Result<usize> {
        let left = &mut self.0.lock().unwrap().1;
        let taken = wanted.min(*left);
        *left -= taken;
        if taken == 0 && wanted > 0 { Err(io::Error::from_raw_os_error(libc::EIO)) } else { Ok(taken) }
    }
}

impl Write for Dying {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.take(bytes.len())?;
        self.0.lock().unwrap().0.extend(&bytes[..taken]);
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Dying {
    fn cut(&mut self, _len: u64) -> io::Result<()> {
        self.take(1).map(drop)
    }
    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        // As the system does with so few bytes: all or none.
        if self.take(bytes.len())? < bytes.len() {
            return Err(io::Error::from_raw_os_error(libc::EIO));
        }
        self.0.lock().unwrap().0.overwrite(at, bytes)
    }
}

#[test]
fn what_a_dying_disk_took_is_what_is_said_in_every_format() {
    let mut dice = Dice(0xd1e);
    for round in 0..400 {
        let room = 24 + dice.roll(60_000);
        let disk = Dying(Arc::new(Mutex::new((Vec::new(), room))));
        let options = pcap::PcapOptions::new(LinkType::ETHERNET);
        let packed = |compression| -> Result<Box<dyn PacketWriter>, Error> {
            Ok(Box::new(pcap::PcapWriter::compressed(disk.clone(), "x", options, compression)?))
        };
        let (name, made) = match round % 5 {
            0 => ("pcap", classic(disk.clone())),
            1 => {
                let section = pcapng::SectionOptions::default();
                let writer = pcapng::PcapngWriter::new(disk.clone(), "x", &section);
                ("pcapng", writer.map(|writer| -> Box<dyn PacketWriter> { Box::new(writer) }))
            }
            2 => ("gz", packed(Compression::Gzip)),
            3 => ("zst", packed(Compression::Zstd)),
            _ => ("lz4", packed(Compression::Lz4)),
        };
        let Ok(mut writer) = made else { continue };
        let mut noise = vec![0; 1500];
        let mut failed = false;
        for _ in 0..2000 {
            noise.fill_with(|| dice.roll(7) as u8);
            let packet = Packet::new(LinkType::ETHERNET, &noise[..60 + dice.roll(200)]);
            let result = writer.write(&packet);
            failed = result.and_then(|()| if dice.roll(40) == 0 { writer.flush() } else { Ok(()) }).is_err();
            if failed {
                break;
            }
        }
        if !failed && writer.flush().is_ok() {
            continue;
        }
        assert!(writer.retry().is_err());
        let written = writer.written();
        drop(writer);
        let mut readable = 0;
        let _damage = each(&disk.0.lock().unwrap().0, |_| readable += 1);
        assert_eq!(readable, written, "{name}, room for {room}");
    }
}
