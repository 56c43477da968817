//! Counting tests from what the harness prints.

use std::ops::AddAssign;

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
    pub ignored: u64,
}

impl Count {
    pub const FAILED: Self = Self { passed: 0, failed: 1, ignored: 0 };

    /// As cargo closes a run.
    pub fn cargo_line(self) -> String {
        let word = if self.failed == 0 { "ok" } else { "FAILED" };
        let Self { passed, failed, ignored } = self;
        format!("test result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; 0 filtered out")
    }

    pub fn plain_line(self) -> String {
        let skipped = if self.ignored == 0 { String::new() } else { format!(", {} skipped", self.ignored) };
        format!("{} passed, {} failed{skipped}", self.passed, self.failed)
    }

    /// Tests that the harness saw pass because they skipped themselves.
    pub fn skip(&mut self, tests: u64) {
        let tests = tests.min(self.passed);
        self.passed -= tests;
        self.ignored += tests;
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

/// Sums the closing lines of the harness in `text`.
pub fn parse(text: &str) -> Count {
    let mut total = Count::default();
    for line in text.lines().filter(|line| line.starts_with("test result:")) {
        let figure = |word: &str| {
            let before = line.split(word).next().unwrap_or_default();
            before.split_whitespace().next_back().and_then(|figure| figure.parse().ok()).unwrap_or(0)
        };
        total += Count { passed: figure(" passed;"), failed: figure(" failed;"), ignored: figure(" ignored;") };
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_summed() {
        let text = "test a ... ok\n\
            test result: ok. 10 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
            test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 4 filtered out; finished in 0.1s\n";
        let count = parse(text);
        assert_eq!(count, Count { passed: 13, failed: 1, ignored: 2 });
        assert_eq!(count.plain_line(), "13 passed, 1 failed, 2 skipped");
        assert!(count.cargo_line().starts_with("test result: FAILED. 13 passed; 1 failed; 2 ignored;"));
    }

    #[test]
    fn a_skipped_test_did_not_pass() {
        let mut count = Count { passed: 4, failed: 0, ignored: 0 };
        count.skip(3);
        assert_eq!(count.plain_line(), "1 passed, 0 failed, 3 skipped");
    }
}
