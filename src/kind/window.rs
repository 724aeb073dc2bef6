//! The weekly window in which AWS carries out what waits.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

const DAY: i64 = 1440;
const WEEK: i64 = 7 * DAY;

/// A weekly window in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Minutes from the beginning of Sunday.
    start: u32,
    /// Minutes that it lasts.
    length: u32,
}

impl Window {
    /// Begins so many minutes after the beginning of Sunday, and lasts so many.
    pub fn new(start: u32, length: u32) -> Self {
        Self { start: start % WEEK as u32, length }
    }

    /// When it opens, in words: `sun 05:00 UTC`.
    pub fn word(&self) -> String {
        let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
        let (day, minutes) = (self.start as usize / DAY as usize, self.start as i64 % DAY);
        format!("{} {:02}:{:02} UTC", days[day], minutes / 60, minutes % 60)
    }

    /// Opening and closing of the window that is open at that time, else of the next.
    pub fn next(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        self.after(now - SignedDuration::from_mins(i64::from(self.length)))
    }

    /// Opening and closing of the first window that opens after that time.
    pub fn after(&self, time: Timestamp) -> (Timestamp, Timestamp) {
        let minutes = time.as_second().div_euclid(60);
        // The epoch was a Thursday.
        let of_week = (minutes + 4 * DAY).rem_euclid(WEEK);
        let wait = (i64::from(self.start) - of_week - 1).rem_euclid(WEEK) + 1;
        let opens = Timestamp::from_second((minutes + wait) * 60).unwrap_or(Timestamp::MAX);
        (opens, opens + SignedDuration::from_mins(i64::from(self.length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-27 is a Friday.
    #[test]
    fn the_next_window_is_found() {
        let cases = [
            ((300, 60), "2026-11-27T10:00:00Z", "sun 05:00 UTC", "2026-11-29T05:00:00Z", "2026-11-29T06:00:00Z"),
            ((300, 60), "2026-11-29T04:59:59Z", "sun 05:00 UTC", "2026-11-29T05:00:00Z", "2026-11-29T06:00:00Z"),
            ((300, 60), "2026-11-29T05:30:00Z", "sun 05:00 UTC", "2026-11-29T05:00:00Z", "2026-11-29T06:00:00Z"),
            ((300, 60), "2026-11-29T06:00:00Z", "sun 05:00 UTC", "2026-12-06T05:00:00Z", "2026-12-06T06:00:00Z"),
            ((10_050, 90), "2026-12-27T00:10:00Z", "sat 23:30 UTC", "2026-12-26T23:30:00Z", "2026-12-27T01:00:00Z"),
            ((10_050, 90), "2026-12-27T01:00:00Z", "sat 23:30 UTC", "2027-01-02T23:30:00Z", "2027-01-03T01:00:00Z"),
        ];
        for ((start, length), now, word, opens, closes) in cases {
            let window = Window::new(start, length);
            let (from, to) = window.next(now.parse().expect("a time"));
            let found = (window.word(), from.to_string(), to.to_string());
            assert_eq!(found, (word.to_owned(), opens.to_owned(), closes.to_owned()), "{now}");
        }
    }
}
