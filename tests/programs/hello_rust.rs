// SPDX-License-Identifier: MIT
//! Rust with its standard library, linked statically (`-C target-feature=+crt-static`).
use std::collections::HashMap;

fn main() {
    let mut words = HashMap::new();
    for word in "from Rust from Rust".split(' ') {
        *words.entry(word).or_insert(0) += 1;
    }
    let caught = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(7)));
    println!("Hello from Rust, {} {}", words["Rust"], caught.is_err());
}
