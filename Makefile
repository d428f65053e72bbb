# `make run` and `make test` work on a fresh Debian or Ubuntu machine with Rust and nothing else.

# The C compiler is for SQLite, which is built in.
BUILD_NEEDS = gcc libc6-dev libasound2-dev pkg-config
OFFICE = libreoffice-writer libreoffice-calc poppler-utils fonts-liberation
BENCH_NEEDS = mpg123 mpv ffmpeg sqlite3
TEST_NEEDS = $(BUILD_NEEDS) g++ pulseaudio pulseaudio-utils libasound2-plugins postgresql python3 iproute2 iptables \
	chromium chromium-driver

.PHONY: run test style bench fuzz soak check deb test-deb screenshots reports

run:
	@./deploy/run-demo

test:
	@./deploy/install-needs $(TEST_NEEDS)
	@$(MAKE) --no-print-directory style
	./tests/run
	./fuzz/run 5

# Rust's smallest installation has neither of the two.
style:
	@if cargo fmt --version >/dev/null 2>&1; then set -x; cargo fmt --check; else \
		echo "rustfmt is not installed: the layout was not checked"; fi
	@if cargo clippy --version >/dev/null 2>&1; then set -x; cargo clippy --locked --all-targets -- -D warnings; else \
		echo "clippy is not installed: its warnings were not looked for"; fi

# 2,000 kills of real stations beside a district that is killed too, and 600 power cuts that drop what was not synced: half
# an hour.
soak:
	@./deploy/install-needs $(TEST_NEEDS)
	LOA_KILLS=500 cargo test --locked --test power -- --nocapture
	LOA_CUTS=200 cargo test --locked --test disk -- --nocapture

# Pictures of every page, in both languages and on a wide and a narrow screen, in target/screenshots.
screenshots:
	@./deploy/install-needs $(TEST_NEEDS)
	cargo test --locked --test browser -- --ignored pictures

# Reports as LibreOffice prints them, in target/reports: the documents, PDF and pictures of their pages.
reports:
	@./deploy/install-needs $(BUILD_NEEDS) $(OFFICE)
	cargo test --locked --test office -- --ignored

# A package in target/deb.
deb:
	@./deploy/install-needs $(BUILD_NEEDS) binutils
	cargo build --locked --profile dist
	./deploy/build-deb target/dist/loa target/deb

# The package in a clean Debian: as root, with the way to a mirror.
test-deb:
	@./deploy/install-needs $(BUILD_NEEDS) binutils debootstrap
	cargo build --locked
	./deploy/test-deb target/debug/loa target/deb

bench:
	@./deploy/install-needs $(TEST_NEEDS) $(BENCH_NEEDS)
	cargo build --locked --profile dist
	LOA_PROGRAM=$(CURDIR)/target/dist/loa cargo bench --locked

fuzz:
	@./deploy/install-needs g++ python3
	./fuzz/run 600

check:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --no-default-features --lib --bins -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps
	@if cargo deny --version >/dev/null 2>&1; then set -ex; \
		cargo deny check bans licenses sources; cargo deny check advisories; else \
		echo "cargo-deny is not installed: licences and advisories were not checked"; fi
