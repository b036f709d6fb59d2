# SPDX-License-Identifier: MIT
# The programs of the differential test that Debian does not bring: the same C program in every way
# it can be linked, and dynamic programs in C++ and Rust; and
# programs with threads. The main Makefile includes this file.
#
#   build/diff/NAME    one program
#   diff-programs      all of them

DIFF_SOURCE   := tests/diff/programs
DIFF_BUILD    := build/diff
DIFF_CFLAGS   := -std=gnu17 -O2 -g -Wall -Wextra -Wno-unused-result
DIFF_PROGRAMS := tour_pie tour_nonpie tour_static tour_static_pie tour_musl tour_musl_static \
                 tour_cxx tour_cxx_nonpie tour_rust cc1 every_call \
                 threads_go threads_go_pie threads_go_cgo threads_rust threads_cxx threads_openmp threads_malloc

.PHONY: diff-programs test-diff
diff-programs: $(addprefix $(DIFF_BUILD)/,$(DIFF_PROGRAMS) $(if $(FULL),java))

$(DIFF_BUILD)/tour_pie:         DIFF_LINK := gcc -fPIE -pie
$(DIFF_BUILD)/tour_nonpie:      DIFF_LINK := gcc -fno-pie -no-pie
$(DIFF_BUILD)/tour_static:      DIFF_LINK := gcc -fno-pie -no-pie -static
$(DIFF_BUILD)/tour_static_pie:  DIFF_LINK := gcc -fPIE -static-pie
$(DIFF_BUILD)/tour_musl:        DIFF_LINK := musl-gcc -fPIE -pie
$(DIFF_BUILD)/tour_musl_static: DIFF_LINK := musl-gcc -fno-pie -no-pie -static

$(DIFF_BUILD)/tour_cxx $(DIFF_BUILD)/tour_cxx_nonpie: $(DIFF_SOURCE)/tour_cxx.cc
	@mkdir -p $(@D)
	g++ -std=gnu++17 -O2 -Wall -Wextra $(if $(findstring nonpie,$@),-fno-pie -no-pie) -o $@ $<

$(DIFF_BUILD)/tour_rust: $(DIFF_SOURCE)/tour_rust.rs
	@mkdir -p $(@D)
	$(firstword $(wildcard /usr/bin/rustc) rustc) --edition 2021 -O -o $@ $<

# At fixed addresses. It gives wrong arguments on purpose.
$(DIFF_BUILD)/every_call: $(DIFF_SOURCE)/every_call.c
	@mkdir -p $(@D)
	gcc -fno-pie -no-pie -static $(DIFF_CFLAGS) -Wno-nonnull -o $@ $<

$(DIFF_BUILD)/%: $(DIFF_SOURCE)/tour.c
	@mkdir -p $(@D)
	$(DIFF_LINK) $(DIFF_CFLAGS) -o $@ $< -lm

# ---- Programs with threads ----

GO := GOCACHE=$(abspath $(DIFF_BUILD)/go-cache) GOFLAGS=-trimpath go

$(DIFF_BUILD)/threads_go:     DIFF_GO := CGO_ENABLED=0 $(GO) build
$(DIFF_BUILD)/threads_go_pie: DIFF_GO := CGO_ENABLED=0 $(GO) build -buildmode=pie
$(DIFF_BUILD)/threads_go_cgo: DIFF_GO := CGO_ENABLED=1 $(GO) build -tags cgo_threads
$(DIFF_BUILD)/threads_go_cgo: $(DIFF_SOURCE)/threads_go_cgo.go

$(DIFF_BUILD)/threads_go $(DIFF_BUILD)/threads_go_pie $(DIFF_BUILD)/threads_go_cgo: $(DIFF_SOURCE)/threads_go.go
	@mkdir -p $(@D)
	$(DIFF_GO) -o $@ $(sort $^)

$(DIFF_BUILD)/threads_rust: $(DIFF_SOURCE)/threads_rust.rs
	@mkdir -p $(@D)
	$(firstword $(wildcard /usr/bin/rustc) rustc) --edition 2021 -O -o $@ $<

$(DIFF_BUILD)/threads_cxx: $(DIFF_SOURCE)/threads_cxx.cc
	@mkdir -p $(@D)
	g++ -std=gnu++20 -O2 -Wall -Wextra -o $@ $<

$(DIFF_BUILD)/threads_openmp $(DIFF_BUILD)/threads_malloc: $(DIFF_BUILD)/%: $(DIFF_SOURCE)/%.c
	@mkdir -p $(@D)
	gcc $(DIFF_CFLAGS) -fopenmp -o $@ $<

$(DIFF_BUILD)/java: $(DIFF_SOURCE)/java/Tour.java
	javac -d $@ $<
	@touch $@

# The compiler proper, which lies in a folder with its version.
$(DIFF_BUILD)/cc1:
	@mkdir -p $(@D)
	ln -sf $$(gcc -print-prog-name=cc1) $@

# Every command line once, rings and processors by turns; FULL=1: all in both rings, on one, two and four
# processors, and the tables that are for it alone.
test-diff: all diff-programs
	$(Q)$(PYTHON) -m pytest -q -n 2 -p no:cacheprovider tests/diff $(if $(FULL),--full) $(PYTEST)
