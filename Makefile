# What there is to do here. `make` alone lists it.
SHELL := /bin/bash
GO    ?= go
MAKEFLAGS += --no-print-directory
export CGO_ENABLED = 0

# Go stamps the commit into the binary, and fails where git refuses the folder
# (root in someone else's clone); then without.
VCS := $(shell git rev-parse HEAD >/dev/null 2>&1 || echo -buildvcs=false)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

demo: services build ## set up what is missing, then run the main job (ARGS="--orders FILE --preset NAME")
	@bin/rewave demo $(ARGS)

build: ## bin/rewave, one static binary
	@command -v $(GO) >/dev/null || { echo "missing: Go; install it from https://go.dev/dl, then try again" >&2; exit 1; }
	@echo "building bin/rewave"
	@$(GO) build $(VCS) -trimpath -ldflags="-s -w" -o bin/rewave ./cmd/rewave

test: deps vet lint ## what a change must pass: vet, staticcheck, all tests with the race detector, half a minute of fuzzing
	@echo "testing, with the race detector"
	@$(GO) -C internal/tools test ./...
	@CGO_ENABLED=1 bin/gotest -race -p 4 -timeout 20m $(TESTFLAGS) ./... # four packages at once: most of a test's time is spent waiting for others
	@$(MAKE) fuzz-short FUZZED="campaigns:FuzzLoad rules:FuzzRule" FUZZTIME=15s

deps: ## name and install what is missing to build and test
	@internal/tools/deps.sh postgresql redis-server gcc npm chromium postfix r
	@internal/tools/peers.sh install

services:
	@internal/tools/deps.sh postgresql redis-server

vet:
	@echo "vetting"
	@$(GO) vet ./...
	@$(GO) vet -tags mutants,chaos ./internal/simulation ./internal/e2e ./cmd/rewave # what only make mutants and make chaos run
	@$(GO) test -tags mutants -run '^TestEachBugHasItsPlace$$' ./internal/simulation

# Without ST1003 (names), which the package's own words overrule, and QF, which only proposes.
lint: bin/staticcheck bin/gotest
	@echo "staticcheck"
	@bin/staticcheck -checks 'all,-ST1003,-QF*' ./...

bench: deps build ## the figures of the house, as ratios to their baselines
	@$(GO) test -run '^$$' -bench . -timeout 30m $(BENCHFLAGS) ./...

parity: ## 10,000 customers and 1,000 rules drawn at random: SQL and the rule must agree on each (CUSTOMERS=, RULES=)
	@REWAVE_CUSTOMERS=$(or $(CUSTOMERS),10000) REWAVE_RULES=$(or $(RULES),1000) $(GO) test ./internal/engine -run '^TestSQLAndRuleAgree$$' -count=1 -v -timeout 120m

simulate: ## made-up weeks of sending with everything that may go wrong (SCHEDULES=50000 SEED=0, or SCHEDULE='seed=17 people=3')
	@REWAVE_SCHEDULES=$(or $(SCHEDULES),50000) REWAVE_SEED=$(SEED) REWAVE_SCHEDULE="$(SCHEDULE)" $(GO) test ./internal/simulation -run '^TestSchedules$$' -count=1 -v -timeout 600m

mutants: ## plants bugs, one at a time, and says which of them the simulation finds (SCHEDULES=20000 MUTANT=name)
	@REWAVE_MUTANTS="$(or $(MUTANT),all)" REWAVE_SCHEDULES=$(or $(SCHEDULES),20000) $(GO) test -tags mutants ./internal/simulation -run '^TestMutants$$' -count=1 -v -timeout 120m

chaos: services ## the program, PostgreSQL, Redis and the provider fail while it sends: what was lost, what went out twice (SEEDS="1 2 3" MINUTES=10 CUSTOMERS=20000 KILLS=20 JOBS=1)
	@mkdir -p bin
	@REWAVE_CHAOS=$(or $(RESULTS),$(CURDIR)/bin/chaos.jsonl) REWAVE_SEEDS="$(if $(filter file,$(origin SEEDS)),1 2 3,$(SEEDS))" REWAVE_MINUTES=$(or $(MINUTES),10) REWAVE_CUSTOMERS=$(or $(CUSTOMERS),20000) \
		REWAVE_KILLS=$(or $(KILLS),20) REWAVE_JOBS=$(or $(JOBS),1) $(GO) test -tags chaos ./internal/e2e -run '^TestChaosLong$$' -count=1 -v -timeout 24h

SEEDS ?= 200
coverage-demo: ## the demo's campaigns over many made-up shops: verdicts, and intervals against the truth (SEEDS=200)
	@REWAVE_SEEDS=$(SEEDS) $(GO) test ./cmd/rewave -run '^TestDemoOver' -count=1 -v -timeout 60m

picture: deps build ## the README's picture, from a run of the demo
	@internal/tools/picture.sh

FUZZTIME ?= 10s
fuzz: ## each fuzz test for a while (FUZZTIME=10s)
	@grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do \
		sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file" | while read -r name; do \
			echo "fuzzing $$name in $$(dirname "$$file") for $(FUZZTIME)"; \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" </dev/null || exit 1; \
		done || exit 1; \
	done

FUZZED ?= campaigns:FuzzLoad rules:FuzzRule internal/message:FuzzCheck internal/scenario:FuzzParse
fuzz-short: ## what people write: campaigns, rules, templates, tests of campaigns (FUZZTIME=10s)
	@for target in $(FUZZED); do \
		echo "fuzzing $${target#*:} in $${target%:*} for $(FUZZTIME)"; \
		$(GO) test -run '^$$' -fuzz "^$${target#*:}\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x "./$${target%:*}" </dev/null || exit 1; \
	done

fmt: ## gofmt
	@gofmt -l -w cmd campaigns rules workers internal migrations

clean: ## remove bin
	@rm -rf bin

bin/staticcheck: internal/tools/go.mod
	@echo "building staticcheck"
	@$(GO) -C internal/tools build $(VCS) -o ../../bin/staticcheck honnef.co/go/tools/cmd/staticcheck

bin/gotest: internal/tools/go.mod $(wildcard internal/tools/gotest/*.go)
	@$(GO) -C internal/tools build $(VCS) -o ../../bin/gotest ./gotest

.PHONY: help demo services build test deps vet lint bench simulate mutants chaos coverage-demo picture fuzz fuzz-short fmt clean
