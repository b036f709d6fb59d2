# SPDX-License-Identifier: MIT
#
# `make fuzz-smoke`: every fuzzer for a share of 60 seconds. `make fuzz`: every fuzzer for FUZZ_RUNS
# executions; `make fuzz FUZZ=elf64` only that one.
#
# Every tests/fuzz/fuzz_*.c is one libFuzzer program over the same pure files as `make test-host`
# (HOST_PURE), with the address and the undefined-behaviour sanitizer. The seeds are the files of
# tests/corpus; a fuzzer without seeds starts from nothing. What is found on the way is kept in
# build/fuzz/found, an input that fails in build/fuzz/fail-*.

FUZZ_CC    ?= clang
FUZZ_RUNS  ?= 10000000
FUZZ_SMOKE ?= 60
FUZZ       ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_FLAGS := -std=gnu17 -O2 -g -I. -Wall -Wextra -Werror -fno-strict-aliasing \
              -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_OBJS  := $(HOST_PURE:%.c=build/fuzz/%.o) build/fuzz/tests/host/fake_image.o

$(HOST_PURE:%.c=build/fuzz/%.o): private FUZZ_MORE := -ffreestanding

build/fuzz/%.o: %.c
	$(show) FUZZCC $<
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZ_MORE) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@

build/fuzz/libpure.a: $(FUZZ_OBJS)
	$(show) AR $@
	$(Q)rm -f $@ && ar rcs $@ $^

build/fuzz/fuzz_%: build/fuzz/tests/fuzz/fuzz_%.o build/fuzz/libpure.a
	$(show) LINK $@
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^

.SECONDARY: $(FUZZ:%=build/fuzz/tests/fuzz/fuzz_%.o)

# The archives of the corpus for the one, all else of it for the other.
build/fuzz/seeds: build/corpus/index.tsv
	@mkdir -p $@ $(FUZZ:%=$@/%) $@/cpio $@/elf64
	@cp build/corpus/*cpio* $@/cpio
	@cd build/corpus && cp $$(ls | grep -v -e cpio -e index) ../fuzz/seeds/elf64
	@touch $@

# $(1): a fuzzer, $(2): how long, in libFuzzer's words
fuzz_run = mkdir -p build/fuzz/found/$(1) build/fuzz/seeds/$(1) && \
           { build/fuzz/fuzz_$(1) $(2) -timeout=10 -max_len=8192 -print_final_stats=1 -verbosity=0 \
             -artifact_prefix=build/fuzz/fail-$(1)- build/fuzz/found/$(1) build/fuzz/seeds/$(1) \
             > build/fuzz/$(1).log 2>&1 || { grep -v Uses build/fuzz/$(1).log; exit 1; }; } && \
           echo "fuzz_$(1): $$(sed -n 's/stat::number_of_executed_units: //p' \
             build/fuzz/$(1).log) executions without a finding"

.PHONY: fuzz fuzz-smoke
fuzz: $(FUZZ:%=build/fuzz/fuzz_%) build/fuzz/seeds
	$(Q)$(foreach f,$(FUZZ),$(call fuzz_run,$(f),-runs=$(FUZZ_RUNS)) &&) true

fuzz-smoke: $(FUZZ:%=build/fuzz/fuzz_%) build/fuzz/seeds
	$(Q)$(foreach f,$(FUZZ),$(call fuzz_run,$(f),-max_total_time=$(shell \
	    expr $(FUZZ_SMOKE) / $(words $(FUZZ)))) &&) true

-include $(FUZZ_OBJS:.o=.d) $(FUZZ:%=build/fuzz/tests/fuzz/fuzz_%.d)
