# SPDX-License-Identifier: MIT
# The example programs: what `INITRD=name` can name, and what the boot tests run. The main Makefile
# includes this file; `make -f tests/programs/programs.mk programs` works alone too.
#
#   build/programs/NAME    one program
#   programs               all that this machine's compilers can build
#
# All are C for glibc, -O2 -static-pie, unless a rule here says otherwise.

PROGRAM_CC       ?= gcc
PROGRAM_CXX      ?= g++
PROGRAM_NASM     ?= nasm
PROGRAM_RUSTC    ?= $(firstword $(wildcard /usr/bin/rustc) rustc)
PROGRAM_CFLAGS   := -std=gnu17 -O2 -g -Wall -Wextra -Werror -fPIE
PROGRAM_MUSL_DIR := /usr/lib/x86_64-linux-musl

PROGRAM_DIR   := tests/programs
PROGRAM_BUILD := build/programs

PROGRAMS_C     := $(basename $(notdir $(wildcard $(PROGRAM_DIR)/*.c)))
PROGRAMS_OTHER := hello_cpp hello_rust hello_asm
PROGRAMS       := $(sort $(PROGRAMS_C) $(PROGRAMS_OTHER))

.PHONY: programs
programs: $(addprefix $(PROGRAM_BUILD)/,$(PROGRAMS))

$(PROGRAM_BUILD):
	mkdir -p $@

$(PROGRAM_BUILD)/%: $(PROGRAM_DIR)/%.c | $(PROGRAM_BUILD)
	$(PROGRAM_CC) $(PROGRAM_CFLAGS) -static-pie $(PROGRAM_LDFLAGS) -o $@ $<

$(PROGRAM_BUILD)/hello_cpp: $(PROGRAM_DIR)/hello_cpp.cc | $(PROGRAM_BUILD)
	$(PROGRAM_CXX) -std=gnu++17 -O2 -g -Wall -Wextra -Werror -fPIE -static-pie -o $@ $<

$(PROGRAM_BUILD)/hello_rust: $(PROGRAM_DIR)/hello_rust.rs | $(PROGRAM_BUILD)
	$(PROGRAM_RUSTC) --edition 2021 -O -C target-feature=+crt-static -o $@ $<

# Debian's `musl-gcc -static-pie` silently makes a dynamic executable, so musl's start-up files
# are named here: rcrt1.o is the one that relocates the program itself.
$(PROGRAM_BUILD)/hello_musl $(PROGRAM_BUILD)/threads_musl: $(PROGRAM_BUILD)/%: $(PROGRAM_DIR)/%.c \
                                                           | $(PROGRAM_BUILD)
	musl-gcc $(PROGRAM_CFLAGS) -c -o $@.o $<
	$(PROGRAM_CC) -static-pie -nostdlib -nostartfiles -o $@ $(PROGRAM_MUSL_DIR)/rcrt1.o \
		$(PROGRAM_MUSL_DIR)/crti.o $@.o -L$(PROGRAM_MUSL_DIR) -lc \
		$$($(PROGRAM_CC) -print-libgcc-file-name) $(PROGRAM_MUSL_DIR)/crtn.o

$(PROGRAM_BUILD)/hello_asm: $(PROGRAM_DIR)/hello_asm.asm | $(PROGRAM_BUILD)
	$(PROGRAM_NASM) -f elf64 -o $@.o $<
	ld -pie --no-dynamic-linker -z noexecstack -o $@ $@.o

# Without a libc the compiler must not turn a loop into a call of strlen.
$(PROGRAM_BUILD)/pointer_table: PROGRAM_LDFLAGS := -nostdlib -fno-tree-loop-distribute-patterns

$(PROGRAM_BUILD)/static_exec: $(PROGRAM_DIR)/static_exec.c | $(PROGRAM_BUILD)
	$(PROGRAM_CC) $(filter-out -fPIE,$(PROGRAM_CFLAGS)) -fno-pie -static -no-pie -o $@ $<

$(PROGRAM_BUILD)/align2m: PROGRAM_LDFLAGS := -Wl,-z,max-page-size=0x200000

# binutils before 2.38 ignores the option with a warning, and the program would test nothing.
$(PROGRAM_BUILD)/relr: $(PROGRAM_DIR)/relr.c | $(PROGRAM_BUILD)
	$(PROGRAM_CC) $(PROGRAM_CFLAGS) -static-pie -Wl,-z,pack-relative-relocs -o $@.tmp $<
	readelf -d $@.tmp | grep -q RELRSZ
	mv $@.tmp $@

# The tests of system calls. Each runs on Linux and here, and must print the same.
#
#   build/abi/NAME    one test
#   abi               all of them
#   abi-linux         runs all of them on this machine's Linux

ABI_DIR   := tests/abi
ABI_BUILD := build/abi
ABI_TESTS := $(filter-out check,$(basename $(notdir $(wildcard $(ABI_DIR)/*.c))))

.PHONY: abi abi-linux
abi: $(addprefix $(ABI_BUILD)/,$(ABI_TESTS)) $(ABI_BUILD)/all_threads

$(ABI_BUILD)/%: $(ABI_DIR)/%.c $(ABI_DIR)/check.c $(ABI_DIR)/check.h
	@mkdir -p $(@D)
	$(PROGRAM_CC) $(PROGRAM_CFLAGS) -D_GNU_SOURCE -I. -static-pie -o $@ $(filter %.c,$^)

# Makes every call of the table, so that it depends on the table.
$(ABI_BUILD)/hostile_calls $(ABI_BUILD)/hostile_threads: \
                            $(addprefix $(ABI_DIR)/hostile/,arguments.c arguments.h chance.c chance.h \
                              guide.c tame.c make_call.c rounds.c rounds.h run.c run.h) \
                            syscall/syscalls.def syscall/table.h
$(ABI_BUILD)/random_calls: $(addprefix $(ABI_DIR)/hostile/,chance.c chance.h)
$(ABI_BUILD)/bad_pointers $(ABI_BUILD)/bad_pointers_files $(ABI_BUILD)/bad_pointers_events: \
                            $(addprefix $(ABI_DIR)/hostile/,pointers.c pointers.h)

$(ABI_BUILD)/restart $(ABI_BUILD)/storm: $(addprefix $(ABI_DIR)/waiting/,calls.c calls.h)

THREAD_HELPERS := $(addprefix $(ABI_DIR)/threads/,threads.c workers.c watch.c)

$(addprefix $(ABI_BUILD)/,$(filter thread_% futex_% pthread_% rseq%,$(ABI_TESTS))): \
                            $(THREAD_HELPERS) $(THREAD_HELPERS:.c=.h)
$(ABI_BUILD)/thread_restart $(ABI_BUILD)/thread_storm: $(addprefix $(ABI_DIR)/waiting/,calls.c calls.h)

# Those of threads once more, in one program.
THREAD_TESTS := $(patsubst %,thread_%,clone names schedule balance stacks frames limits memory many restart storm churn \
                                       stressors signals first)
THREAD_OBJECTS := $(THREAD_TESTS:%=$(ABI_BUILD)/threads/%.o)

$(THREAD_OBJECTS): $(ABI_BUILD)/threads/%.o: $(ABI_DIR)/%.c $(ABI_DIR)/check.h $(THREAD_HELPERS:.c=.h)
	@mkdir -p $(@D)
	$(PROGRAM_CC) $(PROGRAM_CFLAGS) -D_GNU_SOURCE -I. -Dmain=$*_main -c -o $@ $<

$(ABI_BUILD)/all_threads: $(addprefix $(ABI_DIR)/,threads/all.c waiting/calls.c check.c) $(THREAD_HELPERS) \
                          $(THREAD_OBJECTS)
	$(PROGRAM_CC) $(PROGRAM_CFLAGS) -D_GNU_SOURCE -I. -static-pie -o $@ $^

abi-linux: abi
	@failed=; for test in $(ABI_TESTS); do \
		$(ABI_BUILD)/$$test | cat > $(ABI_BUILD)/$$test.linux; \
		grep -c '^ok' $(ABI_BUILD)/$$test.linux | sed "s/^/$$test: ok /"; \
		! grep '^FAILED' $(ABI_BUILD)/$$test.linux || failed=yes; \
	done; test -z "$$failed"

# What tests/boot types at.
#
#   build/terminal/NAME    one program
#   terminal               all of them

TERMINAL_DIR   := tests/terminal
TERMINAL_BUILD := build/terminal

.PHONY: terminal
terminal: $(patsubst $(TERMINAL_DIR)/%.c,$(TERMINAL_BUILD)/%,$(wildcard $(TERMINAL_DIR)/*.c))

$(TERMINAL_BUILD)/%: $(TERMINAL_DIR)/%.c
	@mkdir -p $(@D)
	$(PROGRAM_CC) $(PROGRAM_CFLAGS) -D_GNU_SOURCE -static-pie -o $@ $<
