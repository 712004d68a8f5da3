/work/main/benchmark/quality/target/release/deps/quality-bbea08201dfe9336.d: src/main.rs

/work/main/benchmark/quality/target/release/deps/quality-bbea08201dfe9336: src/main.rs

src/main.rs:
