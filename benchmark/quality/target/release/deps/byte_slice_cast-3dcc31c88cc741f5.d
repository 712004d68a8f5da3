/work/main/benchmark/quality/target/release/deps/byte_slice_cast-3dcc31c88cc741f5.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byte-slice-cast-1.2.3/src/lib.rs

/work/main/benchmark/quality/target/release/deps/libbyte_slice_cast-3dcc31c88cc741f5.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byte-slice-cast-1.2.3/src/lib.rs

/work/main/benchmark/quality/target/release/deps/libbyte_slice_cast-3dcc31c88cc741f5.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byte-slice-cast-1.2.3/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byte-slice-cast-1.2.3/src/lib.rs:
