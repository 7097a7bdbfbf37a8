//! Folds: the functions of reducing and aggregating state.

use crate::data::StateData;

/// The function of a reducing state. A named type rather than a closure: it survives a restart,
/// and leaves the handle `Copy`.
///
/// ```
/// use alluvium_state_api::Reducer;
/// struct Least;
/// impl Reducer for Least {
///     type Value = i64;
///     fn reduce(accumulated: &mut i64, value: i64) {
///         *accumulated = value.min(*accumulated);
///     }
/// }
/// ```
pub trait Reducer: 'static {
    /// What is folded, and into what.
    type Value: StateData;

    /// Folds `value` into `accumulated`. Not called for the first value, which is stored as it is.
    fn reduce(accumulated: &mut Self::Value, value: Self::Value);
}

/// The function of an aggregating state. The accumulator is what is stored.
///
/// ```
/// use alluvium_state_api::Aggregator;
/// struct Mean;
/// impl Aggregator for Mean {
///     type In = f64;
///     type Acc = (f64, u64);
///     type Out = f64;
///     fn create() -> (f64, u64) { (0.0, 0) }
///     fn add(acc: &mut (f64, u64), value: f64) { acc.0 += value; acc.1 += 1; }
///     fn result(acc: &(f64, u64)) -> f64 { acc.0 / acc.1 as f64 }
///     fn merge(acc: &mut (f64, u64), other: (f64, u64)) { acc.0 += other.0; acc.1 += other.1; }
/// }
/// ```
pub trait Aggregator: 'static {
    /// What is added.
    type In;
    /// What is stored.
    type Acc: StateData;
    /// What is read.
    type Out;

    /// A fresh accumulator.
    fn create() -> Self::Acc;

    /// Adds `value` to `acc`.
    fn add(acc: &mut Self::Acc, value: Self::In);

    /// The result of what `acc` has gathered.
    fn result(acc: &Self::Acc) -> Self::Out;

    /// Adds all that `other` has gathered to `acc`; called when namespaces are merged.
    fn merge(acc: &mut Self::Acc, other: Self::Acc);
}
