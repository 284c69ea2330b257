//! Adds numbers and does nothing else: `bare PORT`.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{header, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

#[derive(serde::Deserialize)]
struct Input {
    numbers: Vec<f64>,
}

async fn add(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::default());
    let sum = match request.into_body().collect().await {
        Ok(body) => serde_json::from_slice::<Input>(&body.to_bytes())
            .map(|input| input.numbers.iter().sum::<f64>())
            .ok(),
        Err(_) => None,
    };
    match sum {
        Some(sum) => {
            let kind = header::HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            *response.body_mut() = Full::from(serde_json::Value::from(sum).to_string());
        }
        None => *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY,
    }
    Ok(response)
}

async fn serve(port: &str) -> std::io::Result<()> {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(add)));
    }
}

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).unwrap_or_default();
    tokio::runtime::Builder::new_multi_thread()
        .enable_io()
        .build()?
        .block_on(serve(&port))
}
