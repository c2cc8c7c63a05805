//! Links carry headers and payloads between QPs: within the process, between processes of a host.

pub mod local;
