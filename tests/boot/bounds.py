"""What stands in an expected document for a value that is known within bounds only: it equals each value that is within them."""
import itertools
import re


class Bound:
    """What `==` says of a value is all that is known of it."""


class Between(Bound):
    """A number; or one written as text, if `pattern` says how."""

    def __init__(self, low, high, pattern=None):
        self.low, self.high, self.pattern = low, high, pattern

    def __eq__(self, other):
        if self.pattern is not None:
            return isinstance(other, str) and re.fullmatch(self.pattern, other) is not None and self.low <= float(other) <= self.high
        return isinstance(other, (int, float)) and not isinstance(other, bool) and self.low <= other <= self.high

    def __repr__(self):
        return f'between {self.low} and {self.high}' + (f', written as {self.pattern}' if self.pattern else '')


class Like(Bound):
    """A text that is all of the pattern."""

    def __init__(self, pattern):
        self.pattern = pattern

    def __eq__(self, other):
        return isinstance(other, str) and re.fullmatch(self.pattern, other) is not None

    def __repr__(self):
        return f'like {self.pattern}'


class OneOf(Bound):
    def __init__(self, *values):
        self.values = values

    def __eq__(self, other):
        return any(type(other) is type(value) and other == value for value in self.values)

    def __repr__(self):
        return ' or '.join(map(repr, self.values))


class Whose(Bound):
    """Whatever `holds` says true of; of what it cannot look at it is not true. `what` names it."""

    def __init__(self, what, holds):
        self.what, self.holds = what, holds

    def __eq__(self, other):
        try:
            return bool(self.holds(other))
        except (AttributeError, KeyError, TypeError, ValueError):
            return False

    def __repr__(self):
        return f'<{self.what}>'


def differences(seen, expected, path=''):
    """A line for each place where two documents differ, by value or by type; what only one of them has differs too."""
    missing = object()
    if isinstance(seen, dict) and isinstance(expected, dict):
        pairs = [(f'{path}/{key}', seen.get(key, missing), expected.get(key, missing)) for key in sorted({**seen, **expected})]
    elif isinstance(seen, list) and isinstance(expected, list):
        pairs = [(f'{path}/{number}', *pair) for number, pair in enumerate(itertools.zip_longest(seen, expected, fillvalue=missing))]
    else:
        bounded = isinstance(expected, Bound)
        return [] if seen == expected and (bounded or type(seen) is type(expected)) else [f'{path}: {seen!r}, expected was {expected!r}']
    lines = []
    for place, ours, theirs in pairs:
        if ours is missing or theirs is missing:
            lines.append(f'{place}: {f"{theirs!r} is missing" if ours is missing else f"{ours!r} was not expected"}')
        else:
            lines += differences(ours, theirs, place)
    return lines


ANOTHER = 'another'


def other_values(seen, expected, path=''):
    """Changes a document that equals `expected` in each place, one after the other, and back: yields where while it is changed. A dictionary has
    each key taken out and one put in, a list likewise, anything else is replaced."""
    if not isinstance(expected, (dict, list)):
        return
    places = list(expected) if isinstance(expected, dict) else range(len(expected))
    for place in places:
        yield from other_values(seen[place], expected[place], f'{path}/{place}')
        kept, seen[place] = seen[place], ANOTHER
        yield f'{path}/{place}: {ANOTHER} in place of {kept!r}'
        seen[place] = kept
    if isinstance(expected, dict):
        for place in places:
            kept = seen.pop(place)
            yield f'{path}: without {place}'
            seen[place] = kept
        seen[ANOTHER] = None
        yield f'{path}: with one key more'
        del seen[ANOTHER]
    else:
        seen.append(ANOTHER)
        yield f'{path}: with one entry more'
        seen.pop()
        if seen:
            kept = seen.pop()
            yield f'{path}: without the last entry'
            seen.append(kept)
