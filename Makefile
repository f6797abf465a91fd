# One plain command per target, each also usable by hand. `make` lists them.

# Sample data and SQLite's file. The dev profile: ready in minutes from nothing, where a release build takes ten.
DATA_DIR ?= data
BUILT := $(or $(CARGO_TARGET_DIR),target)/debug
# nextest where it is installed: it runs each test in a process of its own.
NEXTEST := $(shell command -v cargo-nextest 2>/dev/null)
ALL_TESTS := $(if $(NEXTEST),cargo nextest run --workspace,cargo test --workspace --lib --bins --tests)
# Only the tests of the service as clients see it; built with the whole workspace, so that no dependency is built twice.
SERVICE_TESTS := $(if $(NEXTEST),cargo nextest run --workspace -E 'package(it)',cargo test --workspace --test it)

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 18

serve: ## run Guichet on SQLite with sample data, in ./data
	GUICHET_DATA_DIR=$(DATA_DIR) cargo run --bin guichet -- serve --demo

check: format-check clippy ## formatting and lints, warnings denied

format-check:
	cargo fmt --all --check

clippy:
	cargo clippy --workspace --all-targets --locked -- -D warnings

test: test-sqlite test-postgres ## the whole suite on SQLite, then the service's on PostgreSQL with Redis

test-sqlite: ## every test; the service's on SQLite
	env -u TEST_DATABASE_URL -u TEST_REDIS_URL $(ALL_TESTS)

test-postgres: ## the service's tests on throw-away PostgreSQL and Redis; installs them on Debian as root
	scripts/services run -- $(SERVICE_TESTS)

test-bucket: ## the tests of files, with these in an S3-compatible bucket; needs moto_server, of PyPI
	scripts/with-bucket $(if $(NEXTEST),cargo nextest run --workspace -E 'package(it) & test(/^attachment::/)',cargo test --workspace --test it attachment::)

doc: ## the code's documentation, warnings denied
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked

schema: build ## write schema.graphql
	$(BUILT)/guichet schema > $(BUILT)/schema.graphql
	cp $(BUILT)/schema.graphql schema.graphql

# With the tests: cargo takes the features of what it builds together, and so no dependency is built a second time.
build:
	cargo build --workspace --bins --tests --locked

schema-check: schema
	git diff --exit-code -- schema.graphql

dependencies: ## licences, banned crates and sources, by deny.toml
	scripts/check-dependencies

deny: ## the same by cargo-deny, where it is installed
	cargo deny check licenses bans sources

audit: audit-http audit-schema audit-contract audit-recipes audit-clients audit-webhooks audit-fuzz audit-graphiql ## what other people's tools say of the API

audit-http: build ## the public GraphQL-over-HTTP audit, against a server of its own
	npm ci --prefix tests/audit
	scripts/with-server $(BUILT)/guichet -- sh -c 'node tests/audit/audit.mjs "$$SERVER_URL/graphql"'

SCHEMA_TOOLS = tests/schema-tools/node_modules/.package-lock.json
$(SCHEMA_TOOLS): tests/schema-tools/package-lock.json
	npm ci --prefix tests/schema-tools
	touch $@

audit-schema: $(SCHEMA_TOOLS) ## relay-compiler, graphql-codegen and graphql-inspector accept schema.graphql
	npm test --prefix tests/schema-tools

audit-contract: $(SCHEMA_TOOLS) ## schema.graphql keeps what the last release promised to clients
	npm run contract --prefix tests/schema-tools

release-schema: schema ## schema.graphql is what the release promises: run it for the commit that is tagged
	cp schema.graphql tests/schema-tools/released.graphql
	echo '[]' > tests/schema-tools/allowed-breaks.json

# The sample sign-ins of these servers have a password of their own.
AS_AGENT = GUICHET_DEMO_PASSWORD=$$(head -c 15 /dev/urandom | base64) scripts/with-server $(BUILT)/guichet --

audit-recipes: build $(SCHEMA_TOOLS) ## the recipes of docs/api.md do what they say; jq and curl are installed on Debian as root
	command -v jq >/dev/null && command -v curl >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends jq curl; }
	$(AS_AGENT) sh -c 'EMAIL=agent@demo.guichet.test PASSWORD="$$GUICHET_DEMO_PASSWORD" GUICHET_URL="$$SERVER_URL" \
	  npm run recipes --prefix tests/schema-tools'

audit-clients: build ## graphql-ws, graphql-sse, Apollo Client and urql follow a queue that is cut off meanwhile
	npm ci --prefix tests/clients
	$(AS_AGENT) sh -c 'npm test --prefix tests/clients -- "$$SERVER_URL/graphql"'

audit-webhooks: build ## the public standardwebhooks package verifies what a receiver on the loopback is sent
	npm ci --prefix tests/clients
	GUICHET_WEBHOOKS_ALLOW_CIDRS=127.0.0.0/8 $(AS_AGENT) sh -c 'npm run test-webhooks --prefix tests/clients -- "$$SERVER_URL/graphql"'

audit-graphiql: build ## GraphiQL follows a queue in Chromium; installs it on Debian as root
	npm ci --prefix tests/clients
	command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }
	$(AS_AGENT) sh -c 'npm run test-graphiql --prefix tests/clients -- "$$SERVER_URL/graphql"'

# Nobody is to be told to wait: then what lies behind would not be asked.
BUDGETS = GUICHET_BUDGET_REQUESTER=0 GUICHET_BUDGET_AGENT=0
EXAMPLES ?= 20
audit-fuzz: build ## schemathesis asks everything as each role: no answer is a fault of the server's
	python3 -m venv tests/fuzz/.venv || { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv && python3 -m venv tests/fuzz/.venv; }
	tests/fuzz/.venv/bin/pip install --quiet --requirement tests/fuzz/requirements.txt
	$(BUDGETS) $(AS_AGENT) sh -c 'PATH="tests/fuzz/.venv/bin:$$PATH" PASSWORD="$$GUICHET_DEMO_PASSWORD" python3 -B tests/fuzz/fuzz.py schema.graphql $(EXAMPLES)'

# The server as it is released, nearly; what only asks it is built like the tests.
bench: build ## what a request costs at 100,000 tickets, beside plain SQL
	cargo build --profile bench --package guichet --locked
	scripts/services run -- sh -c '$(BUILT)/bench --database-url "$$TEST_DATABASE_URL" --server $(BUILT)/../release/guichet'

check-live: build ## live streams from outside: nothing missing, wrong or foreign, whatever fails
	scripts/services run -- sh -c '$(BUILT)/check-live --server $(BUILT)/guichet --database-url "$$TEST_DATABASE_URL" \
	  --redis-server "$$(command -v redis-server)"'

check-keys: build ## idempotency keys and webhooks while servers are killed 100 times: all there once, all told
	npm ci --prefix tests/clients
	scripts/services run -- sh -c '$(BUILT)/check-keys --server $(BUILT)/guichet --database-url "$$TEST_DATABASE_URL" \
	  --redis-server "$$(command -v redis-server)"'
	$(BUILT)/check-keys --server $(BUILT)/guichet

check-clock: build ## service-level timers of 2,000 random tickets, beside a model of the clock in another language
	python3 -B tests/clock-model/check.py $(BUILT)/guichet

# Sets of articles and questions are not part of this repository; bench/README.md says which they are.
RETRIEVAL_DATA ?= data/sets
bench-retrieval: build ## how often the right article is suggested, and how fast; sets in RETRIEVAL_DATA
	cargo build --profile bench --package guichet --locked
	scripts/services run -- sh -c '$(BUILT)/bench-retrieval --database-url "$$TEST_DATABASE_URL" \
	  --server $(BUILT)/../release/guichet --data $(RETRIEVAL_DATA)'

# What may be lost lies beside the throw-away PostgreSQL: in memory, where there is room.
bench-knowledge: build ## suggestions, search, gaps and indexing at 2,000 articles and 100,000 tickets, on both databases
	cargo build --profile bench --package guichet --locked
	scripts/services run -- sh -c '$(BUILT)/bench-knowledge --database-url "$$TEST_DATABASE_URL" \
	  --server $(BUILT)/../release/guichet --folder "$$(dirname "$$SERVICES_DIR")" \
	  $(if $(wildcard $(RETRIEVAL_DATA)),--data $(RETRIEVAL_DATA))'

bench-timers: build ## 100,000 timers idle, a change of their terms, and the measures of a month, on both databases
	cargo build --profile bench --package guichet --locked
	scripts/services run -- sh -c '$(BUILT)/bench-timers --database-url "$$TEST_DATABASE_URL" \
	  --server $(BUILT)/../release/guichet --folder "$$(dirname "$$SERVICES_DIR")"'

bench-exchange: build ## 100,000 tickets taken out, brought in and compared, and 10,000 changed at once, on both databases
	cargo build --profile bench --package guichet --locked
	scripts/services run -- sh -c '$(BUILT)/bench-exchange --database-url "$$TEST_DATABASE_URL" \
	  --server $(BUILT)/../release/guichet --folder "$$(dirname "$$SERVICES_DIR")"'

# As many files may be open as the system allows: each socket is one.
bench-live: ## live streams to 10,000 sockets, beside a bare broadcast
	cargo build --profile bench --package guichet --package live --locked
	ulimit -n "$$(ulimit -H -n)"; scripts/services run -- sh -c '$(BUILT)/../release/bench-live --database-url "$$TEST_DATABASE_URL" \
	  --server $(BUILT)/../release/guichet --bare $(BUILT)/../release/bare-sockets --redis-server "$$(command -v redis-server)"'

ci: ## what CI runs, whole; each step shows the seconds since the start
	@start=$$(date +%s); for step in format-check dependencies clippy doc schema-check audit-contract audit-recipes test; do \
	  echo "== $$(($$(date +%s) - start)) s: make $$step"; $(MAKE) --no-print-directory $$step || exit; \
	done

.PHONY: help serve check format-check clippy test test-sqlite test-postgres test-bucket doc schema build schema-check dependencies deny bench \
  bench-live bench-retrieval bench-knowledge bench-timers bench-exchange check-live check-keys check-clock audit audit-http audit-schema \
  audit-contract release-schema audit-recipes audit-clients audit-webhooks audit-fuzz audit-graphiql ci
