#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make an instruction decoder from decode tables.

  decodegen.py --prefix P -o OUT FILE...    write the decoder
  decodegen.py --prefix P -o OUT --table T[:R] FILE... --table ...
                                            several decoders that share P's trans functions; R is
                                            where the 11 bits of the first look-up begin
  decodegen.py --list FILE...               print a line a row: name mask value feature fields exclusions
                                            (with --table: after a line [T] for each table)

Grammar of a decode file, a row a line, `#` starts a comment:

  NAME  token...  [constant...]  [&set]  [->TRANS]  [@feature]

The tokens make 32 bits, or 16, which are then the upper half of the word; the most significant
first:

  0101          literal bits (any number in one token)
  rd:5          a field: name and width; becomes the member of that name, unsigned
  imm19:s19     the same, sign extended, int32_t
  x  xx         ignored bits
  immh:4!=0000  a field with a value that does not belong to this row; repeatable
                (`op:3!=000!=111`, bits of the pattern may be x); a name of `_` makes no member
  cond          `_:4!=1111`
  imm:5*4       the field's value times 4
  +imm:8        the field's further, lower bits

  s=1           the member s has this value

A row with &set has the members of that set, which a line `&set member...` declares; those that the
row does not mention are 0.  A row with ->TRANS is lifted by the function of that name, otherwise by
that of its own; all rows of one function have the same members.

@feature names a CPU feature without which the row is UNDEFINED.  Two rows may not match the same
word: that is an error, unless a `!=` keeps them apart.

OUT is included twice: with P_DECODE_HEADER defined it declares
  P_arg_NAME       struct of the row's fields; rows with the same fields share one type
  P_trans_NAME     what lifts the row: bool (struct P_lift *s, const P_arg_NAME *a)
  enum P_row       P_ROW_NAME, and P_ROW_COUNT
  P_rows[]         struct P_row_info: name, mask, value, exclusions, feature, lift
  P_row_seen[]     a byte a row, set when the row was lifted
  P_decode(insn)   the row's number, or -1
and without it defines P_rows, P_row_seen and P_decode.  With --table it is T_row, T_rows,
T_row_seen and T_decode, once for each table.
"""
import argparse
import itertools
import re
import sys

ROOT_SHIFT, ROOT_BITS = 21, 11  # the first step of decoding is one look-up by these bits


class DecodeError(Exception):
    """A mistake in a decode file, with its place."""


class Field:
    def __init__(self, name, shift, width, signed, scale=1):
        self.name, self.pieces, self.signed, self.scale = name, [(shift, width)], signed, scale

    def text(self):
        """name=shift:width, all pieces of it."""
        pieces = "+".join(f"{shift}:{width}" for shift, width in self.pieces)
        return f"{self.name}={pieces}" + (f"*{self.scale}" if self.scale != 1 else "")

    def key(self):
        return f"{self.name}:{'s' if self.signed else ''}"


class Row:
    def __init__(self, name, where):
        self.name, self.where = name, where
        self.mask = self.value = 0
        self.fields, self.exclusions, self.constants = [], [], {}
        self.feature = self.set = None
        self.trans = name

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
    match = re.fullmatch(r"(\+?)(\w+):(s?)(\d+)(?:\*(\d+))?", parts[0])
    if not match:
        row.fail(f"bad token '{token}'")
    more, name, signed, width = match.group(1, 2, 3, 4)
    width = int(width)
    shift = top - width
    for bits in parts[1:]:
        if not re.fullmatch(f"[01x]{{{width}}}", bits):
            row.fail(f"'{token}': an exclusion has {width} bits of 0, 1, x")
        mask = int(bits.replace("0", "1").replace("x", "0"), 2) << shift
        row.exclusions.append((mask, int(bits.replace("x", "0"), 2) << shift))
    known = [f for f in row.fields if f.name == name]
    if bool(more) != bool(known) and name != "_":
        row.fail(f"field {name} appears twice" if known else f"field {name} has no first part")
    if more:
        known[0].pieces.append((shift, width))
    elif name != "_":
        row.fields.append(Field(name, shift, width, bool(signed), int(match.group(5) or 1)))
    return width


def add_note(row, token, sets):
    """Adds what is no part of the word; returns False if token is no such thing."""
    if token.startswith("@"):
        row.feature = token[1:].upper()
    elif token.startswith("->"):
        row.trans = token[2:]
    elif token.startswith("&"):
        if token[1:] not in sets:
            row.fail(f"no set {token}")
        row.set = sets[token[1:]]
    elif re.fullmatch(r"\w+=\d+", token):
        name, value = token.split("=")
        row.constants[name] = int(value)
    else:
        return False
    return True


def check_set(row):
    names = [f.name for f in row.fields] + list(row.constants)
    if len(set(names)) != len(names):
        row.fail("a constant for a field")
    if row.set:
        for name in names:
            if name not in row.set.members:
                row.fail(f"{name} is not in &{row.set.name}")
    elif row.constants:
        row.fail("constants without a &set")


def parse_line(line, where, sets):
    tokens = line.split()
    row = Row(tokens[0], where)
    if not re.fullmatch(r"[A-Za-z]\w*", row.name):
        row.fail("bad name")
    top, ended = 32, False
    for token in tokens[1:]:
        if add_note(row, token, sets):
            ended = True
        elif ended:
            row.fail("@feature, &set, ->TRANS and constants come last")
        elif re.fullmatch("[01x]+", token):
            top -= len(token)
            for k, bit in enumerate(token):
                if bit != "x" and top >= 0:
                    row.mask |= 1 << (top + len(token) - 1 - k)
                    row.value |= int(bit) << (top + len(token) - 1 - k)
        else:
            top -= add_field(row, "_:4!=1111" if token == "cond" else token, top)
        if top < 0:
            row.fail("more than 32 bits")
    if top not in (0, 16):
        row.fail(f"{32 - top} bits, not 32 or 16")
    check_set(row)
    return row


class ArgSet:
    def __init__(self, name, members):
        self.name, self.members = name, members


def parse(paths, sets):
    rows, names = [], {}
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                line = line.split("#")[0].strip()
                if not line:
                    continue
                if line.startswith("&"):
                    members = line[1:].split()
                    sets[members[0]] = ArgSet(members[0], members[1:])
                    continue
                row = parse_line(line, f"{path}:{number}", sets)
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


def root_table(rows, shift):
    """(index of each value of the root bits, list of candidate sets)."""
    root_mask = ((1 << ROOT_BITS) - 1) << shift
    sets, index = {(): 0}, []
    for k in range(1 << ROOT_BITS):
        word = k << shift
        found = tuple(r for r in rows if not (word ^ r.value) & r.mask & root_mask
                      and not r.excluded(word, root_mask))
        index.append(sets.setdefault(found, len(sets)))
    return index, list(sets)


# --- output ------------------------------------------------------------------------------------

class Table:
    def __init__(self, name, shift, rows):
        self.name, self.shift, self.rows = name, shift, rows
        for row in rows:
            row.enum = f"{name.upper()}_ROW_{row.name}"


def struct_name(prefix, row):
    if row.set:
        return f"{prefix}_args_{row.set.name}"
    names = "_".join(f.name + ("_s" if f.signed else "") for f in sorted(row.fields, key=Field.key))
    return f"{prefix}_args_{names}" if row.fields else f"{prefix}_args_none"


def struct_members(row):
    if row.set:
        return [f"uint32_t {name};" for name in row.set.members or ["unused"]]
    fields = sorted(row.fields, key=Field.key)
    return [f"{'int32_t' if f.signed else 'uint32_t'} {f.name};" for f in fields] or \
        ["uint32_t unused;"]


def prototypes(prefix, rows):
    out, known, functions = [], set(), {}
    for row in rows:
        name = struct_name(prefix, row)
        if name not in known:
            known.add(name)
            out += [f"struct {name} {{"] + [f"    {m}" for m in struct_members(row)] + ["};"]
        if functions.setdefault(row.trans, name) != name:
            row.fail(f"not the members of the other rows of {row.trans}")
    for trans, name in functions.items():
        out.append(f"typedef struct {name} {prefix}_arg_{trans};")
        out.append(f"bool {prefix}_trans_{trans}(struct {prefix}_lift *s,"
                   f" const {prefix}_arg_{trans} *a);")
    return out


def header(prefix, tables):
    rows = [row for table in tables for row in table.rows]
    out = [f"struct {prefix}_lift;", ""] + prototypes(prefix, rows)
    out += ["", f"struct {prefix}_row_info {{",
            "    const char *name;",
            "    uint32_t mask, value;",
            f"    bool (*lift)(struct {prefix}_lift *s, uint32_t insn);",
            "    uint8_t feature, n_exclusions;",
            f"    struct {{ uint32_t mask, value; }} exclusion[{max_exclusions(rows)}];",
            "};"]
    for table in tables:
        t, count = table.name, f"{table.name.upper()}_ROW_COUNT"
        out += ["", f"enum {t}_row {{"] + [f"    {row.enum}," for row in table.rows]
        out += [f"    {count}", "};",
                f"extern const struct {prefix}_row_info {t}_rows[{count}];",
                f"extern uint8_t {t}_row_seen[{count}];",
                f"int {t}_decode(uint32_t insn);"]
    return out


def max_exclusions(rows):
    return max([1] + [len(row.exclusions) for row in rows])


def extract(field):
    if field.signed:
        (shift, width), rest = field.pieces[0], field.pieces[1:]
        value = f"(int32_t)(insn << {32 - shift - width}) >> {32 - width}"
        scale = field.scale
        for shift, width in rest:
            value = f"(int32_t)((uint32_t)({value}) << {width} | " \
                    f"(insn >> {shift} & 0x{(1 << width) - 1:x}))"
    else:
        parts, left = [], sum(width for _, width in field.pieces)
        for shift, width in field.pieces:
            left -= width
            part = f"insn >> {shift} & 0x{(1 << width) - 1:x}" if shift else \
                f"insn & 0x{(1 << width) - 1:x}"
            parts.append(f"({part}) << {left}" if left else part)
        value, scale = " | ".join(f"({p})" if len(parts) > 1 else p for p in parts), field.scale
    return value if scale == 1 else f"({value}) * {scale}"


def lifters(prefix, table):
    out = []
    for row in table.rows:
        out.append(f"static bool {table.name}_lift_{row.name}(struct {prefix}_lift *s,"
                   " uint32_t insn)")
        out.append("{")
        members = [f".{f.name} = {extract(f)}" for f in row.fields]
        members += [f".{name} = {value}" for name, value in row.constants.items()]
        out.append(f"    const {prefix}_arg_{row.trans} a = {{{', '.join(members) or '0'}}};")
        if not row.fields:
            out.append("    (void)insn;")
        out.append(f"    return {prefix}_trans_{row.trans}(s, &a);")
        out.append("}")
    return out


def row_table(prefix, table):
    count = f"{table.name.upper()}_ROW_COUNT"
    out = [f"uint8_t {table.name}_row_seen[{count}];",
           f"const struct {prefix}_row_info {table.name}_rows[{count}] = {{"]
    for row in table.rows:
        feature = f"{prefix.upper()}_FEAT_{row.feature or 'NONE'}"
        exclusions = ", ".join(f"{{0x{m:08x}, 0x{v:08x}}}" for m, v in row.exclusions)
        out.append(f'    {{"{row.name}", 0x{row.mask:08x}, 0x{row.value:08x},'
                   f" {table.name}_lift_{row.name}, {feature}, {len(row.exclusions)},"
                   f" {{{exclusions or '{0, 0}'}}}}},")
    out.append("};")
    return out


ROW_BIT = 0x8000  # in a root table's entry: the rest of it is the row, nothing is left to be compared


def decoder(table):
    index, sets = root_table(table.rows, table.shift)
    root_mask = ((1 << ROOT_BITS) - 1) << table.shift
    # A bit is known at this leaf where every row of the set fixes it: the root look-up has
    # compared all that these rows fix of the root bits.
    bodies = [tree(list(members), root_mask, 2) for members in sets]
    # Most instructions that run are found by the root bits alone: no jump whose target is hard to predict.
    entry = [f"0x{ROW_BIT:x} | {members[0].enum}" if len(body) == 1 else str(number)
             for number, (members, body) in enumerate(zip(sets, bodies))]
    out = [f"int {table.name}_decode(uint32_t insn)", "{",
           f"    static const uint16_t root[{1 << ROOT_BITS}] = {{"]
    for k in range(0, len(index), 16):
        out.append("        " + " ".join(f"{entry[i]}," for i in index[k:k + 16]))
    mask = "" if table.shift + ROOT_BITS == 32 else f" & 0x{(1 << ROOT_BITS) - 1:x}"
    out += ["    };", f"    const unsigned at = root[insn >> {table.shift}{mask}];",
            f"    if (at & 0x{ROW_BIT:x}) {{", f"        return (int)(at & 0x{ROW_BIT - 1:x});", "    }",
            "    switch (at) {"]
    for number, (members, body) in enumerate(zip(sets, bodies)):
        if not members or len(body) == 1:
            continue
        out.append(f"    case {number}:")
        out += body
        if not body[-1].strip().startswith("return"):
            out.append("        break;")
    out += ["    }", "    return -1;", "}"]
    return out


def write(prefix, tables, path, sources):
    names = " ".join(s.rsplit("/", 1)[-1] for s in sources)
    out = ["/* SPDX-License-Identifier: MIT */",
           f"/* Made by scripts/decodegen.py from {names}; do not edit. */",
           f"#ifdef {prefix.upper()}_DECODE_HEADER"]
    out += header(prefix, tables) + ["#else"]
    for table in tables:
        out += lifters(prefix, table) + [""] + row_table(prefix, table) + [""] + decoder(table)
    out.append("#endif")
    with open(path, "w", encoding="utf-8") as target:
        target.write("\n".join(out) + "\n")


def print_list(rows):
    for row in rows:
        fields = " ".join(f.text() for f in row.fields)
        exclusions = " ".join(f"!{m:08x}:{v:08x}" for m, v in row.exclusions)
        print(f"{row.name} {row.mask:08x} {row.value:08x} {row.feature or '-'} {fields}"
              f" {exclusions}".rstrip())


def table_of(name, paths, sets):
    name, _, shift = name.partition(":")
    rows = parse(paths, sets)
    check_overlaps(rows)
    return Table(name, int(shift or ROOT_SHIFT), rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--prefix", default="decode")
    parser.add_argument("-o", dest="out")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--table", nargs="+", action="append", default=[])
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    asked = args.table + ([[args.prefix] + args.files] if args.files else [])
    sets = {}
    try:
        tables = [table_of(name, paths, sets) for name, *paths in asked]
        if args.out:
            write(args.prefix, tables, args.out, [p for _, *paths in asked for p in paths])
    except DecodeError as error:
        sys.exit(f"decodegen: {error}")
    if args.list:
        for table in tables:
            if args.table:
                print(f"[{table.name}]")
            print_list(table.rows)


if __name__ == "__main__":
    main()
