# Everything starts here: `make demo` on a fresh machine, `make test` before a commit.

SWIFT    ?= swift
FILE     ?= topology/local.yaml
GOSSAMER := .build/release/gossamer

.DEFAULT_GOAL := help
.PHONY: help setup build demo up down members lab test bench chaos campaign soak schemathesis clean

help: ## show this
	@echo "Gossamer: an actor mesh for Swift on servers"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install the system packages that are missing
	@Scripts/setup.sh

build: setup ## build everything once, tests included, optimised
	$(SWIFT) build -c release --build-tests

demo: build ## five nodes find each other and count the primes below 10^9
	@Scripts/demo.sh $(GOSSAMER) $(FILE)

up: build ## start five nodes on this machine; Ctrl-C ends them
	@$(GOSSAMER) up $(FILE)

down: ## end the nodes that run on this machine
	@$(GOSSAMER) down $(FILE)

members: ## show who is in the mesh
	@$(GOSSAMER) members --topology $(FILE)

lab: build ## a mesh in a network of its own, with servers for all lookups (docs/LAB.md); Ctrl-C ends it
	@Scripts/setup-lab.sh
	@$(GOSSAMER) lab

test: build ## run every test
	@SWIFT=$(SWIFT) Scripts/test.sh

bench: build .build/zmq_echo ## measure against C on ZeroMQ, SQLite alone and primesieve
	@$(GOSSAMER) bench ask
	@$(GOSSAMER) bench registers
	@$(GOSSAMER) bench primes --topology $(FILE)

chaos: build ## break meshes on purpose, and see that they hold
	@$(GOSSAMER) chaos run chaos/*.yaml

campaign: build ## simulate 20,000 meshes, and count what random seeds find of each planted fault
	@Scripts/campaign.sh 20000

soak: build ## start five-node meshes 200 times in a row, kill nodes 50 times
	@Scripts/start-soak.sh 200
	@Scripts/kill-soak.sh 50

schemathesis: build ## try an edge out by its own OpenAPI document (docs/EDGE.md); needs a package index
	@Scripts/schemathesis.sh

.build/zmq_echo: Benchmarks/zmq_echo.c
	@mkdir -p .build
	cc -O2 -Wall -Wextra -o $@ $< -lzmq

clean: ## remove what was built
	rm -rf .build .venv
