#!/usr/bin/env python3
"""Verifies a log that `loa log export` wrote, without Loa: plain Python 3.8 or later, nothing to install.

    python3 verify_log.py FILE [--older FILE|SIZE:ROOT] [--key KEY] [--no-signatures]
    python3 verify_log.py --inclusion INDEX SIZE LEAF ROOT [HASH...]          hashes in base64
    python3 verify_log.py --consistency OLD OLD_ROOT NEW NEW_ROOT [HASH...]
    python3 verify_log.py --list < LINES             a line: FILE, or FILE, a tab, and an older head

What it follows: RFC 9162 (Merkle trees), RFC 8032 (ed25519), C2SP signed-note, tlog-checkpoint and tlog-cosignature.
It exits with 0 when all is proven, with 1 when something is wrong, and names the first entry that is.
"""

import base64
import binascii
import hashlib
import json
import sys


class Wrong(Exception):
    """What is wrong, and which entry it is, if it is one."""

    def __init__(self, words, entry=None):
        super().__init__(words)
        self.words, self.entry = words, entry

    def __str__(self):
        return self.words if self.entry is None else f"entry {self.entry} is wrong: {self.words}"


# --- ed25519, after RFC 8032, 5.1; slow, and clear -----------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def point_add(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_times(number, point):
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = point_add(total, point)
        point = point_add(point, point)
        number >>= 1
    return total


def point_same(one, other):
    return not ((one[0] * other[2] - other[0] * one[2]) % P or (one[1] * other[2] - other[1] * one[2]) % P)


def point_read(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_read((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
NEUTRAL = (0, 1, 1, 0)


def is_weak(point):
    return point_same(point_times(8, point), NEUTRAL)


def signature_fits(key, message, signature):
    """Strictly: neither weak keys nor second spellings of a signature pass."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r, s = point_read(key), point_read(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or is_weak(a) or is_weak(r):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return point_same(point_times(s, BASE), point_add(r, point_times(k, a)))


# --- Merkle trees, after RFC 9162, 2.1 -----------------------------------------------------------------------------

def leaf_hash(data):
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows leaf by leaf, and keeps the roots of the complete trees that it is made of."""

    def __init__(self):
        self.size, self.stack = 0, []

    def add(self, leaf):
        self.stack.append((1, leaf))
        while len(self.stack) > 1 and self.stack[-1][0] == self.stack[-2][0]:
            (count, right), (_, left) = self.stack.pop(), self.stack.pop()
            self.stack.append((2 * count, node_hash(left, right)))
        self.size += 1

    def root(self):
        if not self.stack:
            return hashlib.sha256(b"").digest()
        root = self.stack[-1][1]
        for _, left in reversed(self.stack[:-1]):
            root = node_hash(left, root)
        return root


def inclusion_fits(index, size, leaf, root, path):
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at % 2 or at == last:
            found = node_hash(sibling, found)
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            found = node_hash(found, sibling)
        at, last = at // 2, last // 2
    return last == 0 and found == root


def consistency_fits(old, old_root, new, new_root, path):
    if old == 0:
        return not path
    if old == new:
        return not path and old_root == new_root
    if old > new:
        return False
    path = list(path)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at % 2:
        at, last = at // 2, last // 2
    of_old = of_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at % 2 or at == last:
            of_old, of_new = node_hash(sibling, of_old), node_hash(sibling, of_new)
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            of_new = node_hash(of_new, sibling)
        at, last = at // 2, last // 2
    return last == 0 and of_old == old_root and of_new == new_root


# --- notes and checkpoints -----------------------------------------------------------------------------------------

def from_base64(text):
    data = base64.b64decode(text.encode("ascii"), validate=True)
    if base64.b64encode(data).decode("ascii") != text:
        raise ValueError("a second spelling")
    return data


def is_name(name):
    return bool(name) and "+" not in name and not any(c.isspace() or ord(c) < 32 or 127 <= ord(c) < 160 for c in name)


class Key:
    """`NAME+ID+KEY`: type 1 signs texts, type 4 is a witness's."""

    def __init__(self, text):
        try:
            self.name, _, coded = text.split("+", 2)
            data = from_base64(coded)
            self.text, self.kind, self.key = text, data[0], data[1:]
            whole = self.name.encode() + b"\n" + data
            self.id = hashlib.sha256(whole).digest()[:4]
            good = is_name(self.name) and self.kind in (1, 4) and len(self.key) == 32
            good = good and point_read(self.key) is not None
            if not good or f"{self.name}+{self.id.hex()}+{coded}" != text:
                raise ValueError
        except (ValueError, IndexError, binascii.Error) as error:
            raise ValueError(f'"{text}" is no key of a note') from error


class Note:
    def __init__(self, data):
        try:
            text, lines = data.decode("utf-8").rsplit("\n\n", 1)
            self.text, self.signatures = text + "\n", []
            if any(ord(c) < 32 and c != "\n" for c in self.text) or not lines.endswith("\n"):
                raise ValueError
            for line in lines[:-1].split("\n"):
                dash, name, coded = line.split(" ")
                signed = from_base64(coded)
                if dash != "\u2014" or not is_name(name) or len(signed) < 5:
                    raise ValueError
                self.signatures.append((name, signed[:4], signed[4:]))
        except (ValueError, binascii.Error) as error:
            raise Wrong("the checkpoint is no signed note") from error

    def signed_by(self, key):
        """Whether it is there; it must fit. Of a witness, when."""
        found = None
        for name, number, signature in self.signatures:
            if (name, number) == (key.name, key.id):
                message, found = self.text.encode(), 0
                if key.kind == 4:
                    found, signature = int.from_bytes(signature[:8], "big"), signature[8:]
                    message = f"cosignature/v1\ntime {found}\n".encode() + message
                if not signature_fits(key.key, message, signature):
                    raise Wrong(f"the checkpoint is wrong: the signature of {name} does not fit")
        return found


def read_size(text):
    if not (text.isascii() and text.isdigit()) or (text[0] == "0" and text != "0") or int(text) >= 2**64:
        raise ValueError
    return int(text)


def read_head(size, root):
    root = from_base64(root)
    if len(root) != 32:
        raise ValueError
    return read_size(size), root


class Checkpoint:
    def __init__(self, note):
        try:
            self.origin, size, root, end = note.text.split("\n")
            self.size, self.root = read_head(size, root)
            if not self.origin or end:
                raise ValueError
        except (ValueError, binascii.Error) as error:
            raise Wrong("the checkpoint is wrong: it has three lines, name, size and hash") from error


# --- the log -------------------------------------------------------------------------------------------------------

def fields(text):
    """A JSON object's fields as pairs; strictly, and each of those that count only once."""

    def number(word):
        raise ValueError(f"{word} is no JSON")

    class Pairs(list):
        pass

    read = json.loads(text, object_pairs_hook=Pairs, parse_constant=number)
    if not isinstance(read, Pairs):
        raise ValueError("no object")
    return read


def field(pairs, name, kinds, default=None, needed=True):
    found = [value for key, value in pairs if key == name]
    if len(found) > 1 or (needed and not found):
        raise ValueError(f"the field {name} is missing or doubled")
    value = found[0] if found else default
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise ValueError(f"the field {name} is of another kind")
    if isinstance(value, str):
        value.encode("utf-8")
    return value


def is_hex(text, length):
    return len(text) == length and all(c in "0123456789abcdef" for c in text)


class Log:
    def __init__(self, with_signatures):
        self.with_signatures = with_signatures
        self.tree, self.keys, self.witnesses, self.stations, self.district = Tree(), [], [], {}, []
        self.signed = self.unsigned = 0

    def add(self, line):
        index = self.tree.size
        stated, space, entry = line[:64], line[64:65], line[65:]
        if not is_hex(stated.decode("latin-1"), 64) or space != b" ":
            raise Wrong("the line is not a hash, a space and an entry", index)
        if leaf_hash(entry).hex().encode() != stated:
            raise Wrong("it was changed: its hash does not fit", index)
        try:
            self.enter(fields(entry.decode("utf-8")))
        except (ValueError, RecursionError) as error:
            raise Wrong(str(error), index) from error
        self.tree.add(bytes.fromhex(stated.decode()))

    def enter(self, entry):
        kind = field(entry, "kind", str)
        if kind == "record":
            self.record(entry)
        elif kind == "station-key":
            key, station = field(entry, "key", str), field(entry, "station", str)
            if not is_hex(key, 64) or point_read(bytes.fromhex(key)) is None:
                raise ValueError("it is no key")
            if key in self.stations:
                raise ValueError("a station enrolled with this key already")
            self.stations[key] = (station, True)
        elif kind == "station-key-revoked":
            key, station = field(entry, "key", str), field(entry, "station", str)
            if self.stations.get(key, (None,))[0] != station:
                raise ValueError("the station never enrolled with this key")
            self.stations[key] = (station, False)
        elif kind == "log-key":
            self.log_key(entry)
        elif kind == "witness":
            self.witnesses.append(self.note_key(entry, 4))
        elif kind == "district-key":
            self.district_key(entry)

    def log_key(self, entry):
        """Each key but the first is signed by the one before it."""
        key = self.note_key(entry, 1)
        signature = field(entry, "signature", (str, type(None)), needed=False)
        if self.keys:
            before = self.keys[-1][1]
            message = b"loa/v1/log-key\n" + key.text.encode()
            if not is_hex(signature or "", 128) or not signature_fits(before.key, message, bytes.fromhex(signature)):
                raise ValueError("the log has a key already, and that one did not sign this")
            if key.name != before.name:
                raise ValueError("the key is of another log")
        elif signature is not None:
            raise ValueError("it is the log's first key, and says that another signed it")
        self.keys.append((self.tree.size, key))

    def signer_of(self, size):
        """A head is signed by the last key that is named among its entries."""
        return next((key for index, key in reversed(self.keys) if index < size), None)

    def note_key(self, entry, kind):
        key = Key(field(entry, "key", str))
        if key.kind != kind:
            raise ValueError("it is a key of another kind")
        return key

    def district_key(self, entry):
        statement = field(entry, "statement", list)
        payload, key = field(statement, "payload", str), field(statement, "key", str)
        signature = field(statement, "signature", str)
        if not is_hex(key, 64) or not is_hex(signature, 128):
            raise ValueError("the statement has no key or no signature")
        told = fields(payload)
        named = field(told, "key", str)
        if field(told, "number", int) != len(self.district) + 1 or not is_hex(named, 64):
            raise ValueError("the statement has another number")
        if key != (self.district[-1] if self.district else named):
            raise ValueError("the key before it did not sign it")
        message = b"loa/v1/district-key\n" + payload.encode()
        if not signature_fits(bytes.fromhex(key), message, bytes.fromhex(signature)):
            raise ValueError("the signature of the key before it does not fit")
        self.district.append(named)

    def record(self, entry):
        text = (str, type(None))
        key, signature = field(entry, "key", text, needed=False), field(entry, "signature", text, needed=False)
        payload = field(entry, "payload", str)
        told = fields(payload)
        station, sequence = field(told, "station", str), field(told, "sequence", int)
        field(told, "previous", text, needed=False)
        if not 0 <= sequence < 2**64:
            raise ValueError("the record has no such number")
        if key is None and signature is None:
            self.unsigned += 1
            return
        if key is None or signature is None:
            raise ValueError("it has a key without a signature, or a signature without a key")
        if key not in self.stations:
            raise ValueError("it is signed with a key that no station enrolled with")
        of, holds = self.stations[key]
        if of != station:
            raise ValueError(f"it speaks of {station}, and {of} signed it")
        if not holds:
            raise ValueError("its key was revoked before it came")
        if self.with_signatures:
            message = b"loa/v1/record\n" + payload.encode()
            if not is_hex(signature, 128) or not signature_fits(bytes.fromhex(key), message, bytes.fromhex(signature)):
                raise ValueError("the station's signature does not fit")
        self.signed += 1


def read_older(text):
    """An older head: its size, its root, and its note, if it is not from paper."""
    try:
        size, root = text.split(":", 1)
        return (*read_head(size, root), None)
    except (ValueError, binascii.Error):
        pass
    with open(text, "rb") as file:
        note = head_of(file.read(65536) + b"\n")[0]
    checkpoint = Checkpoint(note)
    return checkpoint.size, checkpoint.root, note


def head_of(data):
    """The note that leads a file, and what follows it."""
    first = data.find(b"\n\n")
    second = data.find(b"\n\n", first + 2) if first >= 0 else -1
    if second < 0 or second > 65536:
        raise Wrong("the file does not begin with a checkpoint and an empty line")
    return Note(data[: second + 1]), data[second + 2:]


def verify(path, older=None, known=None, with_signatures=True):
    """Says what is proven, or raises what is wrong first."""
    with open(path, "rb") as file:
        note, rest = head_of(file.read())
    checkpoint, log = Checkpoint(note), Log(with_signatures)
    if known:
        # It may have been changed since, and not be there; if it is there, it fits.
        note.signed_by(known)
    if older and older[0] > checkpoint.size:
        raise Wrong(f"this log has {checkpoint.size} entries, and the older head {older[0]}")
    if older and older[0] == checkpoint.size and older[1] != checkpoint.root:
        raise Wrong(f"both heads have {older[0]} entries and are not the same: the log was rewritten")
    lines = rest.split(b"\n")
    # After the end of the last line nothing may follow.
    cut = lines.pop()
    if cut:
        lines.append(b"")
    for line in lines:
        if log.tree.size >= checkpoint.size:
            raise Wrong(f"the checkpoint speaks of {checkpoint.size} entries only", log.tree.size)
        log.add(line)
        if older and log.tree.size == older[0] and log.tree.root() != older[1]:
            raise Wrong(f"the first {older[0]} entries are not those of the older head: the log was rewritten")
    if log.tree.size < checkpoint.size:
        raise Wrong(f"it is missing: {checkpoint.size} entries were signed", log.tree.size)
    if log.tree.root() != checkpoint.root:
        raise Wrong("the checkpoint is wrong: it was made of other entries")
    key = log.keys[-1][1] if log.keys else known
    if key is None:
        raise Wrong("the checkpoint is wrong: no entry says whose key signs it")
    if known and known.text not in [key.text] + [other.text for _, other in log.keys]:
        raise Wrong(f"the checkpoint is wrong: the log says that its key is {key.text}")
    if checkpoint.origin != key.name or note.signed_by(key) is None:
        raise Wrong("the checkpoint is wrong: it is not signed by this log's key")
    counted = [(key.name, key.id)]
    for witness in log.witnesses:
        if note.signed_by(witness) is not None:
            counted.append((witness.name, witness.id))
    if any((name, number) not in counted for name, number, _ in note.signatures):
        raise Wrong("the checkpoint is wrong: somebody signed it whom no entry names")
    if older and older[2]:
        signer = log.signer_of(older[0]) or key
        if Checkpoint(older[2]).origin != key.name or older[2].signed_by(signer) is None:
            raise Wrong("the older head is not signed by this log")
    words = f"proven: all {checkpoint.size} entries are those of the head signed by {key.text}"
    if len(log.keys) > 1:
        words += f", the log's key since entry {log.keys[-1][0]}, signed by the one before it"
    if older:
        words += f", the first {older[0]} are those of the older head"
    if with_signatures:
        words += f", and {log.signed} records are signed by their stations"
    return words


def proof(arguments):
    if arguments[0] == "--inclusion":
        index, size, leaf, root, *path = arguments[1:]
        fits = inclusion_fits(int(index), int(size), from_base64(leaf), from_base64(root), [from_base64(h) for h in path])
    else:
        old, old_root, new, new_root, *path = arguments[1:]
        roots = from_base64(old_root), from_base64(new_root)
        fits = consistency_fits(int(old), roots[0], int(new), roots[1], [from_base64(h) for h in path])
    print("proven" if fits else "NOT proven")
    return 0 if fits else 1


def one(path, older, known, with_signatures):
    """A line for each of several files: `proven`, `entry N` or `wrong`, and words."""
    try:
        return "proven\t" + verify(path, older and read_older(older), known, with_signatures)
    except Wrong as wrong:
        place = "wrong" if wrong.entry is None else f"entry {wrong.entry}"
        return f"{place}\t{wrong.words}"


def main(arguments):
    if arguments[:1] in (["--inclusion"], ["--consistency"]):
        return proof(arguments)
    files, older, known, with_signatures, many = [], None, None, True, False
    rest = iter(arguments)
    for word in rest:
        if word == "--older":
            older = next(rest, "")
        elif word == "--key":
            known = Key(next(rest, ""))
        elif word == "--no-signatures":
            with_signatures = False
        elif word == "--list":
            many = True
        else:
            files.append(word)
    if many:
        for line in sys.stdin:
            path, *rest = line.rstrip("\n").split("\t")
            print(one(path, rest[0] if rest else older, known, with_signatures), flush=True)
        return 0
    if len(files) != 1 or files[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        print(verify(files[0], older and read_older(older), known, with_signatures))
        return 0
    except Wrong as wrong:
        print(f"NOT proven: {wrong}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
