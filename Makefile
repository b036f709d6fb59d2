# SPDX-License-Identifier: MIT
#
# Builds the kernel, and calls tools/galette for everything that starts a machine. `make help`
# lists what there is. The kernel's sources are found, not listed: every .c and .asm file in the
# folders of tools/layers.txt is part of it. The examples, the tests, the fuzzers and the EFI application each
# bring a .mk file of their own.
#
# The kernel is linked twice. Pass 1 carries an empty symbol table; tools/symbols reads where the
# functions ended up and writes the table that pass 2 links. The table lies behind all code, so
# that no function moves between the passes; tools/symbols checks that none did.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# ---- What the command line may set -------------------------------------------------------------

INITRD ?= hello#   the program: an example's name, a path to an ELF file, or an archive
RING   ?= 3#       where it runs: 3 or 0
BOOT   ?= iso#     the door: iso uefi pvh q35 microvm efi
MEM    ?=#         the machine's memory; 256M and room for a large initrd
CPUS   ?= 1#       its processors
ARGS   ?=#         the program's arguments, as the shell would split them
TRACE  ?=#         1: one line per system call; or the names of calls
SCREEN ?=#         1: a window with a keyboard instead of the terminal (run)
QEMU   ?=#         more arguments for QEMU
OUTPUT ?=#         where `make iso` and `make efi` write to
V      ?=#         1: show the commands
CHECKED ?=#        1: a kernel that looks for wrong uses of its own heap, in build-checked
DEBUG  ?=#         1: a kernel that looks for wrong uses of its own locks, in build-debug
FAILS  ?=#         with CHECKED: every so many requests for memory of the heap fail

BUILD := build$(if $(CHECKED),-checked)$(if $(DEBUG),-debug)

# ---- Tools -------------------------------------------------------------------------------------

ifeq ($(origin CC),default)
CC := gcc
endif
NASM    ?= nasm
LD      := ld
NM      := nm
STRIP   := strip
SPARSE  ?= sparse
PYTHON  := /usr/bin/python3
GALETTE := tools/galette

# What the goals need is looked for (and installed) before anything else is read, because the
# included files ask the compiler for paths. tools/setup takes a few milliseconds if all is there.
goals  := $(or $(MAKECMDGOALS),all)
groups := $(if $(filter-out clean help,$(goals)),build)
groups += $(if $(filter run iso efi debug,$(goals)),run $(filter $(BOOT),iso uefi efi))
groups += $(if $(filter iso,$(goals)),iso)
groups += $(if $(filter efi build/galette.efi,$(goals)),efi)
groups += $(if $(filter debug,$(goals)),gdb)
groups += $(if $(filter test,$(goals)),check host fuzz run iso uefi efi gdb programs boot-tests diff-tests $(if $(FULL),diff-full))
groups += $(if $(filter test-diff,$(goals)),run programs boot-tests diff-tests $(if $(FULL),diff-full))
groups += $(if $(filter check% format,$(goals)),check)
groups += $(if $(filter test-host,$(goals)),host)
groups += $(if $(filter fuzz fuzz-smoke,$(goals)),fuzz)
groups += $(if $(filter test-boot,$(goals)),run iso uefi efi gdb programs boot-tests)
groups += $(if $(filter bench,$(goals)),run iso uefi efi programs bench)
groups += $(if $(filter programs,$(goals)),programs)
groups += $(if $(findstring musl,$(goals) $(INITRD)),musl)
groups += $(if $(findstring rust,$(goals) $(INITRD)),rust)
groups += $(if $(findstring cxx,$(goals) $(INITRD))$(findstring cpp,$(goals) $(INITRD)),cxx)
groups := $(sort $(groups))

ifneq ($(groups),)
# Not with `make -n`, whose letter is in the first word of MAKEFLAGS.
ifeq (,$(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS)))))
setup_failed := $(shell tools/setup $(groups) >&2 || echo yes)
ifneq ($(setup_failed),)
$(error the tools above are missing)
endif
endif
endif

ifeq ($(V),1)
Q    :=
show  = @:
else
Q    := @
show  = @printf '  %-7s %s\n'
endif

# ---- The kernel --------------------------------------------------------------------------------

KERNEL_FOLDERS := $(wildcard arch boot drivers fs kernel loader mm net syscall)
KERNEL_FIND    := find $(KERNEL_FOLDERS) -path boot/efi -prune -o -path '*/vdso' -prune -o -name

# Without padding in front of functions and loops: a fourteenth of the image, and fewer instructions.
DENSE         := -falign-functions=1 -falign-loops=1 -falign-jumps=1
KERNEL_CFLAGS := -std=gnu17 -O2 $(DENSE) -g -ffreestanding -nostdlib -m64 -mno-red-zone \
                 -mgeneral-regs-only -mcmodel=kernel -fno-pic -fno-pie -fno-stack-protector -fno-strict-aliasing \
                 -fno-omit-frame-pointer -fcf-protection=none -fno-asynchronous-unwind-tables \
                 -Wall -Wextra -Werror -I.
ifneq ($(CHECKED),)
KERNEL_CFLAGS += -DHEAP_FAILS=$(or $(FAILS),0)
endif
KERNEL_ASFLAGS := -f elf64 -g -F dwarf -I ./
ifneq ($(DEBUG),)
KERNEL_CFLAGS  += -DDEBUG_KERNEL
KERNEL_ASFLAGS += -DDEBUG_KERNEL
endif
# What runs when all is over anyway, or seldom and for a person, is compiled for size.
KERNEL_COLD    := $(wildcard loader/unwind*.c loader/debug_image.c kernel/proc/crash/*.c \
                    arch/x86_64/report.c kernel/core/panic.c kernel/crashtest.c \
                    kernel/proc/procfs/*.c fs/procfs/*.c fs/xattr.c arch/x86_64/cpuinfo.c \
                    fs/lock.c fs/anon/inotify.c drivers/keyboard.c drivers/clock/rtc.c)
KERNEL_LDFLAGS := -T linker.ld -nostdlib -static -z max-page-size=0x1000 -z noexecstack \
                  --no-warn-rwx-segments --build-id=none

KERNEL_C    := $(filter-out $(if $(CHECKED),mm/heap.c,mm/heap_checked.c) \
                             $(if $(DEBUG),,kernel/core/lock_debug.c kernel/crashtest_locks.c), \
                 $(sort $(shell $(KERNEL_FIND) '*.c' -print)))
KERNEL_ASM  := $(sort $(shell $(KERNEL_FIND) '*.asm' -print))
KERNEL_OBJS := $(KERNEL_ASM:%=$(BUILD)/kernel/%.o) $(KERNEL_C:%=$(BUILD)/kernel/%.o) $(BUILD)/font.o

.PHONY: all
all: $(BUILD)/galette

$(KERNEL_COLD:%=$(BUILD)/kernel/%.o): private KERNEL_CFLAGS := $(KERNEL_CFLAGS:-O2=-Os)

# Changed flags or a file that came or went rebuild what depends on them.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(KERNEL_CFLAGS) $(NASM) $(KERNEL_ASFLAGS) $(KERNEL_COLD)' | cmp -s - $@ || \
	    echo '$(CC) $(KERNEL_CFLAGS) $(NASM) $(KERNEL_ASFLAGS) $(KERNEL_COLD)' > $@
$(BUILD)/objects: FORCE
	@mkdir -p $(@D)
	@echo '$(KERNEL_LDFLAGS) $(KERNEL_OBJS)' | cmp -s - $@ || \
	    echo '$(KERNEL_LDFLAGS) $(KERNEL_OBJS)' > $@

# Nobody waits for the trace: small is better there.
$(BUILD)/kernel/syscall/trace/%.c.o: private KERNEL_CFLAGS += -Os

$(BUILD)/kernel/%.c.o: %.c $(BUILD)/flags
	$(show) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c $< -o $@

# nasm 2.16 tells of no included files.
$(BUILD)/kernel/%.asm.o: %.asm $(wildcard arch/x86_64/*.inc) $(BUILD)/flags
	$(show) NASM $<
	@mkdir -p $(@D)
	$(Q)$(NASM) $(KERNEL_ASFLAGS) -MD $(@:.o=.d) -MP -MT $@ $< -o $@

# The font of the text console, from Debian's console-setup-linux: Latin, Greek, Cyrillic, box drawing.
FONT := /usr/share/consolefonts/Uni2-Fixed16.psf.gz

$(BUILD)/font.o: tools/font $(FONT)
	$(show) FONT $(notdir $(FONT))
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/font $(FONT) -o $(@:.o=.asm)
	$(Q)$(NASM) -f elf64 $(@:.o=.asm) -o $@

$(BUILD)/symbols-empty.asm: tools/symbols
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/symbols --empty -o $@

$(BUILD)/galette-pass1.elf: $(KERNEL_OBJS) $(BUILD)/symbols-empty.asm linker.ld $(BUILD)/objects
	$(show) LD $@
	$(Q)$(NASM) -f elf64 $(BUILD)/symbols-empty.asm -o $(BUILD)/symbols-empty.o
	$(Q)$(LD) $(KERNEL_LDFLAGS) -o $@ $(KERNEL_OBJS) $(BUILD)/symbols-empty.o

$(BUILD)/symbols.asm: $(BUILD)/galette-pass1.elf tools/symbols
	$(show) SYMBOLS $@
	$(Q)$(NM) -n $< | $(PYTHON) tools/symbols -o $@

$(BUILD)/galette.elf: $(BUILD)/galette-pass1.elf $(BUILD)/symbols.asm
	$(show) LD $@
	$(Q)$(NASM) -f elf64 $(BUILD)/symbols.asm -o $(BUILD)/symbols.o
	$(Q)$(LD) $(KERNEL_LDFLAGS) -o $@ $(KERNEL_OBJS) $(BUILD)/symbols.o
	$(Q)$(NM) -n $@ | $(PYTHON) tools/symbols --verify $(BUILD)/symbols.asm

$(BUILD)/galette: $(BUILD)/galette.elf
	$(show) STRIP $@
	$(Q)$(STRIP) -s -o $@ $<

-include $(KERNEL_OBJS:.o=.d)

# ---- What brings its own rules -----------------------------------------------------------------

-include tests/programs/programs.mk
include arch/x86_64/vdso/vdso.mk
-include boot/efi/efi.mk
-include tests/host/host.mk
-include tests/fuzz/fuzz.mk
-include tests/diff/diff.mk
-include tools/bench/bench.mk

# ---- Machines ----------------------------------------------------------------------------------

# An example is built first; anything else is a path.
example := $(if $(findstring /,$(INITRD)),,$(if $(wildcard $(INITRD)),,build/programs/$(INITRD)))
how      = -r $(RING) $(if $(TRACE),--trace$(if $(filter-out 1,$(TRACE)),=$(TRACE)))
options  = $(how) $(if $(MEM),-m $(MEM)) -c $(CPUS)

.PHONY: run iso efi debug
run: all $(example) $(if $(filter efi,$(BOOT)),build/galette.efi)
	$(Q)$(GALETTE) run -b $(BOOT) $(options) $(if $(SCREEN),--screen) $(INITRD) $(ARGS) -- $(QEMU)

iso: all $(example)
	$(Q)$(GALETTE) iso $(how) $(if $(OUTPUT),-o $(OUTPUT)) $(INITRD) $(ARGS) --

efi: all $(example) build/galette.efi
	$(Q)$(GALETTE) efi $(how) $(if $(OUTPUT),-o $(OUTPUT)) $(INITRD) $(ARGS) --

debug: all $(example)
	$(Q)$(GALETTE) debug -b $(if $(filter file,$(origin BOOT)),pvh,$(BOOT)) $(options) \
	    $(INITRD) $(ARGS) -- $(QEMU)

# ---- Tests -------------------------------------------------------------------------------------

.PHONY: test test-boot check check-format check-sparse check-layers check-docs format
.PHONY: bench clean help FORCE
CHECKS := check-format check-layers check-docs check-sparse

test:
	@$(PYTHON) tools/run_suites $(CHECKS) test-host fuzz-smoke test-boot test-diff

# With DEBUG=1 or CHECKED=1 most of them boot that kernel, with CPUS=4 on four processors.
test-boot: all
	$(Q)$(if $(DEBUG)$(CHECKED),MAKEFLAGS= GALETTE_KERNEL=$(CURDIR)/$(BUILD)/galette )GALETTE_CPUS=$(CPUS) $(PYTHON) -m pytest -q -n 2 -p no:cacheprovider tests/boot $(PYTEST)

# One that no .mk file above has brought along.
ifeq (,$(wildcard tests/host/host.mk))
.PHONY: test-host
test-host:
	@echo 'no tests/host yet'
endif
ifeq (,$(wildcard tests/fuzz/fuzz.mk))
.PHONY: fuzz-smoke
fuzz-smoke:
	@echo 'no tests/fuzz yet'
endif
ifeq (,$(wildcard tools/bench/bench.mk))
bench: all
	@echo 'no tools/bench yet'
endif

C_FILES := $(shell find arch boot drivers fs kernel loader mm net syscall tests tools \
                        -name '*.[ch]' 2>/dev/null | sort)

check: $(CHECKS)

check-format:
	$(show) FORMAT '$(words $(C_FILES)) files'
	$(Q)clang-format --dry-run -Werror $(C_FILES)

check-layers:
	$(show) LAYERS tools/layers.txt
	$(Q)$(PYTHON) tools/check_layers

check-docs:
	$(show) DOCS docs/syscalls.md
	$(Q)$(PYTHON) tools/syscall_docs --check
	$(show) DOCS docs/locking.md
	$(Q)$(PYTHON) tools/lock_docs

format:
	clang-format -i $(C_FILES)

# sparse says that it is glibc, and the kernel's headers hide parts from that. Cutting a
# constant to its low half is how a 64-bit value gets into two registers.
SPARSE_FLAGS := $(filter-out -Werror,$(KERNEL_CFLAGS)) -D__KERNEL__ -Wsparse-error -Wno-decl \
                -Wno-cast-truncate

check-sparse: $(KERNEL_C:%=$(BUILD)/sparse/%)

$(BUILD)/sparse/%.c: %.c $(BUILD)/flags
	$(show) SPARSE $<
	@mkdir -p $(@D)
	$(Q)$(SPARSE) $(SPARSE_FLAGS) $<
	@touch $@

clean:
	rm -rf build build-checked build-debug build-checked-debug

help:
	@sed -n 's/^#: \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

#: make                    the kernel: build/galette (stripped), build/galette.elf (with symbols)
#: make run INITRD=hello   boot a program and nothing else
#: make iso INITRD=hello   an ISO for BIOS and UEFI machines
#: make efi INITRD=hello   one EFI file with kernel, program and command line
#: make debug INITRD=hello a machine that waits, and GDB with both symbol tables
#: make test               check, test-host, fuzz-smoke, test-boot and test-diff
#: make check              format, layering, generated documents, sparse
#: make format             lets clang-format mend the format
#: make bench              the tables of speed and size; FULL=1: more of them
#: make clean
#:
#: Variables of run, iso, efi and debug:
#:   INITRD=NAME|FILE   an example of tests/programs, an ELF file or a cpio archive (hello)
#:   RING=3|0           where the program runs (3)
#:   BOOT=iso|uefi|pvh|q35|microvm|efi   the door (run: iso, debug: pvh)
#:   MEM=512M  CPUS=1   the machine
#:   ARGS='a "b c"'     the program's arguments
#:   TRACE=1            one line per system call
#:   SCREEN=1           a window with a keyboard is the program's terminal (run)
#:   OUTPUT=FILE        where iso and efi write to
#: V=1 shows the commands. CHECKED=1 builds a slow kernel, build-checked/galette, that finds what is
#: written behind the end of heap objects or after they were freed; with FAILS=97 every 97th request
#: for memory of the heap fails, to try what the kernel does then. DEBUG=1 builds build-debug/galette, which
#: looks after its locks. With test-boot these are the kernels that are tested, and CPUS=4 boots them on
#: four processors.
