//! Serves the dashboard from fixtures, to look at it: `cargo run -p plumbline-ui --features ssr --example preview [FOLDER]`
//! with the folder of the built wasm for a live one. Full on port 4301, empty on 4302, failing on 4303.

#[path = "../tests/fixture/mod.rs"]
mod fixture;

use fixture::{Mood, site::site};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let wasm = std::env::args_os().nth(1).map(std::path::PathBuf::from);
    let mut servers = Vec::new();
    for (port, mood) in [(4301, Mood::Full), (4302, Mood::Empty), (4303, Mood::Failing)] {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        println!("{mood:?}: http://127.0.0.1:{port}/");
        let site = site(mood, wasm.clone());
        servers.push(tokio::spawn(async move { axum::serve(listener, site).await }));
    }
    for server in servers {
        server.await??;
    }
    Ok(())
}
