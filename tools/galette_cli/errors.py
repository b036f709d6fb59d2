# SPDX-License-Identifier: MIT
"""The tool's own failures and exit statuses."""

STATUS_TIMEOUT = 124  # as timeout(1)
STATUS_TOOL = 125  # the tool or QEMU failed, not the program
STATUS_NOT_LOADABLE = 126  # said by the kernel
STATUS_NOT_FOUND = 127


class ToolError(Exception):
    """Something the person can mend: printed as one line, without a traceback."""

    def __init__(self, message, status=STATUS_TOOL):
        super().__init__(message)
        self.status = status
