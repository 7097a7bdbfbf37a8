//! Derive macros of Alluvium: what user types need to be state.
//!
//! [`StateData`](macro@StateData) makes a struct or enum a value, [`OrderedKey`](macro@OrderedKey)
//! a key, namespace or user key. Both are re-exported by the crate `alluvium`, and work with it or
//! with `alluvium-state-api` among the dependencies; for anything else there is
//! `#[state(crate = path)]` on the type.

#![forbid(unsafe_code)]

mod attributes;
mod contract;
mod input;
mod ordered_key;
mod parts;
mod state_data;

use crate::input::Input;
use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `NativeData` for a struct or enum: its encoding, and the schema tree that is stored
/// with it.
///
/// A struct is its fields in declaration order; an enum is the tag of the variant and its fields.
/// Every field must implement `NativeData`, every type parameter gets it as a bound, and the type
/// must be `Clone`. A type may contain itself. A type with a lifetime cannot be state.
///
/// ```
/// use alluvium_state_api::{NativeCodec, Codec, decode_exact};
/// use alluvium_state_derive::StateData;
///
/// #[derive(Clone, Debug, PartialEq, StateData)]
/// struct Visit {
///     page: String,
///     seconds: u16,
/// }
///
/// #[derive(Clone, Debug, PartialEq, StateData)]
/// enum Session {
///     Idle,
///     Active { since: u64, visits: Vec<Visit> },
/// }
///
/// let visit = Visit { page: "/".into(), seconds: 7 };
/// let session = Session::Active { since: 1, visits: vec![visit] };
/// let mut bytes = Vec::new();
/// NativeCodec.encode(&session, &mut bytes)?;
/// assert_eq!(bytes, [1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, b'/', 7, 0]);
/// assert_eq!(decode_exact::<Session>(&NativeCodec, &bytes)?, session);
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
///
/// # Options
///
/// What is stored names types, fields and variants, and gives variants a number; a program whose
/// names or numbers differ does not get its state back. Code may be renamed and reordered all the
/// same:
///
/// - `#[state(rename = "…")]` on a type, field or variant: the name that is stored.
/// - `#[state(tag = N)]` on a variant: its number, a `u32`. Without it a variant has the number
///   after that of the variant before it, the first one 0. Rust's own discriminants do not matter.
/// - `#[state(crate = path)]` on the type: the path of the contract's items.
///
/// ```
/// use alluvium_state_derive::StateData;
///
/// #[derive(Clone, StateData)]
/// #[state(rename = "Status")]
/// enum OrderStatus {
///     #[state(tag = 7)]
///     Shipped,
///     #[state(tag = 0, rename = "New")]
///     Open,
/// }
/// ```
#[proc_macro_derive(StateData, attributes(state))]
pub fn derive_state_data(input: TokenStream) -> TokenStream {
    expand(parse_macro_input!(input), state_data::derive)
}

/// Implements `OrderedKey` for a struct or enum: an encoding that sorts as the type does.
///
/// A struct is its fields in declaration order; an enum is the place of the variant among all, and
/// its fields. This agrees with the derived `Ord`, which the type must have, together with `Clone`,
/// `PartialEq`, `Eq`, `PartialOrd` and `Hash`; an `Ord` of its own must agree as well. Every field
/// must implement `OrderedKey`, and every type parameter gets it as a bound.
///
/// ```
/// use alluvium_state_api::{OrderedKey, decode_key_exact};
/// use alluvium_state_derive::OrderedKey;
///
/// #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, OrderedKey)]
/// struct Route {
///     origin: String,
///     destination: String,
/// }
///
/// let encode = |origin: &str, destination: &str| {
///     let route = Route { origin: origin.into(), destination: destination.into() };
///     let mut bytes = Vec::new();
///     route.encode_key(&mut bytes);
///     bytes
/// };
/// assert!(encode("JFK", "SFO") > encode("JFK", "LAX"));
/// assert!(encode("JF", "SFO") < encode("JFK", "LAX"));
/// let route: Route = decode_key_exact(&encode("JFK", "LAX"))?;
/// assert_eq!(route.destination, "LAX");
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
///
/// `#[state(rename = "…")]` and `#[state(crate = path)]` are as for
/// [`StateData`](macro@StateData); `#[state(tag = N)]` does not matter to keys. Discriminants given
/// to variants must be literals that rise.
#[proc_macro_derive(OrderedKey, attributes(state))]
pub fn derive_ordered_key(input: TokenStream) -> TokenStream {
    expand(parse_macro_input!(input), ordered_key::derive)
}

fn expand(
    input: DeriveInput,
    derive: fn(&Input) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    Input::new(input)
        .and_then(|input| derive(&input))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
