//! The N-API glue, and the only folder that names napi.
//!
//! JavaScript has checked every argument; this folder turns them into the crate's own types, hands jobs to
//! the pool, and brings outcomes back. A call that cannot be admitted returns its failure at once; nothing
//! here throws into JavaScript on purpose, and nothing here computes.

// The macros of napi generate what these would complain of.
#![allow(missing_docs, unreachable_pub, clippy::needless_pass_by_value, clippy::trivially_copy_pass_by_ref)]

mod bridge;
mod csv;
mod csv_batch;
mod csv_sink;
mod csv_style;
mod environment;
#[cfg(feature = "faults")]
mod faults;
mod image;
mod image_facts;
mod image_flight;
mod image_input;
mod image_options;
mod image_task;
mod image_wish;
mod password;
mod settings;
mod value;
