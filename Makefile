# `make` alone lists what there is. ARGS="…" passes arguments on, where a command takes some.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
SDL := crates/api/schema.graphql
EMBED := examples/embed/Cargo.toml
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help run test check bench simulate crash sdl matrix generated fmt lint doc embed certify audit programs

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build the release binary and serve the demo world on 127.0.0.1:8080
	$(CARGO) run --release --package regulars-server --bin regulars -- serve --demo $(ARGS)

# The tests of the whole product start the built server, which `cargo test` alone would not build.
programs:
	$(CARGO) build --workspace --bins

test: programs ## run all tests, on SQLite and on a PostgreSQL of their own (or TEST_DATABASE_URL)
	$(TARGET)/debug/with-postgres -- $(CARGO) test --workspace $(ARGS)

check: ## everything that CI runs, as CI runs it
	.ci/run

bench: ## measure the operations of the API on both databases, beside their ceilings
	tests/bench/run $(ARGS)

simulate: ## play a million operations to the code and to an oracle (ARGS="--seed N --operations N --clients N")
	$(CARGO) run --quiet --profile simulation --package regulars-simulation --example simulation -- $(ARGS)

crash: programs ## kill the server a hundred times under load on each database, and look what is left
	CRASH_ROUNDS=100 $(TARGET)/debug/with-postgres -- \
		$(CARGO) test --package regulars-e2e crashes

sdl: ## write the schema of the API to crates/api/schema.graphql
	$(CARGO) run --quiet --package regulars-server --bin regulars -- schema > $(SDL).new
	mv $(SDL).new $(SDL)

matrix: programs ## write who may use which root field, found out by asking, to tests/permission_matrix.txt
	WRITE_PERMISSION_MATRIX=1 $(TARGET)/debug/with-postgres -- \
		$(CARGO) test --package regulars-e2e permission_matrix

generated: ## fail if a generated file is not what would be generated now
	$(CARGO) run --quiet --package regulars-server --bin regulars -- schema | diff -u $(SDL) - \
		|| { echo '$(SDL) is not current: run `make sdl` and commit it.' >&2; exit 1; }

fmt: ## format the code
	$(CARGO) fmt --all

lint: ## formatting and lints, warnings denied
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

doc: ## the crates' documentation, broken links denied
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps

embed: ## build and run examples/embed, and check that it carries no server along
	$(CARGO) fmt --manifest-path $(EMBED) --check
	$(CARGO) clippy --quiet --manifest-path $(EMBED) --all-targets -- -D warnings
	$(CARGO) run --quiet --manifest-path $(EMBED)
	@tree=$$($(CARGO) tree --manifest-path $(EMBED) --edges normal,build --prefix none); \
	if grep -E '^(diesel|libsqlite3-sys|pq-sys|actix-web|juniper|tokio) ' <<< "$$tree"; then \
		echo 'examples/embed pulls in what an embedding program must be spared.' >&2; exit 1; \
	fi

certify: programs ## hold the server against public suites (needs Node.js; installs it where it may)
	tests/certify/run $(TARGET)/debug/regulars

audit: ## dependencies: advisories, licences, sources, and who may use what (cargo-deny)
	@$(CARGO) deny --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-deny
	$(CARGO) deny --all-features --config config/deny.toml check $(ARGS)
