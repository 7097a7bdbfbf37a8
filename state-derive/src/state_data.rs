//! `#[derive(StateData)]`.

use crate::input::{Body, Field, Input, Variant};
use crate::parts;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Result;

pub(crate) fn derive(input: &Input) -> Result<TokenStream> {
    let Input {
        ident, contract, ..
    } = input;
    let of = quote!(#contract::NativeData);
    let generics = input.bounded_generics("NativeData")?;
    let (parameters, _, conditions) = generics.split_for_impl();
    let (_, arguments, _) = input.generics.split_for_impl();
    let min_width = min_width(&input.body, &of);
    let nests = nests(&input.body, &of);
    let encode = encode(input, &of);
    let decode = decode(input, &of);
    let schema = parts::schema(input, &of, &quote!(schema), |_, variant| variant.tag);
    Ok(quote! {
        #[automatically_derived]
        impl #parameters #of for #ident #arguments #conditions {
            const MIN_WIDTH: usize = #min_width;
            const NESTS: bool = #nests;

            fn encode(&self, out: &mut ::std::vec::Vec<u8>) {
                #encode
            }

            fn decode(input: &mut &[u8]) -> #contract::Result<Self> {
                #decode
            }

            fn schema(schemas: &mut #contract::SchemaBuilder) -> #contract::Schema {
                #schema
            }
        }
    })
}

/// Of an enum 1, the least tag, whatever the variants: so that a type which contains itself through
/// a pointer does not ask for its own width.
fn min_width(body: &Body, of: &TokenStream) -> TokenStream {
    match body {
        Body::Enum(_) => quote!(1),
        Body::Struct(fields) => {
            let widths = fields
                .iter()
                .map(|Field { ty, span, .. }| quote_spanned!(*span=> <#ty as #of>::MIN_WIDTH));
            quote!(0 #(+ #widths)*)
        }
    }
}

fn nests(body: &Body, of: &TokenStream) -> TokenStream {
    let fields = parts::all_fields(body);
    let nests = fields
        .iter()
        .map(|Field { ty, span, .. }| quote_spanned!(*span=> <#ty as #of>::NESTS));
    quote!(false #(|| #nests)*)
}

fn encode(input: &Input, of: &TokenStream) -> TokenStream {
    let contract = &input.contract;
    match &input.body {
        Body::Struct(fields) => {
            let pattern = parts::pattern(fields);
            let encode = parts::encoding(fields, of, &quote!(encode));
            quote! {
                let Self #pattern = self;
                #encode
            }
        }
        Body::Enum(variants) => {
            let arms = variants.iter().map(|variant| {
                let Variant {
                    ident, tag, fields, ..
                } = variant;
                let pattern = parts::pattern(fields);
                let encode = parts::encoding(fields, of, &quote!(encode));
                quote! {
                    Self::#ident #pattern => {
                        #contract::wire::write_tag(#tag, out);
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
            let fields = parts::construction(fields, of, &quote!(decode));
            quote!(::std::result::Result::Ok(Self #fields))
        }
        Body::Enum(variants) => {
            let arms = variants.iter().map(|variant| {
                let Variant {
                    ident, tag, fields, ..
                } = variant;
                let fields = parts::construction(fields, of, &quote!(decode));
                quote!(#tag => ::std::result::Result::Ok(Self::#ident #fields),)
            });
            quote! {
                match #contract::wire::read_tag(input)? {
                    #(#arms)*
                    tag => ::std::result::Result::Err(#contract::wire::unknown_variant(#name, tag)),
                }
            }
        }
    }
}
