//! HTTP clients of the outside services.
