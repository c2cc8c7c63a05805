//! Tests of the engine, by state and theme; most run two QPs against each other ([`pair`]).

mod pair;

mod atomic;
mod counters;
mod direct;
mod errors;
mod hostile;
mod keys;
mod loss;
mod lossless;
mod post;
mod quick;
mod read;
mod rnr;
mod send;
mod sqd;
mod srq;
mod states;
mod uc;
mod ud;
mod write;
