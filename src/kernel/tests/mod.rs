//! Commands against a scripted kernel, in the numbers of the kernel's headers.

mod commands;
mod frames;
mod queues;
pub(crate) mod script;
mod traffic;
mod writes;
