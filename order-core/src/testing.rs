//! Memory adapters, a clock under control, failure injection, builders and contract suites.
