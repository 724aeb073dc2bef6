//! What a page of 100 objects costs in a world of 10,000 groups and 30,000 alarms: CPU time of this process, which is the
//! emulator's and that of a look for the next page.

use std::sync::Arc;
use std::time::Duration;

use cachestack::clock::SystemClock;
use cachestack::emulator::{Emulator, Options, Speed};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::requests::send;
use crate::world::{ALARMS, CLUSTERS, GROUPS, List, alarm, group};

const COUNTS: (usize, usize) = (10_000, 30_000);
const PAGE_MAX: Duration = Duration::from_millis(5);
/// Of each page the least of so many readings counts: whatever else the machine does only adds to it.
const READINGS: usize = 3;

/// Prints the table; answers whether every page is cheap enough.
pub fn measure() -> bool {
    let options = Options { speed: Speed::Instant, clock: Arc::new(SystemClock), credentials: None };
    let emulator = Emulator::in_memory(options);
    (0..COUNTS.0)
        .map(group)
        .chain((0..COUNTS.1).map(alarm))
        .for_each(|(service, fields)| drop(send(&emulator, service, &fields)));
    println!("CPU time of a page of 100, {} groups and {} alarms:", COUNTS.0, COUNTS.1);
    let mut cheap = true;
    for (list, count) in [(GROUPS, COUNTS.0), (CLUSTERS, COUNTS.0), (ALARMS, COUNTS.1)] {
        let pages = read(&emulator, &list, count);
        let (most, all): (Duration, Duration) = (*pages.iter().max().expect("a page"), pages.iter().sum());
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let mean = ms(all) / pages.len() as f64;
        println!(
            "  {:<26} {:>4} pages, {mean:>6.3} ms each, {:>6.3} ms at most",
            list.operation,
            pages.len(),
            ms(most)
        );
        cheap &= most <= PAGE_MAX;
    }
    if !cheap {
        eprintln!("a page takes more than {} ms", PAGE_MAX.as_millis());
    }
    cheap
}

/// CPU time of each page.
fn read(emulator: &Emulator, list: &List, count: usize) -> Vec<Duration> {
    let once = || {
        let mut times = Vec::new();
        let told = list.read(|(service, fields)| {
            let start = cpu();
            let answer = send(emulator, service, fields);
            times.push(cpu() - start);
            answer
        });
        assert_eq!(told.objects, count, "{}", list.operation);
        times
    };
    let readings: Vec<Vec<Duration>> = (0..READINGS).map(|_| once()).collect();
    (0..readings[0].len()).filter_map(|page| readings.iter().map(|reading| reading[page]).min()).collect()
}

/// CPU time of this process, with what the system did for it.
fn cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("usage of this process");
    Duration::from_micros((usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as u64)
}
