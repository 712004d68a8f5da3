/work/main/benchmark/quality/target/release/deps/yuvxyb_math-ed39214c6df2b58b.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/cbrtf.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/matrix.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/mul_add.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/pow_exp.rs

/work/main/benchmark/quality/target/release/deps/libyuvxyb_math-ed39214c6df2b58b.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/cbrtf.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/matrix.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/mul_add.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/pow_exp.rs

/work/main/benchmark/quality/target/release/deps/libyuvxyb_math-ed39214c6df2b58b.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/cbrtf.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/matrix.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/mul_add.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/pow_exp.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/lib.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/cbrtf.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/matrix.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/mul_add.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/yuvxyb-math-0.1.1/src/pow_exp.rs:
