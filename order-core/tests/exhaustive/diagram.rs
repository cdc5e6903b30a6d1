//! The diagram of the statuses, drawn from the moves that were seen.

use crate::state::Move;
use order_core::order::OrderStatus;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- state-diagram:begin -->\n";
const END: &str = "<!-- state-diagram:end -->";

/// The pages that show the diagram show this one. With `UPDATE_DIAGRAM` set, they are made to.
pub(crate) fn check(moves: &BTreeSet<Move>) {
    let diagram = draw(moves);
    for page in ["README.md", "ARCHITECTURE.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page);
        let text = fs::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once(BEGIN).unwrap();
        let (shown, after_it) = rest.split_once(END).unwrap();
        if shown == diagram {
            continue;
        }
        assert!(
            std::env::var_os("UPDATE_DIAGRAM").is_some(),
            "{page} does not show what was seen: run this with UPDATE_DIAGRAM=1\n{diagram}"
        );
        fs::write(&path, format!("{before}{BEGIN}{diagram}{END}{after_it}")).unwrap();
    }
}

/// A state diagram in Mermaid's notation.
fn draw(moves: &BTreeSet<Move>) -> String {
    let name = |status: Option<OrderStatus>| status.map_or("[*]", OrderStatus::as_str);
    let mut diagram = String::from("```mermaid\nstateDiagram-v2\n");
    for (from, event, to) in moves {
        writeln!(diagram, "    {} --> {}: {event}", name(*from), name(*to)).unwrap();
    }
    for status in OrderStatus::ALL
        .iter()
        .filter(|status| status.is_terminal())
    {
        writeln!(diagram, "    {status} --> [*]").unwrap();
    }
    diagram.push_str("```\n");
    diagram
}
