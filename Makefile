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
# A target is listed by `make help` when its rule has a comment that starts
# with two number signs:  `name: prerequisites ## one line`.

BUILD ?= build
CACHE ?= $(or $(RINGFENCE_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ringfence)

SHELL := /bin/bash
# Tools' messages and orders are compared; a language of the host's changes both.
export LC_ALL := C
MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

# --- Set-up ------------------------------------------------------------------
#
# Before anything else is read, so that every goal but these few finds all
# tools in place, also the very first one on a new machine. The stamp is named
# after what the set-up installs and builds; targets that need its tools
# depend on it, order-only.

SETUP_KEY := $(shell cat sim/setup/* sim/bochs/instrument.h | sha256sum | cut -c 1-16)
SETUP_STAMP := $(CACHE)/setup-$(SETUP_KEY).stamp
BOCHS_HOME := $(CACHE)/bochs-$(shell sim/setup/bochs-key.sh)

# The 32-bit Check library, for unit tests compiled with -m32.
CHECK32_HOME := $(CACHE)/check32/usr
CHECK32_CFLAGS := -isystem $(CHECK32_HOME)/include
CHECK32_LIBS := $(CHECK32_HOME)/lib/i386-linux-gnu/libcheck_pic.a \
	$(CHECK32_HOME)/lib/i386-linux-gnu/libsubunit.a -lm -lrt -lpthread

ifneq ($(filter-out help clean setup,$(or $(MAKECMDGOALS),all)),)
ifeq ($(wildcard $(SETUP_STAMP)),)
ifneq ($(shell sim/setup/setup.sh '$(CACHE)' '$(SETUP_STAMP)' >&2 || echo no),)
$(error the set-up did not finish, and nothing was built)
endif
endif
endif

# --- Programs that run on the host ---------------------------------------------

HOST_CC := gcc
HOST_CFLAGS := -std=c17 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror \
	-ffile-prefix-map=$(CURDIR)=.

-include sim/build.mk
-include src/build.mk
-include labs/build.mk
-include tests/build.mk
-include doc/build.mk

# --- Tests ---------------------------------------------------------------------
#
# A part of the tests is a name in TEST_PARTS and a rule `test-NAME` that
# writes $(TEST_RESULTS)/NAME.txt, one line a check:
#
#     pass NAME
#     fail NAME the reason, to the end of the line
#
# A name has no blanks. A part's rule itself fails only when it could not
# write its results: a failed check is a line, so one does not hide others.
# `make test PARTS="unit sim"` runs some parts alone. What takes too long for
# every change is a part in TEST_LONG_PARTS, of `make test-all` only.

TEST_RESULTS := $(BUILD)/test-results
PARTS ?= $(TEST_PARTS)

# --- What everybody uses ---------------------------------------------------------

.PHONY: all setup test test-all clean help $(addprefix test-,$(TEST_PARTS))

all: ## set up, build, grade lab 1's reference, boot guest hello
	@$(MAKE) grade LAB=1
	@$(MAKE) run GUEST=$(BUILD)/guests/hello.elf SIM=bochs \
	    $(if $(LABS_REFERENCE),|| echo "This is as far as it gets yet.")

setup: ## install what is missing and build the simulator; no-op when done
	@sim/setup/setup.sh '$(CACHE)' '$(SETUP_STAMP)'

# One part after the other: a part may call make itself, and two makes must
# not build the same file at the same time.
test: ## run all tests, or some parts of them: PARTS="unit sim"
	@rm -rf $(TEST_RESULTS)
	@mkdir -p $(TEST_RESULTS)
	@status=0; for part in $(PARTS); do \
	    echo "== $$part"; start=$$SECONDS; \
	    $(MAKE) test-$$part || status=1; \
	    echo "   $$part took $$((SECONDS - start)) s"; \
	done; tests/summary.sh $$status $(TEST_RESULTS) $(PARTS)

test-all: ## run all tests, with those that take long
	@$(MAKE) test PARTS="$(TEST_PARTS) $(TEST_LONG_PARTS)"

clean: ## remove what was built here; the cache outside the tree stays
	rm -rf $(BUILD)

help: ## list the targets
	@sed -n 's/^\([a-z][a-zA-Z0-9_-]*\):[^#]*## */\1\t/p' $(MAKEFILE_LIST) \
	    | sort | awk -F '\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'
