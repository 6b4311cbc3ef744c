# SPDX-License-Identifier: MIT
#
# Ringfence. Each folder adds its own rules in its own build.mk, all paths
# count from here, and there is one make process: no recursion, so that one
# set of dependencies decides what is built.
#
#   make        sets up, builds, grades lab 1's reference and boots a guest
#   make test   runs every test there is
#   make help   lists the targets
#
# A target is listed by `make help` when its rule, or a line above it, has a
# comment that starts with two number signs:  `name: deps ## one line`.

BUILD ?= build
CACHE ?= $(or $(RINGFENCE_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ringfence)

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

.DEFAULT_GOAL := all

# Targets that need the installed tools depend on this file, order-only.
SETUP_STAMP := $(CACHE)/setup.stamp

# Programs that run on the host.
HOST_CC := gcc
HOST_CFLAGS := -std=c17 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror \
	-Isrc/include -Isim/trace -I.

-include sim/build.mk
-include src/build.mk
-include labs/build.mk
-include tests/build.mk
-include doc/build.mk

# --- Tests -----------------------------------------------------------------
#
# A part of the tests is a name in TEST_PARTS and a rule `test-NAME` that
# writes $(TEST_RESULTS)/NAME.txt, one line a check:
#
#     pass NAME OF THE CHECK
#     fail NAME OF THE CHECK -- the reason, in a sentence
#
# A part's rule fails only when it could not write its results; a failed
# check is a line, so that one failure does not hide the others.
# `make test PARTS="unit sim"` runs some parts alone.

TEST_RESULTS := $(BUILD)/test-results
PARTS ?= $(TEST_PARTS)

.PHONY: all setup test clean help

all: $(SETUP_STAMP) ## set up, build, grade lab 1's reference, boot guest hello

setup: ## install what is missing and build the simulator (no-op when done)
	@sim/setup/setup.sh $(CACHE)

$(SETUP_STAMP):
	@sim/setup/setup.sh $(CACHE)

test: $(addprefix test-,$(PARTS)) ## run all tests (PARTS="unit sim": only these)
	@sim/setup/summary.sh $(addprefix $(TEST_RESULTS)/,$(addsuffix .txt,$(PARTS)))

clean: ## remove everything that was built here (not the cache)
	rm -rf $(BUILD)

help: ## list the targets
	@sed -n 's/^\([a-z][a-zA-Z0-9_-]*\):[^#]*## */\1\t/p' $(MAKEFILE_LIST) \
	    | sort | awk -F '\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'
