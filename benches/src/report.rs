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

/// The table of results that is printed in the end.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
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
