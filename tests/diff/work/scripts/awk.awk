#!/usr/bin/awk -f
{ n++ } END { print n, ARGV[0], ARGC }
