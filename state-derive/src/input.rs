//! The type that a derive stands on, checked and with names and tags decided.

use crate::attributes::{Options, Place};
use crate::contract;
use proc_macro2::{Span, TokenStream};
use quote::format_ident;
use std::collections::HashSet;
use std::hash::Hash;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Expr, Generics, Ident, Index, Member, Path, Result, Type};

/// A struct or enum.
pub(crate) struct Input {
    pub(crate) ident: Ident,
    /// What the schema calls it.
    pub(crate) name: String,
    pub(crate) generics: Generics,
    pub(crate) body: Body,
    /// The path of the contract crate.
    pub(crate) contract: TokenStream,
}

/// What is in it.
pub(crate) enum Body {
    Struct(Vec<Field>),
    Enum(Vec<Variant>),
}

/// A field of a struct or variant.
pub(crate) struct Field {
    pub(crate) member: Member,
    /// The variable that a pattern binds it to.
    pub(crate) binding: Ident,
    pub(crate) ty: Type,
    /// Where to complain about the type; what is put there sees the variables of generated code.
    pub(crate) span: Span,
    /// What the schema calls it.
    pub(crate) name: String,
}

/// A variant of an enum.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    /// What the schema calls it.
    pub(crate) name: String,
    /// What stands for it in encoded values.
    pub(crate) tag: u32,
    pub(crate) discriminant: Option<Expr>,
    pub(crate) fields: Vec<Field>,
}

impl Input {
    pub(crate) fn new(input: DeriveInput) -> Result<Self> {
        let options = Options::read(&input.attrs, Place::Type)?;
        if let Some(lifetime) = input.generics.lifetimes().next() {
            return Err(syn::Error::new(
                lifetime.span(),
                "state owns what it holds: a type with a lifetime cannot be state",
            ));
        }
        let body = match input.data {
            Data::Struct(data) => Body::Struct(fields(data.fields)?),
            Data::Enum(data) if data.variants.is_empty() => {
                return Err(syn::Error::new(
                    input.ident.span(),
                    "an enum without variants has no values to store",
                ));
            }
            Data::Enum(data) => Body::Enum(variants(data.variants)?),
            Data::Union(data) => {
                return Err(syn::Error::new(
                    data.union_token.span,
                    "a union cannot be state: nothing tells which field is valid",
                ));
            }
        };
        Ok(Self {
            name: name(
                &options,
                input.ident.unraw().to_string(),
                input.ident.span(),
            )
            .0,
            contract: contract::path(&options, input.ident.span())?,
            ident: input.ident,
            generics: input.generics,
            body,
        })
    }

    /// The generics with `bound`, a trait of the contract crate, on every type parameter.
    pub(crate) fn bounded_generics(&self, bound: &str) -> Result<Generics> {
        let mut generics = self.generics.clone();
        let (contract, bound) = (&self.contract, format_ident!("{bound}"));
        let bound: Path = syn::parse2(quote::quote!(#contract::#bound))?;
        for parameter in generics.type_params_mut() {
            parameter.bounds.push(syn::parse_quote!(#bound));
        }
        Ok(generics)
    }
}

/// The name that the schema gets, and where to complain about it.
fn name(options: &Options, unless: String, span: Span) -> (String, Span) {
    match &options.rename {
        Some(name) => (name.value(), name.span()),
        None => (unless, span),
    }
}

fn fields(fields: syn::Fields) -> Result<Vec<Field>> {
    let mut names = Distinct::new("a field is named");
    let fields = fields.into_iter().enumerate().map(|(at, field)| {
        let options = Options::read(&field.attrs, Place::Field)?;
        let member = match field.ident {
            Some(ident) => Member::Named(ident),
            None => Member::Unnamed(Index {
                index: at as u32,
                span: Span::call_site(),
            }),
        };
        let (unless, span) = match &member {
            Member::Named(ident) => (ident.unraw().to_string(), ident.span()),
            Member::Unnamed(_) => (at.to_string(), field.ty.span()),
        };
        let (name, span) = name(&options, unless, span);
        names.add(&name, span)?;
        Ok(Field {
            member,
            binding: format_ident!("field_{at}"),
            span: field.ty.span().resolved_at(Span::call_site()),
            ty: field.ty,
            name,
        })
    });
    fields.collect()
}

fn variants(variants: impl IntoIterator<Item = syn::Variant>) -> Result<Vec<Variant>> {
    let mut names = Distinct::new("a variant is named");
    let mut tags = Distinct::new("a variant has the tag");
    let mut next_tag = Some(0u32);
    let variants = variants.into_iter().map(|variant| {
        let options = Options::read(&variant.attrs, Place::Variant)?;
        let unless = variant.ident.unraw().to_string();
        let (name, name_span) = name(&options, unless, variant.ident.span());
        names.add(&name, name_span)?;
        let (tag, tag_span): (u32, _) = match &options.tag {
            Some(tag) => (tag.base10_parse()?, tag.span()),
            None => (
                next_tag.ok_or_else(|| {
                    syn::Error::new(
                        variant.ident.span(),
                        "the tag after 4294967295 is too large",
                    )
                })?,
                variant.ident.span(),
            ),
        };
        tags.add(&tag, tag_span)?;
        next_tag = tag.checked_add(1);
        Ok(Variant {
            ident: variant.ident,
            name,
            tag,
            discriminant: variant.discriminant.map(|(_, value)| value),
            fields: fields(variant.fields)?,
        })
    });
    variants.collect()
}

/// Refuses what came before.
struct Distinct<T> {
    complaint: &'static str,
    seen: HashSet<T>,
}

impl<T: Hash + Eq + Clone + ToString> Distinct<T> {
    fn new(complaint: &'static str) -> Self {
        Self {
            complaint,
            seen: HashSet::new(),
        }
    }

    fn add(&mut self, item: &T, span: Span) -> Result<()> {
        if self.seen.insert(item.clone()) {
            return Ok(());
        }
        Err(syn::Error::new(
            span,
            format!("{} `{}` already", self.complaint, item.to_string()),
        ))
    }
}
