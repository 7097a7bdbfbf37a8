//! The tables, worked out in the simplest way: line by line, in one thread.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::OnceLock;

/// The tables that a run must come to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tables {
    pub(crate) carriers: String,
    pub(crate) routes: String,
    pub(crate) airframes: String,
}

#[derive(Default)]
struct Carrier {
    flights: u64,
    cancelled: u64,
    least: Option<i64>,
}

#[derive(Default)]
struct Route {
    flights: u64,
    cancelled: u64,
    arrivals: Vec<i64>,
    greatest: Option<i64>,
}

type Airframe = Vec<String>;

#[derive(Default)]
struct Working {
    carriers: BTreeMap<String, Carrier>,
    routes: BTreeMap<(String, String), Route>,
    airframes: BTreeMap<String, Airframe>,
}

impl Working {
    fn line(&mut self, line: &str) {
        let fields: Vec<&str> = line.split(',').collect();
        let [
            _,
            carrier,
            _,
            tail,
            origin,
            destination,
            departure,
            arrival,
            _,
        ] = fields[..]
        else {
            panic!("'{line}' has not nine fields");
        };
        let departure: Option<i64> = departure.parse().ok();
        let arrival: Option<i64> = arrival.parse().ok();
        let cancelled = u64::from(departure.is_none());

        let carrier = self.carriers.entry(carrier.to_owned()).or_default();
        carrier.flights += 1;
        carrier.cancelled += cancelled;
        carrier.least = carrier.least.into_iter().chain(departure).min();

        let route = (origin.to_owned(), destination.to_owned());
        let route = self.routes.entry(route).or_default();
        route.flights += 1;
        route.cancelled += cancelled;
        route.arrivals.extend(arrival);
        route.greatest = route.greatest.into_iter().chain(departure).max();

        if !tail.is_empty() {
            let airframe = self.airframes.entry(tail.to_owned()).or_default();
            airframe.push(destination.to_owned());
        }
    }

    fn tables(&self) -> Tables {
        let mut tables = Tables {
            carriers: "carrier,flights,cancelled,least_departure_delay\n".to_owned(),
            routes: "origin,destination,flights,cancelled,mean_arrival_delay,\
                     greatest_departure_delay\n"
                .to_owned(),
            airframes: "tail_number,flights,destinations,most_visited,last_destinations\n"
                .to_owned(),
        };
        for (code, carrier) in &self.carriers {
            let (flights, cancelled) = (carrier.flights, carrier.cancelled);
            let least = or_empty(carrier.least);
            writeln!(tables.carriers, "{code},{flights},{cancelled},{least}").unwrap();
        }
        for ((origin, destination), route) in &self.routes {
            let (flights, cancelled) = (route.flights, route.cancelled);
            let sum: i64 = route.arrivals.iter().sum();
            let mean = sum as f64 / route.arrivals.len() as f64;
            let mean = (!route.arrivals.is_empty()).then(|| format!("{mean:.4}"));
            let (mean, greatest) = (or_empty(mean), or_empty(route.greatest));
            let row = format!("{origin},{destination},{flights},{cancelled},{mean},{greatest}");
            writeln!(tables.routes, "{row}").unwrap();
        }
        for (tail, destinations) in &self.airframes {
            let mut visits: BTreeMap<&str, u64> = BTreeMap::new();
            for destination in destinations {
                *visits.entry(destination).or_default() += 1;
            }
            let most = visits.values().max().unwrap();
            let (most_visited, _) = visits.iter().find(|(_, visits)| *visits == most).unwrap();
            let last = &destinations[destinations.len().saturating_sub(5)..];
            let (flights, distinct, last) = (destinations.len(), visits.len(), last.join(";"));
            let row = format!("{tail},{flights},{distinct},{most_visited},{last}");
            writeln!(tables.airframes, "{row}").unwrap();
        }
        tables
    }
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// The lines of the data set, without the header.
pub(crate) fn data_set() -> &'static [String] {
    static LINES: OnceLock<Vec<String>> = OnceLock::new();
    LINES.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/flights.csv.zst");
        let bytes = zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        text.lines().skip(1).map(str::to_owned).collect()
    })
}

impl Tables {
    /// Those of `lines`, read `repeat` times over.
    pub(crate) fn of(lines: &[impl AsRef<str>], repeat: u64) -> Self {
        let mut working = Working::default();
        for _ in 0..repeat {
            for line in lines {
                working.line(line.as_ref());
            }
        }
        working.tables()
    }

    /// Those in an output directory.
    pub(crate) fn read(output: &Path) -> Self {
        let read = |name: &str| std::fs::read_to_string(output.join(name)).unwrap();
        Self {
            carriers: read("carriers.csv"),
            routes: read("routes.csv"),
            airframes: read("airframes.csv"),
        }
    }

    /// That an output directory holds these tables, and updates whose sums are those of routes.
    pub(crate) fn assert_in(&self, output: &Path) {
        let found = Self::read(output);
        for (name, found, expected) in [
            ("carriers", &found.carriers, &self.carriers),
            ("routes", &found.routes, &self.routes),
            ("airframes", &found.airframes, &self.airframes),
        ] {
            let differs = found.lines().zip(expected.lines()).find(|(a, b)| a != b);
            assert!(
                found == expected,
                "{name}.csv is wrong, first in {differs:?}"
            );
        }
        assert_eq!(updates(output), self.route_counts());
    }

    fn route_counts(&self) -> BTreeMap<String, (u64, u64)> {
        counts(self.routes.lines().skip(1))
    }
}

/// Flights and cancelled flights by route, summed over lines that begin with both.
fn counts<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, (u64, u64)> {
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let sums = counts.entry(fields[..2].join(",")).or_default();
        sums.0 += fields[2].parse::<u64>().unwrap();
        sums.1 += fields[3].parse::<u64>().unwrap();
    }
    counts
}

/// The sums of all update files.
fn updates(output: &Path) -> BTreeMap<String, (u64, u64)> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(output.join("updates")).unwrap() {
        let path = entry.unwrap().path();
        let is_committed = path.extension().is_some_and(|extension| extension == "csv");
        assert!(is_committed, "'{}' was left behind", path.display());
        let text = std::fs::read_to_string(path).unwrap();
        let (header, rest) = text.split_once('\n').unwrap();
        assert_eq!(header, "origin,destination,flights,cancelled");
        let route = |line: &str| {
            let (origin, rest) = line.split_once(',').unwrap();
            (origin.to_owned(), rest.split(',').next().map(str::to_owned))
        };
        let routes: Vec<_> = rest.lines().map(route).collect();
        assert!(routes.is_sorted(), "{routes:?}");
        lines.extend(rest.lines().map(str::to_owned));
    }
    counts(lines.iter().map(String::as_str))
}
