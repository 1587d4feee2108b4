//! What a server sends to a client.
#![no_main]

#[allow(dead_code, unused_imports)]
#[path = "../../src/protocol/mod.rs"]
mod protocol;

libfuzzer_sys::fuzz_target!(|input: &[u8]| protocol::testing::inputs::client(input));
