//! The product inside of a bench: the real server on ports of its own, over a folder of its own, with a plain client.
#![allow(dead_code, reason = "each bench uses a part of it")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    time::Duration,
};

use plumbline::{
    clock::SharedClock,
    config::{self, Config, Purpose},
    serve,
};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// A running server. `stop` ends it in order.
pub struct Product {
    pub http: u16,
    pub otlp: u16,
    runtime: Runtime,
    closing: CancellationToken,
    served: tokio::task::JoinHandle<anyhow::Result<()>>,
}

/// A configuration whose folder and addresses are the bench's.
pub fn config(folder: &Path, (http, otlp): (u16, u16), rest: &str) -> Config {
    let text = format!(
        "data_dir: {folder:?}\nlisten: 127.0.0.1:{http}\notlp: {{ grpc: null, http: \"127.0.0.1:{otlp}\" }}\n{rest}"
    );
    let config = config::parse("bench.yaml", &text, &|_| None, Purpose::Serve);
    config.unwrap_or_else(|problems| panic!("{problems:?}"))
}

pub fn ports() -> (u16, u16) {
    // Both are held until both are known, so that they differ.
    let [one, other] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let port = |it: &TcpListener| it.local_addr().expect("an address").port();
    (port(&one), port(&other))
}

impl Product {
    pub fn start(folder: &Path, clock: SharedClock, rest: &str) -> Self {
        let (http, otlp) = ports();
        let config = config(folder, (http, otlp), rest);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let closing = CancellationToken::new();
        let served = runtime.spawn(serve::run_until(config, clock, closing.clone()));
        while TcpStream::connect(("127.0.0.1", http)).is_err() {
            assert!(!served.is_finished(), "it could not start: {:?}", runtime.block_on(served));
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { http, otlp, runtime, closing, served }
    }

    pub fn stop(self) {
        self.closing.cancel();
        self.runtime.block_on(self.served).expect("no panic").expect("ended in order");
    }
}

/// One connection that is kept open.
pub struct Client(BufReader<TcpStream>);

impl Client {
    pub fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("connected");
        stream.set_nodelay(true).expect("set");
        Self(BufReader::new(stream))
    }

    pub fn get(&mut self, path: &str) -> (u16, Vec<u8>) {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n").as_bytes());
        self.answer()
    }

    pub fn post(&mut self, path: &str, kind: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let length = body.len();
        self.send(
            format!("POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n")
                .as_bytes(),
        );
        self.send(body);
        self.answer()
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).expect("sent");
    }

    /// Status and body; bodies come with a length or in chunks.
    fn answer(&mut self) -> (u16, Vec<u8>) {
        let head = self.line();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line().to_ascii_lowercase();
            match line.split_once(':') {
                Some(("content-length", value)) => length = value.trim().parse().expect("a length"),
                Some(("transfer-encoding", value)) => chunked = value.trim() == "chunked",
                Some(_) => {}
                None => break,
            }
        }
        let mut body = Vec::new();
        if chunked {
            loop {
                let length = usize::from_str_radix(&self.line(), 16).expect("the length of a chunk");
                self.read(length, &mut body);
                self.line();
                if length == 0 {
                    break;
                }
            }
        } else {
            self.read(length, &mut body);
        }
        (status, body)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.0.read_line(&mut line).expect("read") > 0, "the server hung up");
        line.trim_end().to_owned()
    }

    fn read(&mut self, length: usize, into: &mut Vec<u8>) {
        let from = into.len();
        into.resize(from + length, 0);
        self.0.read_exact(&mut into[from..]).expect("read");
    }
}
