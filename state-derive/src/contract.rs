//! Where the contract crate is to be found in the crate that uses a derive.

use crate::attributes::Options;
use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, Result};

/// The crates that have the contract's items at their root, the smaller one first.
const CRATES: [&str; 2] = ["alluvium-state-api", "alluvium"];

/// The path of the contract crate: what the type says, or the crate that its package depends on.
pub(crate) fn path(options: &Options, span: Span) -> Result<TokenStream> {
    if let Some(path) = &options.contract {
        return Ok(quote!(#path));
    }
    let found = CRATES.iter().find_map(|name| {
        Some(match crate_name(name).ok()? {
            FoundCrate::Itself => name.replace('-', "_"),
            FoundCrate::Name(name) => name,
        })
    });
    match found {
        Some(name) => {
            let name = Ident::new(&name, Span::call_site());
            Ok(quote!(::#name))
        }
        None => Err(syn::Error::new(
            span,
            "needs `alluvium` or `alluvium-state-api` among the dependencies, or \
             `#[state(crate = path)]`",
        )),
    }
}
