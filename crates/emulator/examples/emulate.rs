//! Runs the emulator on a port: `cargo run --example emulate -- 127.0.0.1:4600 [WORLD] [SPEED]`.

use cachestack_emulator::{Emulator, Options, server};
use std::path::Path;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:4600".into());
    let world = arguments.next().filter(|world| world != "-");
    let mut options = Options::default();
    if let Some(speed) = arguments.next() {
        options.speed = speed.parse()?;
    }
    let emulator = match world {
        Some(path) => Emulator::open(Path::new(&path), options)?,
        None => Emulator::in_memory(options),
    };
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("listening on {}", listener.local_addr()?);
    server::serve(listener, emulator).await?;
    Ok(())
}
