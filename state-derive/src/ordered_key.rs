//! `#[derive(OrderedKey)]`.

use crate::input::{Body, Input, Variant};
use crate::parts;
use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprUnary, Lit, Result, UnOp};

pub(crate) fn derive(input: &Input) -> Result<TokenStream> {
    if let Body::Enum(variants) = &input.body {
        check_order(variants)?;
    }
    let Input {
        ident, contract, ..
    } = input;
    let of = quote!(#contract::OrderedKey);
    let generics = input.bounded_generics("OrderedKey")?;
    let (parameters, _, conditions) = generics.split_for_impl();
    let (_, arguments, _) = input.generics.split_for_impl();
    let encode = encode(input, &of);
    let decode = decode(input, &of);
    let schema = parts::schema(input, &of, &quote!(key_schema), |place, _| place);
    Ok(quote! {
        #[automatically_derived]
        impl #parameters #of for #ident #arguments #conditions {
            fn encode_key(&self, out: &mut ::std::vec::Vec<u8>) {
                #encode
            }

            fn decode_key(input: &mut &[u8]) -> #contract::Result<Self> {
                #decode
            }

            fn key_schema(schemas: &mut #contract::SchemaBuilder) -> #contract::Schema {
                #schema
            }
        }
    })
}

/// Derived `Ord` goes by discriminants, the encoding by places: they must rise together.
fn check_order(variants: &[Variant]) -> Result<()> {
    let mut last = None;
    for (at, variant) in variants.iter().enumerate() {
        if at > usize::from(u16::MAX) {
            return Err(syn::Error::new(
                variant.ident.span(),
                "a key has at most 65536 variants",
            ));
        }
        let discriminant = match &variant.discriminant {
            Some(value) => literal(value).ok_or_else(|| {
                syn::Error::new(value.span(), "the discriminant of a key must be a literal")
            })?,
            None => last.map_or(0, |last: i128| last + 1),
        };
        if last.is_some_and(|last| discriminant <= last) {
            return Err(syn::Error::new(
                variant.ident.span(),
                "the variants of a key must stand in the order of their discriminants",
            ));
        }
        last = Some(discriminant);
    }
    Ok(())
}

/// The value of an integer literal, with or without a minus.
fn literal(value: &Expr) -> Option<i128> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse::<i64>().ok().map(i128::from),
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => literal(expr).map(|number| -number),
        _ => None,
    }
}

fn encode(input: &Input, of: &TokenStream) -> TokenStream {
    match &input.body {
        Body::Struct(fields) => {
            let pattern = parts::pattern(fields);
            let encode = parts::encoding(fields, of, &quote!(encode_key));
            quote! {
                let Self #pattern = self;
                #encode
            }
        }
        Body::Enum(variants) => {
            let arms = (0u16..).zip(variants).map(|(place, variant)| {
                let Variant { ident, fields, .. } = variant;
                let pattern = parts::pattern(fields);
                let encode = parts::encoding(fields, of, &quote!(encode_key));
                quote! {
                    Self::#ident #pattern => {
                        <u16 as #of>::encode_key(&#place, out);
                        #encode
                    }
                }
            });
            quote!(match self { #(#arms)* })
        }
    }
}

fn decode(input: &Input, of: &TokenStream) -> TokenStream {
    let (contract, name) = (&input.contract, &input.name);
    match &input.body {
        Body::Struct(fields) => {
            let fields = parts::construction(fields, of, &quote!(decode_key));
            quote!(::std::result::Result::Ok(Self #fields))
        }
        Body::Enum(variants) => {
            let arms = (0u16..).zip(variants).map(|(place, variant)| {
                let Variant { ident, fields, .. } = variant;
                let fields = parts::construction(fields, of, &quote!(decode_key));
                quote!(#place => ::std::result::Result::Ok(Self::#ident #fields),)
            });
            quote! {
                match <u16 as #of>::decode_key(input)? {
                    #(#arms)*
                    place => ::std::result::Result::Err(#contract::wire::unknown_variant(
                        #name,
                        ::std::convert::From::from(place),
                    )),
                }
            }
        }
    }
}
