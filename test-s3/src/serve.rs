//! One request from its arrival to its answer.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::call::name_of;
use crate::server::Shared;
use crate::{Call, Trouble};

/// Answers all requests of a connection.
pub(crate) async fn serve(shared: Arc<Shared>, socket: TcpStream) {
    let answer = service_fn(move |request| handle(Arc::clone(&shared), request));
    // Connections end with errors here; that is what they are for.
    drop(
        http1::Builder::new()
            .serve_connection(TokioIo::new(socket), answer)
            .await,
    );
}

async fn handle(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> io::Result<Response<s3s::Body>> {
    let call = Call {
        index: shared.calls.fetch_add(1, Ordering::SeqCst),
        name: name_of(&request),
        path: request.uri().path(),
    };
    let plan = shared.plan();
    let trouble = plan(call);
    let bucket = call.path.split('/').nth(1).unwrap_or_default();
    if !shared.folder.join(bucket).is_dir() {
        return Ok(refuse(StatusCode::NOT_FOUND, "NoSuchBucket"));
    }
    match trouble {
        Trouble::None => done(&shared, request).await.map(whole),
        Trouble::Unavailable => Ok(refuse(StatusCode::SERVICE_UNAVAILABLE, "SlowDown")),
        Trouble::Forbidden => Ok(refuse(StatusCode::FORBIDDEN, "AccessDenied")),
        Trouble::TornRequest => {
            // The rest of it is never read.
            drop(request.into_body().frame().await);
            Err(io::ErrorKind::ConnectionReset.into())
        }
        Trouble::Silence => std::future::pending().await,
        Trouble::UnavailableAfter => {
            done(&shared, request).await?;
            Ok(refuse(StatusCode::SERVICE_UNAVAILABLE, "InternalError"))
        }
        Trouble::SilenceAfter => {
            done(&shared, request).await?;
            std::future::pending().await
        }
        Trouble::TornAnswer => done(&shared, request).await.and_then(torn),
        Trouble::Held => {
            let held = shared.held.fetch_add(1, Ordering::SeqCst) + 1;
            shared.most_held.fetch_max(held, Ordering::SeqCst);
            drop(shared.gate.acquire().await);
            let answer = done(&shared, request).await.map(whole);
            shared.held.fetch_sub(1, Ordering::SeqCst);
            answer
        }
    }
}

type Answer = (hyper::http::response::Parts, Bytes);

/// Serves the request to its end.
async fn done(shared: &Shared, request: Request<Incoming>) -> io::Result<Answer> {
    let _turn = shared.one_at_a_time.lock().await;
    if shared.ignore_conditions && name_of(&request) == "create" {
        // The condition itself is signed.
        let path = request.uri().path().trim_start_matches('/');
        drop(std::fs::remove_file(shared.folder.join(path)));
    }
    let answer = shared.service.call(request.map(s3s::Body::from)).await;
    let (parts, body) = answer.map_err(io::Error::other)?.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?;
    Ok((parts, body.to_bytes()))
}

fn whole((parts, body): Answer) -> Response<s3s::Body> {
    Response::from_parts(parts, body.into())
}

/// The first half of an answer.
fn torn((parts, body): Answer) -> io::Result<Response<s3s::Body>> {
    let half = body.slice(..body.len() / 2);
    if half.is_empty() {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    let cut = [
        Ok(Frame::data(half)),
        Err(io::Error::from(io::ErrorKind::ConnectionReset)),
    ];
    let cut = StreamBody::new(futures_util::stream::iter(cut));
    Ok(Response::from_parts(parts, s3s::Body::http_body(cut)))
}

fn refuse(status: StatusCode, code: &str) -> Response<s3s::Body> {
    let body = format!("<Error><Code>{code}</Code></Error>");
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}
