//! Verbium: a drop-in `libibverbs.so.1` with an RDMA NIC inside it.
//!
//! # The map
//! ```text
//!   C application                                        C provider plug-in
//!     | ibv_* symbols        inline verbs.h calls          | verbs_*, ibv_cmd_* (private symbols)
//!     v                              |                     v
//!    api -----> provider (registry, contexts, one ops table per context)
//!                                    | the ops table     `--> kernel (devices, commands)
//!                                    v
//!                                  soft   objects, application memory, threads, event fds
//!               post_*, handle_*   |    ^ poll_*
//!                                  v    |
//!                                engine   sans-IO: QPs, requester, completer, responder
//!                                  soft carries packets between engine and
//!                                link     self, and between processes of one host
//! ```
//!
//! Imports go only leftward: `base <- abi`, `base <- wire <- {engine, link}`,
//! `{abi, engine, link} <- soft`, `{base, abi} <- kernel`, `{soft, kernel} <- provider`,
//! `{abi, kernel, provider} <- api`; a test reads the sources and holds to it (`layers.rs`).
//!
//! | folder | what it is | where to begin |
//! |---|---|---|
//! | `base` | error numbers, identifiers, time, logging, netlink, the ring's algorithm | `ids.rs` |
//! | `abi` | the C words of verbs, each size and offset asserted | `mod.rs` |
//! | `wire` | opcodes, sequence numbers, headers | `opcode.rs` |
//! | `engine` | the transport: state table, PSNs, ACK and NAK, retries, RNR | `mod.rs`, the contract |
//! | `link` | bytes between processes: rings in a memfd, direct access to memory | `local/mod.rs` |
//! | `soft` | the embedded NIC: objects, progress, the shims of the ops table | `mod.rs` |
//! | `kernel` | what the Linux kernel is asked: its RDMA devices, and commands for them | `discovery.rs`, `cmd/` |
//! | `provider` | device list, contexts, the defaults that answer EOPNOTSUPP | `registry.rs` |
//! | `api` | the exported functions and their version nodes | `gate.rs` |
//!
//! # A message on its way
//! `ibv_post_send` is an inline function of `verbs.h`: it calls the context's slot, which is
//! `soft/ops/work.rs`. The request becomes a WQE of `engine::Qp`; `soft/drive.rs` asks the engine
//! for packets and puts them into the peer's ring, or copies straight into the peer's memory. The
//! peer's polling thread, or its progress thread if nobody polls, hands them to its engine, which
//! places the bytes and makes a CQE; `ibv_poll_cq` finds it.
//!
//! # Laws
//! `wire` and `engine` contain no unsafe code and touch neither clock, socket nor thread. What a
//! peer or an application can cause is handled, never unwrapped. The data path allocates nothing
//! and writes no log. What is not served answers EOPNOTSUPP, from one table.

pub mod abi;
pub mod api;
pub mod base;
pub mod engine;
pub mod kernel;
#[cfg(test)]
mod layers;
pub mod link;
pub mod provider;
pub mod soft;
pub mod wire;

// Not in the rlib: a Rust program chooses its own allocator.
#[cfg(versioned)]
#[global_allocator]
static ALLOCATOR: base::reserve::Allocator = base::reserve::Allocator;
