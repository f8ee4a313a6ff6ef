//! How fast and how large the simulator is: makes a population, a day, and asks for every body once.
//!
//! `cargo run --release -p simulator --example speed -- 1000000`
#![expect(clippy::print_stdout, reason = "it is there to print")]

use std::error::Error;
use std::time::Instant;

use simulator::{BODIES, PATH, Population, PopulationConfig, Simulator, SimulatorConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let doctors = std::env::args().nth(1).map_or(Ok(60_000), |argument| argument.parse())?;
    let start = Instant::now();
    let mut population = Population::new(PopulationConfig { doctors, ..PopulationConfig::default() })?;
    println!("a population of {doctors}: {:?}, {}", start.elapsed(), memory());

    let start = Instant::now();
    let changed = population.advance().total();
    println!("a day of {changed} changes: {:?}", start.elapsed());

    let gmc = Simulator::start_with(SimulatorConfig::default(), population).await?;
    let start = Instant::now();
    let mut bytes = 0;
    for (body, _) in BODIES {
        bytes += ask(&gmc, body).await?;
    }
    let answered: usize = gmc.requests().all().iter().map(|record| record.doctors).sum();
    println!(
        "{answered} doctors in {bytes} bytes, one body after another: {:?}, {}",
        start.elapsed(),
        memory()
    );
    gmc.stop().await;
    Ok(())
}

/// The size of the answer in bytes.
async fn ask(gmc: &Simulator, body: &str) -> std::io::Result<usize> {
    let envelope = format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
         <GetDoctorsForDB xmlns=\"https://webcache.gmc-uk.org/GMCWebServices/\"><request>\
         <DesignatedBodyCode>{body}</DesignatedBodyCode><ClientRequestID>speed</ClientRequestID>\
         <InternalUser>speed</InternalUser></request><Username>simulator</Username>\
         <Password>simulator</Password></GetDoctorsForDB></s:Body></s:Envelope>"
    );
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: text/xml\r\n\
         Content-Length: {}\r\n\r\n",
        gmc.address(),
        envelope.len()
    );
    let mut stream = TcpStream::connect(gmc.address()).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(envelope.as_bytes()).await?;
    let (mut buffer, mut total) = (vec![0; 65_536], 0);
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(total),
            read => total += read,
        }
    }
}

/// The process's memory now and at its peak, where Linux tells.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lines = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", ")
}
