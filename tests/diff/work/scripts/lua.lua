#!/usr/bin/lua5.4
print(arg[0], #arg, arg[1], arg[2])
os.exit(3)
