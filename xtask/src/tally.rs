//! Counting tests from what the runners print themselves.

use std::ops::AddAssign;

/// How many tests ran, over all runners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Tally {
    /// The last line of `cargo xtask test`. A step that failed without a failing test (a lint, a build) counts as one.
    pub(crate) fn closing_line(self, succeeded: bool) -> String {
        let failed = if succeeded { self.failed } else { self.failed.max(1) };
        format!("{} passed, {failed} failed", self.passed)
    }

    /// Adds what one line of a runner's output says, if it is one of its closing lines: libtest's
    /// `test result:` (one per binary), vitest's `Tests` and the `pass`/`fail` lines of node's runner.
    pub(crate) fn read_line(&mut self, line: &str) {
        let line = without_colours(line);
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result:") {
            let counts = rest.split_once(". ").map_or(rest, |(_, counts)| counts);
            for count in counts.split(';') {
                self.add_count(count, "passed", "failed", "ignored");
            }
        } else if let Some(rest) = line.strip_prefix("Tests ") {
            let counts = rest.split_once('(').map_or(rest, |(counts, _)| counts);
            for count in counts.split('|') {
                self.add_count(count, "passed", "failed", "skipped");
            }
        } else if let Some(rest) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")) {
            let mut words = rest.split_whitespace();
            if let (Some(name), Some(count), None) = (words.next(), words.next(), words.next()) {
                let Ok(count) = count.parse::<u64>() else { return };
                match name {
                    "pass" => self.passed += count,
                    "fail" | "cancelled" => self.failed += count,
                    "skipped" | "todo" => self.skipped += count,
                    _ => {}
                }
            }
        }
    }

    fn add_count(&mut self, text: &str, passed: &str, failed: &str, skipped: &str) {
        let mut words = text.split_whitespace();
        let (Some(count), Some(name)) = (words.next(), words.next()) else { return };
        let Ok(count) = count.parse::<u64>() else { return };
        if name == passed {
            self.passed += count;
        } else if name == failed {
            self.failed += count;
        } else if name == skipped {
            self.skipped += count;
        }
    }
}

fn without_colours(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            for escaped in characters.by_ref() {
                if escaped.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, passed: u64, failed: u64, skipped: u64) {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read_line(line));
        assert_eq!(tally, Tally { passed, failed, skipped }, "{output}");
    }

    #[test]
    fn libtest_binaries_add_up() {
        check(
            "test a ... ok\ntest result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
             test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.01s",
            15,
            2,
            1,
        );
    }

    #[test]
    fn vitest_counts_tests_and_not_files() {
        check(" Test Files  2 passed (2)\n      Tests  1 failed | 7 passed | 2 skipped (10)\n", 7, 1, 2);
        check("\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m4 passed\u{1b}[39m\u{1b}[22m (4)", 4, 0, 0);
    }

    #[test]
    fn both_reporters_of_node_are_read() {
        check("ℹ tests 9\nℹ suites 2\nℹ pass 7\nℹ fail 1\nℹ cancelled 1\nℹ skipped 0\nℹ todo 0", 7, 2, 0);
        check("# tests 3\n# pass 2\n# fail 0\n# skipped 1", 2, 0, 1);
    }

    #[test]
    fn other_lines_say_nothing() {
        check("# pass the salt 3\npassed 4\nTests are good", 0, 0, 0);
    }

    #[test]
    fn a_failed_build_is_not_reported_as_zero_failures() {
        let tally = Tally { passed: 5, failed: 0, skipped: 0 };
        assert_eq!(tally.closing_line(false), "5 passed, 1 failed");
        assert_eq!(tally.closing_line(true), "5 passed, 0 failed");
    }
}
