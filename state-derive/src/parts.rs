//! Pieces of generated code that both derives need.

use crate::input::{Body, Field, Input, Variant};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// `{ a: field_0, 1: field_1 }`: takes a value apart.
pub(crate) fn pattern(fields: &[Field]) -> TokenStream {
    let fields = fields.iter().map(
        |Field {
             member, binding, ..
         }| quote!(#member: #binding),
    );
    quote!({ #(#fields),* })
}

/// `{ a: <A as Trait>::decode(input)?, … }`: puts a value together.
pub(crate) fn construction(
    fields: &[Field],
    of: &TokenStream,
    decode: &TokenStream,
) -> TokenStream {
    let fields = fields.iter().map(
        |Field {
             member, ty, span, ..
         }| {
            let decoded = quote_spanned!(*span=> <#ty as #of>::#decode(input)?);
            quote!(#member: #decoded)
        },
    );
    quote!({ #(#fields),* })
}

/// The encoding of fields that a [`pattern`] has bound.
pub(crate) fn encoding(fields: &[Field], of: &TokenStream, encode: &TokenStream) -> TokenStream {
    fields
        .iter()
        .map(
            |Field {
                 binding, ty, span, ..
             }| { quote_spanned!(*span=> <#ty as #of>::#encode(#binding, out);) },
        )
        .collect()
}

/// The expression of the type's schema. Variants get the tag that `tag` says for their place.
pub(crate) fn schema(
    input: &Input,
    of: &TokenStream,
    method: &TokenStream,
    tag: impl Fn(u32, &Variant) -> u32,
) -> TokenStream {
    let (contract, name) = (&input.contract, &input.name);
    let fields_of = |fields: &[Field]| {
        let fields = fields.iter().map(|Field { ty, name, span, .. }| {
            let schema = quote_spanned!(*span=> <#ty as #of>::#method(schemas));
            quote!(#contract::Field { name: ::std::convert::From::from(#name), schema: #schema })
        });
        quote!(::std::vec![#(#fields),*])
    };
    let described = match &input.body {
        Body::Struct(fields) => {
            let fields = fields_of(fields);
            quote!(#contract::Schema::Struct {
                name: ::std::convert::From::from(#name),
                fields: #fields,
            })
        }
        Body::Enum(variants) => {
            let mut tagged: Vec<_> = (0..)
                .zip(variants)
                .map(|(at, one)| (tag(at, one), one))
                .collect();
            tagged.sort_by_key(|(tag, _)| *tag);
            let variants = tagged
                .into_iter()
                .map(|(tag, Variant { name, fields, .. })| {
                    let fields = fields_of(fields);
                    quote!(#contract::Variant {
                        name: ::std::convert::From::from(#name),
                        tag: #tag,
                        fields: #fields,
                    })
                });
            quote!(#contract::Schema::Enum {
                name: ::std::convert::From::from(#name),
                variants: ::std::vec![#(#variants),*],
            })
        }
    };
    quote!(schemas.named::<Self>(|schemas| #described))
}

/// All fields, whatever they are in.
pub(crate) fn all_fields(body: &Body) -> Vec<&Field> {
    match body {
        Body::Struct(fields) => fields.iter().collect(),
        Body::Enum(variants) => variants
            .iter()
            .flat_map(|variant| &variant.fields)
            .collect(),
    }
}
