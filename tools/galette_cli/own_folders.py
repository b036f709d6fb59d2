# SPDX-License-Identifier: MIT
"""Which folders of the host belong to a program although it does not name them.

No list of programs: the Filesystem Hierarchy Standard (4.7, 4.11) says where a program keeps what
is its own. For PREFIX/bin/NAME that is PREFIX/lib/NAME, PREFIX/share/NAME and so on, where
interpreters have their modules; a NAME may be followed by a version there (perl and perl5, tool and
tool-1.2). A program that really lies deeper has a place for itself: where /usr/bin/NAME leads to
/usr/lib/WORD/bin/NAME it owns /usr/lib/WORD, and where it leads to /usr/lib/WORDS/WORD/bin/NAME, one of
several versions, /usr/lib/WORDS/WORD.
"""

import os
import re

PLACES = ("lib", "lib/x86_64-linux-gnu", "lib64", "libexec", "share")  # beside bin
VERSION = re.compile(r"-?[0-9][0-9.]*")


def of_program(path):
    """The folders that exist, each once."""
    real, found = os.path.realpath(path), {}
    names = {os.path.basename(real): None, os.path.basename(path): None}
    for prefix in dict.fromkeys((_prefix(real), _prefix(path))):
        if prefix is not None:
            found.update(dict.fromkeys(_named(prefix, names)))
    if real != path and _prefix(path) is not None:
        found.update(dict.fromkeys(_around(_prefix(path), real)))
    return list(found)


def parts(folder):
    """What a program needs most of a folder that is too large: the places beside its bin."""
    return [path for part in (*PLACES, "etc", "conf") if os.path.isdir(path := os.path.join(folder, part))]


def _prefix(path):
    """What is above bin or sbin, or None."""
    above, last = os.path.split(os.path.dirname(path))
    return above if last in ("bin", "sbin") else None


def _named(prefix, names):
    etc = "/etc" if prefix in ("/", "/usr") else f"{prefix}/etc"
    for place in (etc, *(os.path.join(prefix, part) for part in PLACES)):
        for name in _names_in(place):
            if any(_is_named(name, own) for own in names):
                yield os.path.join(place, name)


def _is_named(name, own):
    """Is it the program's own name, perhaps with a version behind it?"""
    return name == own or name.startswith(own) and not own[-1].isdigit() \
        and VERSION.fullmatch(name[len(own) :]) is not None


def _names_in(folder):
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except OSError:
        return ()


def _around(prefix, real):
    """The folder in one of the places that `real` lies in. The longest place counts."""
    for place in sorted((os.path.join(prefix, part) for part in PLACES), key=len, reverse=True):
        if real.startswith(place + "/"):
            name, _, rest = real[len(place) + 1 :].partition("/")
            if rest:
                yield _prefix(real) or os.path.join(place, name)
            return
