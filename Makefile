# Only the Go toolchain is needed; everything else is a Go module.
export CGO_ENABLED := 0

GO      ?= go
VERSION ?=
LDFLAGS := -s -w $(if $(VERSION),-X main.version=$(VERSION))
TARGETS := testdata/targets
DEMO    := .ptd/demo

.PHONY: build demo test test-fast test-real lint bench fuzz

# What is compiled here is what the other targets compile: no flag but the linker's, so
# that nothing is compiled twice.
build:
	@test -e bin/ptd || echo "Compiling ptd and the SDKs that it links. The first time this takes four to ten minutes on two cores; afterwards, seconds."
	$(GO) build -ldflags '$(LDFLAGS)' -o bin/ptd ./cmd/ptd

# Converges a workload in an empty sandbox, then shows that a second run changes nothing.
demo: build
	rm -rf $(DEMO)
	bin/ptd --sandbox --sandbox-dir $(DEMO) --targets-config-dir $(TARGETS) ensure demo01-staging --auto-apply
	bin/ptd --sandbox --sandbox-dir $(DEMO) --targets-config-dir $(TARGETS) ensure demo01-staging --detailed-exitcode

test: lint
	$(GO) test -timeout 40m ./...

# For the inner loop: without the tests that run whole targets again and again.
test-fast:
	$(GO) test -short ./...

# What is real: the plugins and servers that the sandbox models, in modules of their own.
# The first time this compiles some two thousand packages more.
test-real:
	@for module in realtest/*/go.mod; do (set -x; cd $$(dirname $$module) && $(GO) vet ./... && $(GO) test -timeout 40m ./...) || exit 1; done

lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "not formatted (gofmt -w):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

bench: build
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 30m ./ensure ./ensure/engine ./cmd/ptd

fuzz:
	$(GO) test -run '^$$' -fuzz FuzzParse -fuzztime 30s ./stacks/config
