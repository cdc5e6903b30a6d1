//! The report: measured values against their goals.

use std::fmt;

/// The goal of a measured value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// None: the value is only reported.
    None,
}

impl Goal {
    /// Returns whether a value meets the goal; `true` without one.
    fn is_met(self, by: f64) -> bool {
        match self {
            Self::AtLeast(least) => by >= least,
            Self::AtMost(most) => by <= most,
            Self::None => true,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, ">= {least}"),
            Self::AtMost(most) => write!(f, "<= {most}"),
            Self::None => write!(f, "-"),
        }
    }
}

struct Row {
    what: String,
    measured: f64,
    unit: &'static str,
    goal: Goal,
    rounds: Vec<f64>,
    note: String,
}

/// A value that is measured round by round.
pub(crate) struct Series {
    what: String,
    unit: &'static str,
    goal: Goal,
    rounds: Vec<f64>,
    note: String,
}

impl Series {
    /// Starts a series of ratios.
    pub(crate) fn of_ratios(what: impl Into<String>, goal: Goal) -> Self {
        Self::new(what, "x", goal)
    }

    pub(crate) fn new(what: impl Into<String>, unit: &'static str, goal: Goal) -> Self {
        Self {
            what: what.into(),
            unit,
            goal,
            rounds: Vec::new(),
            note: String::new(),
        }
    }

    /// Adds the value of a round; the note replaces that of the round before.
    pub(crate) fn push(&mut self, value: f64, note: String) {
        self.rounds.push(value);
        self.note = note;
    }
}

/// The table of results that is printed in the end.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds series; of each, the median is reported.
    pub(crate) fn add_all(&mut self, all: impl IntoIterator<Item = Series>) {
        for one in all {
            self.add(one.what, one.unit, one.goal, one.rounds, one.note);
        }
    }

    /// Adds a value that was measured in several rounds; the median is reported.
    pub(crate) fn add(
        &mut self,
        what: impl Into<String>,
        unit: &'static str,
        goal: Goal,
        rounds: Vec<f64>,
        note: impl Into<String>,
    ) {
        let row = Row {
            what: what.into(),
            measured: median(&rounds),
            unit,
            goal,
            rounds,
            note: note.into(),
        };
        println!(
            "  -> {}: {:.2}{} ({})",
            row.what, row.measured, row.unit, row.note
        );
        self.rows.push(row);
    }
}

/// Returns the median.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | measured | rounds | goal | verdict | figures |")?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for row in &self.rows {
            let rounds: Vec<_> = row.rounds.iter().map(|one| format!("{one:.2}")).collect();
            writeln!(
                f,
                "| {} | {:.2}{} | {} | {} | {} | {} |",
                row.what,
                row.measured,
                row.unit,
                rounds.join(" "),
                row.goal,
                match row.goal {
                    Goal::None => "-",
                    goal if goal.is_met(row.measured) => "met",
                    _ => "MISSED",
                },
                row.note,
            )?;
        }
        Ok(())
    }
}
