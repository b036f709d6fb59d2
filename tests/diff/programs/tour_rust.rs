// SPDX-License-Identifier: MIT
//! Rust's standard library, linked as rustc does it by default.
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, Read, Write};
use std::time::{Duration, Instant};

fn show_files() -> std::io::Result<()> {
    std::fs::create_dir_all("rust/a")?;
    let mut file = std::fs::File::create("rust/a/file")?;
    writeln!(file, "one\ntwo {:>5}", 42)?;
    drop(file);
    let mut text = String::new();
    std::fs::File::open("rust/a/file")?.read_to_string(&mut text)?;
    print!("{}", text);
    let mut names: Vec<_> = std::fs::read_dir("tree")?.map(|e| e.unwrap().file_name()).collect();
    names.sort();
    println!("{:?} {}", names, std::fs::metadata("rust/a/file")?.len());
    std::fs::remove_dir_all("rust")?;
    println!("{:?}", std::fs::read("nowhere").map_err(|e| e.kind()));
    Ok(())
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("{:?} {:?}", arguments, std::env::var("NOTHING"));
    let mut counts: HashMap<char, usize> = HashMap::new();
    for letter in "hello world".chars() {
        *counts.entry(letter).or_default() += 1;
    }
    println!("{:?}", counts.into_iter().collect::<BTreeMap<_, _>>());
    show_files().unwrap();
    let lines = std::io::stdin().lock().lines().count();
    let sum: u64 = (0..1_000_000u64).filter(|n| n % 3 == 0).sum();
    println!("{} lines, sum {}, {:.5}", lines, sum, (2f64).sqrt());
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    println!("slept {}", start.elapsed() >= Duration::from_millis(20));
    println!("caught {}", std::panic::catch_unwind(|| panic!("inside")).is_err());
    if arguments.get(0).map(String::as_str) == Some("panic") {
        let numbers = vec![1, 2, 3];
        println!("{}", numbers[arguments.len() + 5]);
    }
    std::process::exit(arguments.len() as i32);
}
