//! Files of one folder for whoever asks: a path is answered by `OK` and the length, then the bytes,
//! or by `NO` and the reason. Then comes the next path, until the client ends.
//!
//! `cargo run --example file_transfer -- server 127.0.0.1:7020 FOLDER`, and `… -- client
//! 127.0.0.1:7020 INTO`, which asks for paths, or takes further arguments, and saves into INTO.
//! To watch: the window and full-sized segments with a large file, one connection for all files.
mod lab;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use lab::lines;

const USAGE: &str =
    "file_transfer server ADDRESS FOLDER [CLIENTS] | file_transfer client ADDRESS INTO [PATH...]";

fn main() -> ExitCode {
    lab::run(USAGE, |words| match words {
        ["server", address, folder, clients @ ..] => Some(serve(address, folder.as_ref(), clients)),
        ["client", address, into, paths @ ..] => Some(fetch_all(address, into.as_ref(), paths)),
        _ => None,
    })
}

fn serve(address: &str, folder: &Path, clients: &[&str]) -> lab::Outcome {
    let folder = folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))?;
    if !folder.is_dir() {
        return Err(format!("{}: not a folder", folder.display()).into());
    }
    lab::serve(address, clients, |client| answer(client, &folder))
}

fn answer(mut client: &TcpStream, folder: &Path) -> io::Result<()> {
    let mut requests = BufReader::new(client);
    while let Some(path) = lines::line(&mut requests)? {
        match open(folder, path.as_ref()) {
            Ok((file, length)) => {
                lines::send(client, &format!("OK {length}"))?;
                // Who was promised a length must not take the next answer for a part of the file.
                if io::copy(&mut file.take(length), &mut client)? < length {
                    return Err(io::Error::other("the file became shorter while it was sent"));
                }
            }
            Err(why) => lines::send(client, &format!("NO {why}"))?,
        }
    }
    Ok(())
}

/// The file at `path` below `folder` and its length, or why there is none.
fn open(folder: &Path, path: &Path) -> Result<(File, u64), String> {
    const OUTSIDE: &str = "outside the folder";
    // Before the system is asked, so that the answer does not tell what is there outside.
    if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(OUTSIDE.into());
    }
    let reason = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => error.to_string(),
    };
    // Links followed: where the path really leads.
    let place = folder.join(path).canonicalize().map_err(reason)?;
    if !place.starts_with(folder) {
        return Err(OUTSIDE.into());
    }
    if !place.is_file() {
        return Err("not a regular file".into());
    }
    let file = File::open(&place).map_err(reason)?;
    // Somebody may have put a link there since: the open file itself says where it is.
    let opened = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).map_err(reason)?;
    let length = file.metadata().map_err(reason)?.len();
    if opened.starts_with(folder) { Ok((file, length)) } else { Err(OUTSIDE.into()) }
}

fn fetch_all(address: &str, into: &Path, paths: &[&str]) -> lab::Outcome {
    let stream = lab::connect(address)?;
    let mut server = BufReader::new(&stream);
    for path in lines::commands(paths, "path? ") {
        let path = path?;
        let shown = lab::printable(path.as_bytes());
        let answer = lines::ask(&mut server, &path)?;
        match answer.split_once(' ') {
            Some(("OK", length)) => {
                let length = length.parse().map_err(|_| "the server's length is no number")?;
                let place = into.join(Path::new(&path).file_name().unwrap_or(OsStr::new("unnamed")));
                match save(&mut server, length, &place)? {
                    Ok(()) => lab::say(format_args!("{shown}: {length} bytes"))?,
                    Err(error) => lab::say(format_args!("{shown}: not saved: {error}"))?,
                }
            }
            Some(("NO", why)) => lab::say(format_args!("{shown}: {}", lab::printable(why.as_bytes())))?,
            _ => return Err("the server does not speak this protocol".into()),
        }
    }
    Ok(())
}

/// Takes the next `length` bytes, into a new file if one can be made at `place`: nothing is overwritten.
fn save(server: &mut BufReader<&TcpStream>, length: u64, place: &PathBuf) -> lab::Outcome<io::Result<()>> {
    let mut bytes = server.take(length);
    let saved = File::create_new(place)
        .and_then(|mut file| io::copy(&mut bytes, &mut file).inspect_err(|_| drop(fs::remove_file(place))));
    // What could not be saved is still on its way, before the next answer.
    io::copy(&mut bytes, &mut io::sink())?;
    if bytes.limit() > 0 {
        // A part of a file is no file; what was there before stays.
        if saved.is_ok() {
            fs::remove_file(place)?;
        }
        return Err(format!("the server stopped {} bytes before the end", bytes.limit()).into());
    }
    Ok(saved.map(drop))
}
