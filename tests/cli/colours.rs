//! Colours, as they are seen: on dark and on light ground, and by who is colour-blind.
use std::collections::{BTreeMap, BTreeSet};

use super::{run, text};

/// What shows colours, on captures that have something wrong.
const COMMANDS: [&str; 8] = [
    "-nr tests/data/seeds/lab_v3.pcap",
    "-nvvXr tests/data/seeds/lab_v3.pcap",
    "-aenr tests/data/seeds/lab_v2.pcap",
    "conns -r tests/data/seeds/lab_v2.pcap",
    "conns --conn 1 -r tests/data/seeds/lab_v3.pcap",
    "follow -r tests/data/seeds/lab_v3.pcap",
    "explain -r tests/data/seeds/lab_v3.pcap",
    "ladder -r tests/data/seeds/lab_v3.pcap",
];

type Rgb = [f64; 3];

/// The cube of 216 colours and the greys, which every terminal has alike.
fn colour(number: u8) -> Rgb {
    let level = |n: u8| [0.0, 95.0, 135.0, 175.0, 215.0, 255.0][usize::from(n)];
    match number {
        0..16 => panic!("colour {number} is another one in each terminal"),
        16..232 => {
            let n = number - 16;
            [level(n / 36), level(n / 6 % 6), level(n % 6)]
        }
        232.. => [8.0 + 10.0 * f64::from(number - 232); 3],
    }
}

/// Intensities of light (IEC 61966-2-1).
fn linear(colour: Rgb) -> Rgb {
    colour.map(|value| {
        let value = value / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

fn times(matrix: [Rgb; 3], vector: Rgb) -> Rgb {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

/// WCAG 2, 1.4.3: 1 to 21.
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let [one, other] = [one, other].map(|colour| {
        let [light, ..] = times([[0.2126, 0.7152, 0.0722]; 3], linear(colour));
        light + 0.05
    });
    one.max(other) / one.min(other)
}

/// What who lacks one of the three kinds of cones sees of a colour (Machado, Oliveira, Fernandes 2009),
/// the first: who lacks none.
const EYES: [[Rgb; 3]; 4] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
];

/// How far two colours are from one another to these eyes, in CIELAB: 2 can just be seen.
fn distance(one: u8, other: u8, eyes: [Rgb; 3]) -> f64 {
    let lab = |number| {
        let seen = times(eyes, linear(colour(number))).map(|value: f64| value.clamp(0.0, 1.0));
        let xyz = times([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], seen);
        let [x, y, z] = [xyz[0] / 0.9505, xyz[1], xyz[2] / 1.089]
            .map(|t| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    };
    let (one, other) = (lab(one), lab(other));
    one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// The colours that a command paints with: nothing else changes how its text looks, but bold.
fn painted(command: &str) -> BTreeSet<u8> {
    let output = run(command.split(' ').chain(["--color", "always"]));
    let shown = text(&output.stdout);
    assert!(output.status.success() && !shown.is_empty(), "{command}: {output:?}");
    let mut colours = BTreeSet::new();
    for sequence in shown.split("\x1b[").skip(1) {
        let (codes, _) = sequence.split_once('m').expect("only sequences that paint");
        let codes: Vec<&str> = codes.split(';').collect();
        match codes.strip_prefix(&["1"]).unwrap_or(&codes) {
            [] | ["0"] => {}
            ["38", "5", number] => drop(colours.insert(number.parse().expect("a colour"))),
            other => panic!("{command}: {other:?}"),
        }
    }
    colours
}

#[test]
fn colours_can_be_read_on_dark_and_on_light_ground() {
    let grounds = BTreeMap::from([
        ("black", [0.0; 3]),
        ("white", [255.0; 3]),
        ("dark grey", [30.0; 3]),
        ("cream", [253.0, 246.0, 227.0]),
    ]);
    let mut all = BTreeSet::new();
    for command in COMMANDS {
        all.extend(painted(command));
    }
    assert!(all.len() >= 6, "{all:?}");
    for number in all {
        for (name, ground) in &grounds {
            let contrast = contrast(colour(number), *ground);
            assert!(contrast >= 3.0, "colour {number} on {name}: {contrast:.2}");
        }
    }
}

#[test]
fn colours_of_lines_are_told_apart_by_all_eyes() {
    let colours: Vec<u8> = painted(COMMANDS[1]).into_iter().collect();
    assert_eq!(colours.len(), 3, "both ends, and what is wrong: {colours:?}");
    for (at, one) in colours.iter().enumerate() {
        for other in &colours[at + 1..] {
            for eyes in EYES {
                let distance = distance(*one, *other, eyes);
                assert!(distance >= 40.0, "{one} and {other}: {distance:.1}");
            }
        }
    }
}
