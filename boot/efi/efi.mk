# SPDX-License-Identifier: MIT
#
# build/galette.efi: the UEFI application with the kernel inside. gnu-efi gives the headers, the
# start-up code, the self-relocation and the linker script; of its library nothing is used. The
# four functions that the compiler calls by itself come from kernel/lib/string.c.

EFI_CFLAGS := -std=gnu17 -O2 -g -ffreestanding -fpic -fvisibility=hidden -fshort-wchar -m64 \
              -mno-red-zone -mgeneral-regs-only -fno-stack-protector -fno-strict-aliasing \
              -fcf-protection=none -fno-asynchronous-unwind-tables -Wall -Wextra -Werror \
              -DGNU_EFI_USE_MS_ABI -I. -isystem /usr/include/efi -isystem /usr/include/efi/x86_64
EFI_LDFLAGS := -shared -Bsymbolic -nostdlib --no-undefined -z nocombreloc -z noexecstack \
               --build-id=none -T /usr/lib/elf_x86_64_efi.lds
EFI_SECTIONS := .text .data .dynamic .dynsym .rela .reloc

EFI_C    := $(sort $(wildcard boot/efi/*.c)) boot/boot_fill.c kernel/lib/string.c
EFI_OBJS := $(EFI_C:%=$(BUILD)/efi/%.o) $(BUILD)/efi/kernel.asm.o

$(BUILD)/efi/%.c.o: %.c boot/efi/efi.mk
	$(show) CC '$< (EFI)'
	@mkdir -p $(@D)
	$(Q)$(CC) $(EFI_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c $< -o $@

$(BUILD)/efi/kernel.asm.o: boot/efi/kernel.asm $(BUILD)/galette
	$(show) NASM $<
	@mkdir -p $(@D)
	$(Q)$(NASM) -f elf64 -DKERNEL='"$(BUILD)/galette"' $< -o $@

$(BUILD)/galette.efi: $(EFI_OBJS) boot/efi/efi.mk
	$(show) LD $@
	$(Q)$(LD) $(EFI_LDFLAGS) -o $(BUILD)/efi/galette.so /usr/lib/crt0-efi-x86_64.o $(EFI_OBJS) \
	    /usr/lib/libgnuefi.a
	$(Q)objcopy $(EFI_SECTIONS:%=-j %) --target=efi-app-x86_64 --subsystem=10 \
	    $(BUILD)/efi/galette.so $@

-include $(EFI_OBJS:.o=.d)
