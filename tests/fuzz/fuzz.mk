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

# The archives of the corpus for those that read archives, all else of it for the ELF checker; tar
# archives of a small folder; two scripts of commands for the tree of names; what a program writes to a
# terminal; two small libraries with unwinding tables.
build/fuzz/seeds: build/corpus/index.tsv tests/fuzz/fuzz.mk
	@mkdir -p $@ $(FUZZ:%=$@/%) $@/cpio $@/elf64 $@/tar $@/initramfs $@/path $@/unwind $@/vt
	@cp build/corpus/*cpio* $@/cpio
	@cp build/corpus/*cpio* $@/initramfs
	@for format in v7 ustar gnu pax; do \
	    tar -c --format=$$format -b 1 -f $@/tar/$$format.tar tests/fuzz/fuzz.mk kernel/abi && \
	    cp $@/tar/$$format.tar $@/initramfs || exit 1; done
	@printf 'da\0da/b\0fa/f\0sl\0a/b\0wl/../f\0ma/f\0a/b/g\0xa\0q\0la/h\0a/b/g\0wb//./g\0' \
	    > $@/path/1
	@printf 'dx\0dx/y\0mx\0x/y/z\0sx/s\0/x/y\0wx/s/../s\0nx\0q\0Fx/s/n\0Wq/\0ux\0rq\0' > $@/path/2
	@printf '\030\120\033[2;20r\033[5;5H\033[31;1mx\033[3L\033[2M\0337\033[38;5;99m\342\202\254\0338' > $@/vt/1
	@cd build/corpus && cp $$(ls | grep -v -e cpio -e index) ../fuzz/seeds/elf64
	@for more in --eh-frame-hdr --no-eh-frame-hdr; do \
	    echo 'int g(int); int h(void) { return g(1) + 1; } int g(int x) { int a[x]; a[0] = h(); return a[0]; }' | \
	    $(FUZZ_CC) -x c - -O1 -fPIC -shared -nostdlib -fasynchronous-unwind-tables -Wl,-z,noseparate-code \
	        -Wl,$$more -o $@/unwind/lib$$more || exit 1; done
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
