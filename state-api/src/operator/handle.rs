//! Handles of operator state.

use crate::state::StateId;
use std::fmt;
use std::marker::PhantomData;

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident<$($param:ident),+>) => {
        $(#[$doc])*
        pub struct $name<$($param),+> {
            id: StateId,
            types: PhantomData<fn() -> ($($param,)+)>,
        }

        impl<$($param),+> $name<$($param),+> {
            /// The handle of the state `id`, whose types the store has checked.
            pub const fn new(id: StateId) -> Self {
                Self { id, types: PhantomData }
            }

            /// The state that it names.
            pub const fn id(self) -> StateId {
                self.id
            }
        }

        impl<$($param),+> Clone for $name<$($param),+> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($param),+> Copy for $name<$($param),+> {}

        impl<$($param),+> fmt::Debug for $name<$($param),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.id.slot())
            }
        }
    };
}

handle!(
    /// Names a split or union list of elements `T`.
    OperatorListHandle<T>
);
handle!(
    /// Names a broadcast map from `BK` to `BV`.
    BroadcastHandle<BK, BV>
);
