//! Tests of the engine, by state and theme; most run two QPs against each other ([`pair`]).

mod pair;

mod atomic;
mod post;
mod read;
mod send;
mod states;
mod write;
