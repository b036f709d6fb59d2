#!/bin/bash
echo "arguments: $# $*"
while read -r line; do
    n=$((n + ${#line}))
done < text.txt
echo "characters: $n"
for f in *.txt; do
    [[ -s $f ]] && echo "$f"
done
exit 3
