//! What a request asks for.

use hyper::body::Incoming;
use hyper::header::IF_NONE_MATCH;
use hyper::{Method, Request};

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// How many came before it.
    pub index: u64,
    /// What it asks for: `create` (a conditional put), `replace`, `begin`, `part`, `complete` and
    /// `abort` of an upload in parts, `delete`, `head`, `list`, `get`, `other`.
    pub name: &'static str,
    /// Bucket and key.
    pub path: &'a str,
}

pub(crate) fn name_of(request: &Request<Incoming>) -> &'static str {
    let query = request.uri().query().unwrap_or_default();
    let has = |key: &str| {
        query
            .split('&')
            .any(|pair| pair.split('=').next() == Some(key))
    };
    match *request.method() {
        Method::PUT if has("partNumber") => "part",
        Method::PUT if request.headers().contains_key(IF_NONE_MATCH) => "create",
        Method::PUT => "replace",
        Method::POST if has("uploads") => "begin",
        Method::POST if has("uploadId") => "complete",
        Method::DELETE if has("uploadId") => "abort",
        Method::DELETE => "delete",
        Method::HEAD => "head",
        Method::GET if has("list-type") => "list",
        Method::GET => "get",
        _ => "other",
    }
}
