//! `compare FILE`: reads lines of figures and prints, for each work of `alluvium-heap`, the ratio
//! to every other peer that has the same work.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::process::ExitCode;

/// The peer whose figures are compared with the others'.
const OURS: &str = "alluvium-heap";

type Figures = BTreeMap<String, (String, BTreeMap<String, f64>)>;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("expected FILE");
        return ExitCode::from(2);
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("cannot read '{path}': {error}");
            return ExitCode::FAILURE;
        }
    };
    print(&parse(&text));
    ExitCode::SUCCESS
}

/// Figures by work and peer; lines that are not figures are passed over.
fn parse(text: &str) -> Figures {
    let mut figures = Figures::new();
    for line in text.lines() {
        let Ok(figure) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        let field = |name: &str| figure.get(name)?.as_str().map(str::to_owned);
        let value = figure.get("value").and_then(serde_json::Value::as_f64);
        let (Some(peer), Some(work), Some(unit), Some(value)) =
            (field("peer"), field("work"), field("unit"), value)
        else {
            continue;
        };
        figures
            .entry(work)
            .or_insert_with(|| (unit, BTreeMap::new()))
            .1
            .insert(peer, value);
    }
    figures
}

fn print(figures: &Figures) {
    for (work, (unit, peers)) in figures {
        let Some(ours) = peers.get(OURS) else {
            continue;
        };
        print!("{work:32} {ours:16.3} {unit:6}");
        for (peer, value) in peers.iter().filter(|(peer, _)| *peer != OURS) {
            print!("   {:.2} x {peer} ({value:.3})", ours / value);
        }
        println!();
    }
}
