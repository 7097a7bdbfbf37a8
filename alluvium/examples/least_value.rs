//! The least value per key: a rich function with a value state.
//!
//! The first value of a key is its least one, because state that is absent is `None`.

use alluvium::{KeyedBackendExt, Result, StateError, ValueDescriptor, ValueHandle};
use alluvium_state_tests::executor::{Context, Environment, OpenContext, Process};

const LEAST: ValueDescriptor<i64> = ValueDescriptor::new("leastValue");

/// Emits each record with the least value of its key so far.
#[derive(Default)]
struct LeastValue {
    least: Option<ValueHandle<i64>>,
}

impl Process<i32, (i32, i64), (i32, i64, i64)> for LeastValue {
    fn open(&mut self, context: &mut OpenContext<'_, i32>) -> Result<()> {
        self.least = Some(context.keyed()?.register(&LEAST)?);
        Ok(())
    }

    fn process(
        &mut self,
        (key, value): (i32, i64),
        cx: &mut Context<'_, i32, (i32, i64, i64)>,
    ) -> Result<()> {
        let handle = self
            .least
            .ok_or_else(|| StateError::misuse("a record came before open"))?;
        let least = cx.keyed()?.value(handle).update(|least| {
            let new = least.map_or(value, |least| least.min(value));
            *least = Some(new);
            new
        })?;
        cx.emit((key, value, least))
    }
}

pub(crate) fn run() -> Result<Vec<String>> {
    let input = [(2, 21), (4, 1), (5, 4), (2, 30), (2, 19), (4, -3), (5, 4)];
    let environment = Environment::new("least-value");
    let least = environment
        .from_collection(input)
        .key_by(|record| record.0)
        .process(LeastValue::default)
        .collect();
    environment.execute()?;
    let lines = least.take().into_iter();
    Ok(lines
        .map(|(key, value, least)| format!("({key},{value},{least})"))
        .collect())
}

fn main() -> Result<()> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}
