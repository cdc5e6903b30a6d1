//! The state diagram, drawn from the observed status changes.

use order_core::order::OrderStatus;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- state-diagram:begin -->\n";
const END: &str = "<!-- state-diagram:end -->";

/// The status before (`None` for a new order), the name of the event, and the status after.
pub(crate) type StatusChange = (Option<OrderStatus>, &'static str, Option<OrderStatus>);

/// Checks that the pages with the diagram show these status changes. `UPDATE_DIAGRAM=1` rewrites them.
pub(crate) fn check(changes: &BTreeSet<StatusChange>) {
    let diagram = draw(changes);
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
            "{page} does not show the observed diagram: run this with UPDATE_DIAGRAM=1\n{diagram}"
        );
        fs::write(&path, format!("{before}{BEGIN}{diagram}{END}{after_it}")).unwrap();
    }
}

/// Draws a state diagram in the syntax of Mermaid.
fn draw(changes: &BTreeSet<StatusChange>) -> String {
    let name = |status: Option<OrderStatus>| status.map_or("[*]", OrderStatus::as_str);
    let mut diagram = String::from("```mermaid\nstateDiagram-v2\n");
    for (from, event, to) in changes {
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
