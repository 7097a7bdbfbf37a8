//! What `#[state(…)]` says.

use syn::spanned::Spanned;
use syn::{Attribute, LitInt, LitStr, Path, Result};

/// The options of one type, field or variant.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) rename: Option<LitStr>,
    pub(crate) tag: Option<LitInt>,
    pub(crate) contract: Option<Path>,
}

/// Where options stand, which decides what they may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Type,
    Field,
    Variant,
}

impl Options {
    pub(crate) fn read(attributes: &[Attribute], place: Place) -> Result<Self> {
        let mut options = Self::default();
        for attribute in attributes {
            if !attribute.path().is_ident("state") {
                continue;
            }
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("rename") {
                    let name: LitStr = meta.value()?.parse()?;
                    if name.value().is_empty() {
                        return Err(syn::Error::new(name.span(), "a name must not be empty"));
                    }
                    set(&mut options.rename, name)
                } else if meta.path.is_ident("tag") && place == Place::Variant {
                    set(&mut options.tag, meta.value()?.parse()?)
                } else if meta.path.is_ident("crate") && place == Place::Type {
                    set(&mut options.contract, meta.value()?.parse()?)
                } else {
                    Err(meta.error(place.expectation()))
                }
            })?;
        }
        Ok(options)
    }
}

impl Place {
    const fn expectation(self) -> &'static str {
        match self {
            Self::Type => "expected `rename = \"…\"` or `crate = path`",
            Self::Field => "expected `rename = \"…\"`",
            Self::Variant => "expected `rename = \"…\"` or `tag = …`",
        }
    }
}

fn set<T: Spanned>(slot: &mut Option<T>, value: T) -> Result<()> {
    match slot {
        None => {
            *slot = Some(value);
            Ok(())
        }
        Some(_) => Err(syn::Error::new(value.span(), "given twice")),
    }
}
