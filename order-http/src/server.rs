//! The axum API.
