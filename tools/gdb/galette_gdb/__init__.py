# SPDX-License-Identifier: MIT
"""What GDB is taught about the kernel: its structures, its threads, its system calls."""
