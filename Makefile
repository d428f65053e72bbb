# `make run` and `make test` work on a fresh Debian or Ubuntu machine with Rust and nothing else.

BUILD_NEEDS = libasound2-dev pkg-config
BENCH_NEEDS = mpg123 mpv ffmpeg
TEST_NEEDS = $(BUILD_NEEDS) g++ pulseaudio pulseaudio-utils libasound2-plugins postgresql iproute2 iptables

.PHONY: run test bench fuzz soak check

run:
	@./deploy/run-demo

test:
	@./deploy/install-needs $(TEST_NEEDS)
	cargo test --locked --lib --bins --tests
	./fuzz/run 10

# 2,000 kills of real stations, which takes a quarter of an hour.
soak:
	LOA_KILLS=500 cargo test --locked --test power -- --nocapture

bench:
	@./deploy/install-needs $(TEST_NEEDS) $(BENCH_NEEDS)
	cargo bench --locked

fuzz:
	@./deploy/install-needs g++
	./fuzz/run 600

check:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps
	cargo deny --version >/dev/null 2>&1 && cargo deny check || echo "cargo-deny is not installed: licences were not checked"
