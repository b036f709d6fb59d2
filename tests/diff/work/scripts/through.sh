#!/work/scripts/shell.sh first argument
never read
