#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make an instruction decoder from decode tables.

  decodegen.py --prefix P -o OUT FILE...    write the decoder
  decodegen.py --list FILE...               print a line a row: name mask value feature fields exclusions

Grammar of a decode file, a row a line, `#` starts a comment:

  NAME  token...  [@feature]

The tokens make 32 bits, the most significant first:

  0101          literal bits (any number in one token)
  rd:5          a field: name and width; becomes the member of that name, unsigned
  imm19:s19     the same, sign extended, int32_t
  x  xx         ignored bits
  immh:4!=0000  a field with a value that does not belong to this row; repeatable
                (`op:3!=000!=111`, bits of the pattern may be x); a name of `_` makes no member

@feature names a CPU feature without which the row is UNDEFINED.  Two rows may not match the same
word: that is an error, unless a `!=` keeps them apart.

OUT is included twice: with P_DECODE_HEADER defined it declares
  P_arg_NAME       struct of the row's fields; rows with the same fields share one type
  P_trans_NAME     what lifts the row: bool (struct P_lift *s, const P_arg_NAME *a)
  enum P_row       P_ROW_NAME, and P_ROW_COUNT
  P_rows[]         struct P_row_info: name, mask, value, exclusions, feature, lift
  P_row_seen[]     a byte a row, set when the row was lifted
  P_decode(insn)   the row's number, or -1
and without it defines P_rows, P_row_seen and P_decode.
"""
import argparse
import itertools
import re
import sys

ROOT_SHIFT, ROOT_BITS = 21, 11  # the first step of decoding is one look-up by these bits


class DecodeError(Exception):
    """A mistake in a decode file, with its place."""


class Field:
    def __init__(self, name, shift, width, signed):
        self.name, self.shift, self.width, self.signed = name, shift, width, signed

    def key(self):
        return f"{self.name}:{'s' if self.signed else ''}"


class Row:
    def __init__(self, name, where):
        self.name, self.where = name, where
        self.mask = self.value = 0
        self.fields, self.exclusions = [], []
        self.feature = None

    def excluded(self, word, known=0xFFFFFFFF):
        """True if an exclusion holds for word, all of whose `known` bits count."""
        return any(m & ~known == 0 and word & m == v for m, v in self.exclusions)

    def matches(self, word):
        return word & self.mask == self.value and not self.excluded(word)

    def fail(self, text):
        raise DecodeError(f"{self.where}: {self.name}: {text}")


def add_field(row, token, top):
    """Adds `name:width!=bits...` whose highest bit is top - 1; returns its width."""
    parts = token.split("!=")
    match = re.fullmatch(r"(\w+):(s?)(\d+)", parts[0])
    if not match:
        row.fail(f"bad token '{token}'")
    width = int(match.group(3))
    shift = top - width
    for bits in parts[1:]:
        if not re.fullmatch(f"[01x]{{{width}}}", bits):
            row.fail(f"'{token}': an exclusion has {width} bits of 0, 1, x")
        mask = int(bits.replace("0", "1").replace("x", "0"), 2) << shift
        row.exclusions.append((mask, int(bits.replace("x", "0"), 2) << shift))
    if match.group(1) != "_":
        if match.group(1) in [f.name for f in row.fields]:
            row.fail(f"field {match.group(1)} appears twice")
        row.fields.append(Field(match.group(1), shift, width, bool(match.group(2))))
    return width


def parse_line(line, where):
    tokens = line.split()
    row = Row(tokens[0], where)
    if not re.fullmatch(r"[A-Za-z]\w*", row.name):
        row.fail("bad name")
    top = 32
    for token in tokens[1:]:
        if token.startswith("@"):
            row.feature = token[1:].upper()
        elif row.feature:
            row.fail("@feature comes last")
        elif re.fullmatch("[01x]+", token):
            top -= len(token)
            for k, bit in enumerate(token):
                if bit != "x" and top >= 0:
                    row.mask |= 1 << (top + len(token) - 1 - k)
                    row.value |= int(bit) << (top + len(token) - 1 - k)
        else:
            top -= add_field(row, token, top)
        if top < 0:
            row.fail("more than 32 bits")
    if top != 0:
        row.fail(f"{32 - top} bits, not 32")
    return row


def parse(paths):
    rows, names = [], {}
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                line = line.split("#")[0].strip()
                if not line:
                    continue
                row = parse_line(line, f"{path}:{number}")
                if row.name in names:
                    row.fail(f"also at {names[row.name].where}")
                names[row.name] = row
                rows.append(row)
    return rows


def common_word(a, b):
    """A word that both rows match, or None."""
    if (a.value ^ b.value) & a.mask & b.mask:
        return None
    known = a.mask | b.mask
    word = a.value | b.value
    free = 0
    for mask, _ in a.exclusions + b.exclusions:
        free |= mask & ~known
    bits = [1 << k for k in range(32) if free >> k & 1]
    if len(bits) > 16:
        raise DecodeError(f"{a.name}, {b.name}: exclusions over too many bits")
    for choice in itertools.product((0, 1), repeat=len(bits)):
        candidate = word | sum(bit for bit, on in zip(bits, choice) if on)
        if not a.excluded(candidate) and not b.excluded(candidate):
            return candidate
    return None


def check_overlaps(rows):
    errors = []
    for a, b in itertools.combinations(rows, 2):
        word = common_word(a, b)
        if word is not None:
            errors.append(f"{b.where}: {b.name} overlaps {a.name} ({a.where}) at 0x{word:08x}")
    if errors:
        raise DecodeError("\n".join(errors))


# --- the decision tree -----------------------------------------------------------------------

def leaf(row, known, indent):
    """Code that returns the row's number if the bits not yet known fit."""
    pad = "    " * indent
    mask = row.mask & ~known
    tests = [f"(insn & 0x{mask:08x}) == 0x{row.value & mask:08x}"] if mask else []
    tests += [f"(insn & 0x{m:08x}) != 0x{v:08x}" for m, v in row.exclusions]
    if not tests:
        return [f"{pad}return {row.enum};"]
    return [f"{pad}if ({' && '.join(tests)}) {{", f"{pad}    return {row.enum};", f"{pad}}}"]


def group(rows, mask):
    groups = {}
    for row in rows:
        groups.setdefault(row.value & mask, []).append(row)
    return groups


def best_common(rows, known):
    common = 0xFFFFFFFF & ~known
    for row in rows:
        common &= row.mask
    return common


def tree(rows, known, indent):
    """Lines of C that decide among rows; fall out of them at no match."""
    pad = "    " * indent
    common = best_common(rows, known)
    if len(rows) < 3 or not common or len(group(rows, common)) == 1:
        lines = []
        for row in rows:
            lines += leaf(row, known, indent)
            if lines[-1].strip().startswith("return"):
                break
        return lines
    lines = [f"{pad}switch (insn & 0x{common:08x}) {{"]
    for value, members in sorted(group(rows, common).items()):
        lines.append(f"{pad}case 0x{value:08x}:")
        body = tree(members, known | common, indent + 1)
        lines += body
        if not body[-1].strip().startswith("return"):
            lines.append(f"{pad}    break;")
    lines.append(f"{pad}}}")
    return lines


def root_table(rows):
    """(index of each value of the root bits, list of candidate sets)."""
    root_mask = ((1 << ROOT_BITS) - 1) << ROOT_SHIFT
    sets, index = {(): 0}, []
    for k in range(1 << ROOT_BITS):
        word = k << ROOT_SHIFT
        found = tuple(r for r in rows if not (word ^ r.value) & r.mask & root_mask
                      and not r.excluded(word, root_mask))
        index.append(sets.setdefault(found, len(sets)))
    return index, list(sets)


# --- output ------------------------------------------------------------------------------------

def struct_name(prefix, row):
    names = "_".join(f.name + ("_s" if f.signed else "") for f in sorted(row.fields, key=Field.key))
    return f"{prefix}_args_{names}" if row.fields else f"{prefix}_args_none"


def header(prefix, rows):
    out, known = [], set()
    out += [f"struct {prefix}_lift;", ""]
    for row in rows:
        name = struct_name(prefix, row)
        if name not in known:
            known.add(name)
            out.append(f"struct {name} {{")
            for field in sorted(row.fields, key=Field.key):
                out.append(f"    {'int32_t' if field.signed else 'uint32_t'} {field.name};")
            if not row.fields:
                out.append("    uint32_t unused;")
            out.append("};")
        out.append(f"typedef struct {name} {prefix}_arg_{row.name};")
        out.append(f"bool {prefix}_trans_{row.name}(struct {prefix}_lift *s,"
                   f" const {prefix}_arg_{row.name} *a);")
    out += ["", f"enum {prefix}_row {{"]
    out += [f"    {row.enum}," for row in rows]
    out += [f"    {prefix.upper()}_ROW_COUNT", "};", "",
            f"struct {prefix}_row_info {{",
            "    const char *name;",
            "    uint32_t mask, value;",
            f"    bool (*lift)(struct {prefix}_lift *s, uint32_t insn);",
            "    uint8_t feature, n_exclusions;",
            f"    struct {{ uint32_t mask, value; }} exclusion[{max_exclusions(rows)}];",
            "};",
            f"extern const struct {prefix}_row_info {prefix}_rows[{prefix.upper()}_ROW_COUNT];",
            f"extern uint8_t {prefix}_row_seen[{prefix.upper()}_ROW_COUNT];",
            f"int {prefix}_decode(uint32_t insn);"]
    return out


def max_exclusions(rows):
    return max([1] + [len(row.exclusions) for row in rows])


def extract(field):
    if field.signed:
        left = 32 - field.shift - field.width
        return f"(int32_t)(insn << {left}) >> {32 - field.width}"
    mask = (1 << field.width) - 1
    return f"insn >> {field.shift} & 0x{mask:x}" if field.shift else f"insn & 0x{mask:x}"


def lifters(prefix, rows):
    out = []
    for row in rows:
        out.append(f"static bool {prefix}_lift_{row.name}(struct {prefix}_lift *s, uint32_t insn)")
        out.append("{")
        members = ", ".join(f".{f.name} = {extract(f)}" for f in row.fields)
        out.append(f"    const {prefix}_arg_{row.name} a = {{{members or '0'}}};")
        if not row.fields:
            out.append("    (void)insn;")
        out.append(f"    return {prefix}_trans_{row.name}(s, &a);")
        out.append("}")
    return out


def row_table(prefix, rows):
    count = f"{prefix.upper()}_ROW_COUNT"
    out = [f"uint8_t {prefix}_row_seen[{count}];",
           f"const struct {prefix}_row_info {prefix}_rows[{count}] = {{"]
    for row in rows:
        feature = f"{prefix.upper()}_FEAT_{row.feature or 'NONE'}"
        exclusions = ", ".join(f"{{0x{m:08x}, 0x{v:08x}}}" for m, v in row.exclusions)
        out.append(f'    {{"{row.name}", 0x{row.mask:08x}, 0x{row.value:08x},'
                   f" {prefix}_lift_{row.name}, {feature}, {len(row.exclusions)},"
                   f" {{{exclusions or '{0, 0}'}}}}},")
    out.append("};")
    return out


def decoder(prefix, rows):
    index, sets = root_table(rows)
    out = [f"int {prefix}_decode(uint32_t insn)", "{",
           f"    static const uint16_t root[{1 << ROOT_BITS}] = {{"]
    for k in range(0, len(index), 16):
        out.append("        " + " ".join(f"{i}," for i in index[k:k + 16]))
    out += ["    };", f"    switch (root[insn >> {ROOT_SHIFT}]) {{"]
    root_mask = ((1 << ROOT_BITS) - 1) << ROOT_SHIFT
    for number, members in enumerate(sets):
        if not members:
            continue
        # A bit is known at this leaf where every row of the set fixes it: the root look-up has
        # compared all that these rows fix of the root bits.
        out.append(f"    case {number}:")
        body = tree(list(members), root_mask, 2)
        out += body
        if not body[-1].strip().startswith("return"):
            out.append("        break;")
    out += ["    }", "    return -1;", "}"]
    return out


def write(prefix, rows, path, sources):
    names = " ".join(s.rsplit("/", 1)[-1] for s in sources)
    out = ["/* SPDX-License-Identifier: MIT */",
           f"/* Made by scripts/decodegen.py from {names}; do not edit. */",
           f"#ifdef {prefix.upper()}_DECODE_HEADER"]
    out += header(prefix, rows) + ["#else"]
    out += lifters(prefix, rows) + [""] + row_table(prefix, rows) + [""] + decoder(prefix, rows)
    out.append("#endif")
    with open(path, "w", encoding="utf-8") as target:
        target.write("\n".join(out) + "\n")


def print_list(rows):
    for row in rows:
        fields = " ".join(f"{f.name}={f.shift}:{f.width}" for f in row.fields)
        exclusions = " ".join(f"!{m:08x}:{v:08x}" for m, v in row.exclusions)
        print(f"{row.name} {row.mask:08x} {row.value:08x} {row.feature or '-'} {fields}"
              f" {exclusions}".rstrip())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--prefix", default="decode")
    parser.add_argument("-o", dest="out")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    try:
        rows = parse(args.files)
        check_overlaps(rows)
    except DecodeError as error:
        sys.exit(f"decodegen: {error}")
    for row in rows:
        row.enum = f"{args.prefix.upper()}_ROW_{row.name}"
    if args.list:
        print_list(rows)
    if args.out:
        write(args.prefix, rows, args.out, args.files)


if __name__ == "__main__":
    main()
