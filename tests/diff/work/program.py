#!/usr/bin/python3
import sys


class Shape:
    def __init__(self, *sizes):
        self.sizes = sizes

    def area(self):
        product = 1
        for size in self.sizes:
            product *= size
        return product


print(f"{Shape(2, 3).area()=} {sys.argv[1:]!r}")
print("".join(sorted(set(open("text.txt").read()))))
