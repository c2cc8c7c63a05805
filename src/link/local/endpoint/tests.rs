//! Tests of the whole link.
